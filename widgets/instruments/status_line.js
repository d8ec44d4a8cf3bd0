// StatusLine: the message line, the busy sign and the picture button of an explorer. See status_line.py.

/** ipywidgets' sliders and boxes stand beside their label without being tied to it: tie them. */
function nameControls(panel) {
  if (!panel) return;
  for (const control of panel.querySelectorAll(".widget-inline-hbox")) {
    const label = control.querySelector(":scope > .widget-label");
    const name = label?.textContent.replaceAll("\u200b", "").trim(); // an empty label holds one invisible character
    if (!name) continue;
    for (const input of control.querySelectorAll(".noUi-handle, .widget-readout[contenteditable], select, input, textarea")) {
      const part = input.classList.contains("widget-readout") ? `${name}, as a number` : name;
      if (input.getAttribute("aria-label") !== part) input.setAttribute("aria-label", part);
      if (input.classList.contains("widget-readout")) input.setAttribute("role", "textbox");
      else if (input.classList.contains("noUi-handle")) describe(input, control.querySelector(".widget-readout"));
    }
  }
}

/** A slider over named values says its position; its readout says the name. */
function describe(handle, readout) {
  if (!readout || handle.hasAttribute("aria-describedby")) return;
  readout.id ||= newId("value");
  handle.setAttribute("aria-describedby", readout.id);
}

/** Draw `panel` as it stands, through an SVG that holds a copy of it with all styles written out. */
async function photograph(panel) {
  const { width, height } = panel.getBoundingClientRect();
  const copy = panel.cloneNode(true);
  const [from, to] = [panel, copy].map((node) => [node, ...node.querySelectorAll("*")]);
  from.forEach((original, i) => {
    const style = getComputedStyle(original);
    if (to[i].style) to[i].style.cssText = [...style].map((name) => `${name}:${style.getPropertyValue(name)}`).join(";");
    if (original instanceof HTMLCanvasElement) {
      const image = h("img", { src: original.toDataURL() });
      image.style.cssText = to[i].style.cssText;
      to[i].replaceWith(image);
    } else if (original instanceof HTMLInputElement) to[i].setAttribute("value", original.value);
    else if (original instanceof HTMLTextAreaElement) to[i].textContent = original.value;
    else if (original instanceof HTMLOptionElement) to[i].toggleAttribute("selected", original.selected);
  });
  copy.style.margin = "0";
  const background = getComputedStyle(document.body).getPropertyValue("--jp-layout-color0").trim() || "#ffffff";
  const markup = new XMLSerializer().serializeToString(copy);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><foreignObject width="100%" height="100%">${markup}</foreignObject></svg>`;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = h("canvas", { width: Math.ceil(width * 2), height: Math.ceil(height * 2) });
  const ctx = canvas.getContext("2d");
  ctx.fillStyle = background;
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function render({ model, el }) {
  // Two lines, because a live region must stand in the page before its text changes.
  const alert = h("div", { class: "unrolled-message", role: "alert" });
  const note = h("div", { class: "unrolled-message", role: "status", "data-kind": "note" });
  const busy = h("span", { class: "unrolled-busy", role: "status" });
  const panelOf = () => el.closest(".unrolled-explorer");
  const save = h("button", { type: "button", onclick: async () => {
    if (save.getAttribute("aria-disabled") === "true") return;
    save.setAttribute("aria-disabled", "true"); // not `disabled`, which would drop the focus
    try {
      const blob = await photograph(panelOf());
      const address = URL.createObjectURL(blob);
      const name = (model.get("title") || "picture").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
      h("a", { href: address, download: `unrolled-${name}.png` }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
      note.textContent = "The picture is in your downloads folder.";
    } catch (error) {
      alert.textContent = `The picture could not be made: ${error.message || "the browser refused"}.`;
    }
    save.setAttribute("aria-disabled", "false");
  } }, "Save picture");
  const draw = () => {
    const isNote = model.get("kind") === "note";
    const message = model.get("message");
    if (alert.textContent !== (isNote ? "" : message)) alert.textContent = isNote ? "" : message;
    if (note.textContent !== (isNote ? message : "")) note.textContent = isNote ? message : "";
    busy.classList.toggle("on", model.get("busy"));
    busy.textContent = model.get("busy") ? "Working…" : "";
  };
  const root = h("div", { class: "unrolled-status" }, alert, note, h("div", { class: "unrolled-row" }, save, busy));
  const { cleanup } = mount({ model, el, root, draw, traits: ["message", "kind", "busy", "title"] });
  // The view enters the page after render() returns, and controls may come later still.
  const watcher = new MutationObserver(() => nameControls(panelOf()));
  const arrival = new ResizeObserver(() => {
    if (!panelOf()) return;
    arrival.disconnect();
    nameControls(panelOf());
    keepKeys(panelOf()); // the controls are ipywidgets': an arrow in a list would leave it, a digit change the cell
    watcher.observe(panelOf(), { childList: true, subtree: true });
  });
  arrival.observe(root);
  return () => { arrival.disconnect(); watcher.disconnect(); cleanup(); };
}

export default { render };
