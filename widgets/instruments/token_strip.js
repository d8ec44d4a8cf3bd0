// TokenStrip: one box a token, coloured by its value. See token_strip.py for what the traits mean.

const ENDS = { "␣": "word", "⏎": "line" }; // where a strip of characters may, and must, go on below

function render({ model, el }) {
  const title = h("h4", { class: "unrolled-title", id: newId("title") });
  const list = h("div", { class: "unrolled-tokens", role: "listbox", tabindex: "0", "aria-labelledby": title.id, "aria-orientation": "horizontal" });
  const readout = h("div", { class: "unrolled-readout", role: "status" });
  const scale = legend();
  const prefix = newId("token");
  let shown = null; // the token list whose boxes stand in the page

  const value = (i) => {
    const tokens = model.get("tokens").length;
    return values[Math.max(0, Math.min(model.get("frames") - 1, model.get("frame"))) * tokens + i];
  };
  let values = numbers(model.get("data"));
  const read = () => { values = numbers(model.get("data")); };
  model.on("change:data", read);

  const boxes = (tokens) => {
    if (shown === tokens) return;
    shown = tokens;
    list.replaceChildren(...tokens.map((token, i) =>
      h("span", { class: "unrolled-token", role: "option", id: `${prefix}-${i}`, "aria-selected": "false",
        "data-ends": ENDS[token] }, token)));
  };

  /** What is read out: strings, and text of others in elements that keep their direction of writing to themselves. */
  const describe = (tokens, chosen) => {
    if (!tokens.length) return ["There is no token to show yet."];
    if (chosen < 0) return ["Choose a token with the mouse or the arrow keys to read its value."];
    return [`Token ${chosen + 1} of ${tokens.length}, `, h("bdi", {}, tokens[chosen]), ": ",
      h("bdi", {}, model.get("value_axis")), ` ${readable(value(chosen))}`];
  };

  const draw = () => {
    const tokens = model.get("tokens");
    const [low, high] = [model.get("low"), model.get("high")];
    title.textContent = model.get("title") || "Tokens";
    list.classList.toggle("unrolled-characters", model.get("as_text"));
    boxes(tokens);
    const table = colourTable(model.get("palette"));
    const chosen = Math.min(model.get("selected"), tokens.length - 1);
    [...list.children].forEach((box, i) => {
      const index = colourIndex(value(i), low, high);
      box.style.background = index < 0 ? "none" : `rgb(${table[index].join(",")})`;
      box.style.color = index < 0 ? "inherit" : inkOn(table[index]);
      box.style.borderStyle = index < 0 ? "dashed" : "solid";
      box.style.borderColor = index < 0 ? "currentColor" : "transparent";
      box.setAttribute("aria-selected", String(i === chosen));
    });
    list.hidden = !tokens.length;
    scale.element.hidden = !tokens.length;
    if (chosen >= 0 && chosen < tokens.length) list.setAttribute("aria-activedescendant", `${prefix}-${chosen}`);
    else list.removeAttribute("aria-activedescendant");
    readout.replaceChildren(...describe(tokens, chosen));
    scale.draw(model.get("palette"), low, high, model.get("value_axis"));
    details.redraw();
  };

  const select = (i) => {
    const last = model.get("tokens").length - 1;
    if (last < 0) return;
    model.set("selected", Math.max(0, Math.min(last, i)));
    model.save_changes();
    list.children[model.get("selected")].scrollIntoView({ block: "nearest" });
  };
  list.addEventListener("click", (event) => {
    const i = [...list.children].indexOf(event.target.closest(".unrolled-token"));
    if (i >= 0) select(i);
  });
  list.addEventListener("keydown", (event) => {
    const at = model.get("selected");
    const next = { ArrowLeft: at - 1, ArrowUp: at - 1, ArrowRight: at + 1, ArrowDown: at + 1, Home: 0, End: Infinity }[event.key];
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    select(next);
  });

  const details = dataTable(() => ({
    caption: `${model.get("value_axis")} of every token`,
    head: ["", "token", model.get("value_axis")],
    rows: model.get("tokens").map((token, i) => [String(i + 1), token, readable(value(i))]),
  }));

  const root = h("div", { class: "unrolled-token-strip" }, title, list, scale.element, readout, details.element);
  const { cleanup } = mount({ model, el, root, draw,
    traits: ["tokens", "data", "frames", "frame", "low", "high", "palette", "value_axis", "selected", "title", "as_text"] });
  return () => { model.off("change:data", read); cleanup(); };
}

export default { render };
