// Frame: a page in a sandbox. See frame.py for what the traits mean.

function render({ model, el }) {
  const title = h("h4", { class: "unrolled-title" });
  const note = h("p", { class: "unrolled-note", id: newId("note") });
  // Without allow-same-origin the page is a stranger to JupyterLab, whatever runs in it.
  const frame = h("iframe", { sandbox: "allow-scripts", "aria-describedby": note.id });
  frame.style.cssText = "display: block; width: 100%; border: 1px solid var(--line); box-sizing: border-box;";
  let shown = null;

  const draw = () => {
    title.textContent = frame.title = model.get("title") || "A page in a frame";
    note.textContent = model.get("note");
    frame.style.height = `${model.get("height")}px`;
    // The page knows white paper only. Turned round, white is dark and each colour keeps its hue.
    frame.style.filter = themeName() === "dark" ? "invert(0.88) hue-rotate(180deg)" : "";
    if (model.get("page") === shown) return; // another theme must not start the page anew
    shown = model.get("page");
    frame.srcdoc = new TextDecoder().decode(shown);
  };
  const root = h("div", { class: "unrolled-frame" }, title, note, frame);
  return mount({ model, el, root, draw, traits: ["page", "height", "note", "title"] }).cleanup;
}

export default { render };
