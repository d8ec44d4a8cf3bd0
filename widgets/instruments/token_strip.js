// TokenStrip: one box a token, coloured by its value or its category. See token_strip.py for what the traits mean.

const ENDS = { "␣": "word", "⏎": "line" }; // where a strip of characters may, and must, go on below

function render({ model, el }) {
  const title = h("h4", { class: "unrolled-title", id: newId("title") });
  const list = h("div", { class: "unrolled-tokens", role: "listbox", tabindex: "0", "aria-labelledby": title.id, "aria-orientation": "horizontal" });
  const readout = h("div", { class: "unrolled-readout", role: "status" });
  const scale = legend();
  const key = h("div", { class: "unrolled-legend" });
  const prefix = newId("token");
  let seen = -1; // the chosen token that was last brought into sight
  let shown = null; // the lists of tokens and of notes whose boxes stand in the page

  const value = (i) => {
    const tokens = model.get("tokens").length;
    return values[Math.max(0, Math.min(model.get("frames") - 1, model.get("frame"))) * tokens + i];
  };
  let values = numbers(model.get("data"));
  const read = () => { values = numbers(model.get("data")); };
  model.on("change:data", read);

  const boxes = (tokens, notes) => {
    if (shown?.[0] === tokens && shown[1] === notes) return;
    shown = [tokens, notes];
    list.replaceChildren(...tokens.map((token, i) =>
      h("span", { class: "unrolled-token", role: "option", id: `${prefix}-${i}`, "aria-selected": "false",
        "data-ends": ENDS[token] }, token,
        ...(notes[i] ? [h("span", { class: "unrolled-token-note" }, notes[i])] : []))));
  };

  /** The colour of a token, [r, g, b]; nothing for what has none. */
  const colour = (i, table) => {
    if (model.get("categories").length) {
      const hex = PALETTE[themeName()].categorical[value(i) - 1]; // category 0 is drawn without a colour
      return hex && channels(hex);
    }
    return table[colourIndex(value(i), model.get("low"), model.get("high"))];
  };
  /** What the value of a token is called. */
  const worded = (i) => model.get("categories")[value(i)] ?? (Number.isNaN(value(i)) ? "none" : readable(value(i)));

  const drawKey = (categories) => key.replaceChildren(...categories.map((name, c) => {
    const swatch = h("span", { class: "unrolled-key unrolled-swatch", "aria-hidden": "true" });
    swatch.style.background = c ? PALETTE[themeName()].categorical[c - 1] : "none";
    return h("span", {}, swatch, h("bdi", {}, name));
  }));

  /** What is read out: strings, and text of others in elements that keep their direction of writing to themselves. */
  const describe = (tokens, chosen) => {
    if (!tokens.length) return ["There is no token to show yet."];
    const name = model.get("mark_name");
    if (chosen < 0 && name) return ["Choose a token with a click, or with the arrow keys and Enter."];
    if (chosen < 0) return ["Choose a token with the mouse or the arrow keys to read its value."];
    const note = model.get("notes")[chosen];
    const marked = name && model.get("marks").includes(chosen);
    return [`Token ${chosen + 1} of ${tokens.length}, `, h("bdi", {}, tokens[chosen]), ": ",
      h("bdi", {}, model.get("value_axis")), ` ${worded(chosen)}`, ...(marked ? [", ", h("bdi", {}, name)] : []),
      ...(note ? ["; ", h("bdi", {}, note)] : [])];
  };

  const draw = () => {
    const tokens = model.get("tokens");
    const [low, high] = [model.get("low"), model.get("high")];
    title.textContent = model.get("title") || "Tokens";
    list.classList.toggle("unrolled-characters", model.get("as_text"));
    boxes(tokens, model.get("notes"));
    const categories = model.get("categories");
    const marks = model.get("mark_name") ? new Set(model.get("marks")) : null;
    const table = colourTable(model.get("palette"));
    const chosen = Math.min(model.get("selected"), tokens.length - 1);
    [...list.children].forEach((box, i) => {
      const filled = colour(i, table);
      const plain = categories.length > 0; // a category without a colour is drawn as calmly as the others
      box.style.background = filled ? `rgb(${filled.join(",")})` : "none";
      box.style.color = filled ? inkOn(filled) : "inherit";
      box.style.borderStyle = filled || plain ? "solid" : "dashed";
      box.style.borderColor = filled || plain ? "transparent" : "currentColor";
      box.setAttribute("aria-selected", String(i === chosen));
      if (marks) box.setAttribute("aria-checked", String(marks.has(i)));
      else box.removeAttribute("aria-checked");
    });
    list.hidden = !tokens.length;
    scale.element.hidden = !tokens.length || categories.length > 0;
    key.hidden = !categories.length;
    drawKey(categories);
    if (chosen >= 0 && chosen < tokens.length) list.setAttribute("aria-activedescendant", `${prefix}-${chosen}`);
    else list.removeAttribute("aria-activedescendant");
    readout.replaceChildren(...describe(tokens, chosen));
    if (chosen !== seen && list.children[chosen]) reveal(list.children[chosen]);
    seen = chosen;
    scale.draw(model.get("palette"), low, high, model.get("value_axis"));
    details.redraw();
  };

  /** Scroll the list, and never the page, so far that a token can be seen: a text that is written grows at its end. */
  const reveal = (box) => {
    const top = box.offsetTop - list.offsetTop;
    if (top < list.scrollTop) list.scrollTop = top;
    const below = top + box.offsetHeight - list.clientHeight;
    if (below > list.scrollTop) list.scrollTop = below;
  };

  const select = (i) => {
    const last = model.get("tokens").length - 1;
    if (last < 0) return;
    model.set("selected", Math.max(0, Math.min(last, i)));
    list.children[model.get("selected")].scrollIntoView({ block: "nearest" });
  };
  const mark = (i) => {
    if (!model.get("mark_name")) return;
    const marks = model.get("marks");
    model.set("marks", marks.includes(i) ? marks.filter((m) => m !== i) : [...marks, i].sort((a, b) => a - b));
  };
  list.addEventListener("click", (event) => {
    const i = [...list.children].indexOf(event.target.closest(".unrolled-token"));
    if (i < 0) return;
    select(i);
    mark(i);
    model.save_changes(); // both at once: the panel answers once
  });
  list.addEventListener("keydown", (event) => {
    const at = model.get("selected");
    const combined = event.ctrlKey || event.metaKey || event.altKey;
    if (model.get("mark_name") && [" ", "Enter"].includes(event.key) && !combined && !event.shiftKey) {
      event.preventDefault(); // the space bar would scroll the page
      if (event.repeat || at < 0 || at >= model.get("tokens").length) return;
      mark(at);
      model.save_changes();
      return;
    }
    const next = { ArrowLeft: at - 1, ArrowUp: at - 1, ArrowRight: at + 1, ArrowDown: at + 1, Home: 0, End: Infinity }[event.key];
    if (next === undefined || combined) return;
    event.preventDefault();
    select(next);
    model.save_changes();
  });

  const details = dataTable(() => ({
    caption: `${model.get("value_axis")} of every token`,
    head: ["", "token", model.get("value_axis"), ...(model.get("notes").length ? ["note"] : [])],
    rows: model.get("tokens").map((token, i) =>
      [String(i + 1), token, worded(i), ...(model.get("notes").length ? [model.get("notes")[i]] : [])]),
  }));

  const root = h("div", { class: "unrolled-token-strip" }, title, list, scale.element, key, readout, details.element);
  const { cleanup } = mount({ model, el, root, draw,
    traits: ["tokens", "notes", "categories", "marks", "mark_name", "data", "frames", "frame", "low", "high", "palette",
      "value_axis", "selected", "title", "as_text"] });
  return () => { model.off("change:data", read); cleanup(); };
}

export default { render };
