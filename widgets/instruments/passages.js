// Passages: texts to read. See passages.py for what the traits mean.

const SIGN = { right: "✓ ", wrong: "✗ ", "": "" };

function render({ model, el }) {
  const title = h("h4", { class: "unrolled-title" });
  const key = h("div", { class: "unrolled-legend" });
  const list = h("div", { class: "unrolled-passages", role: "region", tabindex: "0" });
  const readout = h("div", { class: "unrolled-readout", role: "status" });
  const empty = h("p", { class: "unrolled-note" }, "There is nothing to read yet.");
  let shown = []; // what stands in each box: a text that did not change is left alone

  const box = () => {
    const text = h("div", { class: "unrolled-passage-text" });
    let asked = false; // a scroll may also come from a new layout: only what somebody did counts
    for (const name of ["wheel", "keydown", "pointerdown", "touchmove"]) text.addEventListener(name, () => { asked = true; });
    text.addEventListener("scroll", () => {
      if (asked) text.dataset.back = text.scrollHeight - text.scrollTop - text.clientHeight > 30;
    });
    return h("article", { class: "unrolled-passage" }, h("h5"), text, h("p", { class: "unrolled-verdict" }));
  };
  const fill = (article, { heading, parts, note, verdict }) => {
    const [name, text, remark] = article.children;
    name.textContent = heading;
    text.replaceChildren(...parts.map(([part, kind]) => h("span", { "data-kind": kind }, part)));
    text.hidden = !parts.length;
    remark.textContent = note && SIGN[verdict] + note;
    remark.dataset.kind = verdict;
    remark.hidden = !note;
    article.dataset.verdict = verdict;
  };
  /** What is written comes at the end: keep that in sight, unless somebody has scrolled back. */
  const follow = ({ children: [, text] }) => {
    if (text.dataset.back !== "true") text.scrollTop = text.scrollHeight;
    if (text.scrollHeight > text.clientHeight + 1) text.tabIndex = 0; // so that arrows can scroll it
    else text.removeAttribute("tabindex");
  };

  const draw = () => {
    const passages = model.get("passages");
    title.textContent = model.get("title");
    title.hidden = !model.get("title");
    list.style.setProperty("--columns", model.get("columns"));
    list.style.maxHeight = `${model.get("height")}px`;
    list.setAttribute("aria-label", model.get("title") || "Texts");
    while (list.children.length > passages.length) list.lastElementChild.remove();
    while (list.children.length < passages.length) list.append(box());
    shown.length = passages.length;
    passages.forEach((passage, i) => {
      const wanted = JSON.stringify(passage);
      if (shown[i] === wanted) return;
      shown[i] = wanted;
      fill(list.children[i], passage);
    });
    [...list.children].forEach(follow); // again when the view is laid out: before that nothing has a height
    const used = new Set(passages.flatMap(({ parts }) => parts.map(([, kind]) => kind)));
    const names = Object.entries(model.get("key")).filter(([kind]) => used.has(kind));
    key.replaceChildren(...names.map(([kind, name]) => h("span", { class: "unrolled-passage-key", "data-kind": kind }, name)));
    key.hidden = names.length < 2;
    list.hidden = !passages.length;
    empty.hidden = passages.length > 0;
    if (readout.textContent !== model.get("summary")) readout.textContent = model.get("summary");
    readout.hidden = !model.get("summary");
  };

  const root = h("div", { class: "unrolled-passages-view" }, title, key, list, empty, readout);
  return mount({ model, el, root, draw, resize: true, traits: ["passages", "key", "columns", "height", "summary", "title"] }).cleanup;
}

export default { render };
