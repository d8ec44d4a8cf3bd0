// Arcs: lines between two columns of tokens. See arcs.py for what the traits mean.

const ROW = 17; // pixels from a token to the next
const WIDEST = 620;
const LEAST = 0.01; // of a chosen token all lines from this weight on are drawn
const LEVELS = 12; // of opacity; lines of one level and head are drawn with one stroke
const DASHES = [5, 3]; // the palette has six colours: the heads after them are dashed
const TABLE_ROWS = 100;
const SAID = 5; // weights that are read out, fewer for several heads

const percent = (weight) => `${readable(Number((100 * weight).toPrecision(2)))} %`;
const opacity = (weight) => Math.min(1, 0.06 + 0.94 * weight);
const thickness = (weight) => 0.6 + 2.4 * weight;

function render({ model, el }) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const readout = h("div", { class: "unrolled-readout", id: newId("readout"), role: "status" });
  const title = h("h4", { class: "unrolled-title" });
  const key = h("div", { class: "unrolled-note" });
  const note = h("div", { class: "unrolled-note" });
  const stage = scroller({ role: "application", tabindex: "0", "aria-roledescription": "lines between tokens",
    "aria-describedby": readout.id }, canvas, () => schedule());
  const base = document.createElement("canvas"); // all lines and no choice: a choice repaints only its own
  let fresh = ""; // what `base` was painted for
  let values = new Float32Array(0);
  let groups = []; // the lines of each head by level of opacity, as [query, key, query, key, …]
  let labelWidth = 0;
  let hovered = -1;
  let followed = -1; // the choice that was last brought into sight
  let stale = true; // whether `values` and `groups` are behind what was sent
  let place = null;

  const sizes = () => [Math.max(1, model.get("heads").length), model.get("tokens").length, model.get("key_tokens").length];
  const headNumbers = () => Array.from({ length: sizes()[0] }, (_, head) => head);
  const weight = (head, query, keyAt) => values[(head * sizes()[1] + query) * sizes()[2] + keyAt];
  const chosen = () => Math.max(-1, Math.min(sizes()[1] - 1, hovered >= 0 ? hovered : model.get("selected")));

  const read = () => {
    values = numbers(model.get("data"), model.get("dtype"));
    if (model.get("dtype") === "uint8") values = Float32Array.from(values, (level) => level / 255);
    const [heads, queries, keys] = sizes();
    const floor = model.get("floor");
    groups = Array.from({ length: heads }, () => Array.from({ length: LEVELS }, () => []));
    for (let i = 0; i < values.length; i++) {
      if (!(values[i] >= floor)) continue; // NaN is no line
      const level = Math.min(LEVELS - 1, Math.floor(values[i] * LEVELS));
      groups[Math.floor(i / (queries * keys))][level].push(Math.floor(i / keys) % queries, i % keys);
    }
    const ctx = base.getContext("2d");
    ctx.font = FONT;
    labelWidth = 12 + Math.max(6 * heads, widest(ctx, model.get("tokens"), 150), widest(ctx, model.get("key_tokens"), 150));
    hovered = -1;
    fresh = "";
    stale = false;
  };

  /** The `count` strongest [weight, head, query, key] of these queries and heads. */
  const strongest = (queries, heads, count, least) => {
    const found = [];
    for (const head of heads) for (const query of queries) for (let k = 0; k < sizes()[2]; k++)
      if (weight(head, query, k) >= least) found.push([weight(head, query, k), head, query, k]);
    return found.sort((a, b) => b[0] - a[0]).slice(0, count);
  };

  /** What is read out: strings, and tokens in elements that keep their direction of writing to themselves. */
  const describe = () => {
    const [, queries, keys] = sizes();
    const [names, tokens, keyTokens] = ["heads", "tokens", "key_tokens"].map((name) => model.get(name));
    if (!queries || !keys) return ["There is nothing to show yet."];
    const query = chosen();
    if (query < 0) return ["Choose a token on the left with the mouse or the arrow keys to see where it looks."];
    const text = (token) => h("bdi", {}, token);
    const looks = headNumbers().flatMap((head) => {
      const found = strongest([query], [head], names.length > 1 ? 2 : SAID, LEAST);
      const where = found.flatMap(([w, , , k], i) => [i ? ", " : "", text(keyTokens[k]), ` (${k + 1}) ${percent(w)}`]);
      return [head ? "; " : "", ...(names.length ? [text(names[head]), ": "] : []), ...(found.length ? where : ["no weight of 1 % or more"])];
    });
    return [`Token ${query + 1} of ${queries}, `, text(tokens[query]), ", looks at: ", ...looks];
  };

  const stroke = (ctx, head, level) => {
    const colours = PALETTE[themeName()].categorical;
    ctx.strokeStyle = colours[head % colours.length];
    ctx.setLineDash(head < colours.length ? [] : DASHES);
    ctx.globalAlpha = opacity(level);
    ctx.lineWidth = thickness(level);
    ctx.stroke();
  };

  const middle = (row) => (row + 0.5) * ROW - place.top;

  /** Every line that crosses the part in sight, into `base`. */
  const paintLines = () => {
    const ctx = brush(base, place.width, place.height);
    groups.forEach((levels, head) => levels.forEach((ends, level) => {
      ctx.beginPath();
      for (let i = 0; i < ends.length; i += 2) {
        const [from, to] = [middle(ends[i]), middle(ends[i + 1])];
        if (Math.max(from, to) < 0 || Math.min(from, to) > place.height) continue;
        ctx.moveTo(place.left, from);
        ctx.lineTo(place.right, to);
      }
      stroke(ctx, head, (level + 0.5) / LEVELS);
    }));
  };

  const paintChoice = (ctx, query, colours) => {
    const [heads, , keys] = sizes();
    const stripe = labelWidth / heads;
    for (const head of headNumbers()) {
      for (let k = 0; k < keys; k++) {
        const w = weight(head, query, k);
        if (!(w > 0)) continue;
        ctx.globalAlpha = 0.6 * Math.min(1, w); // the token in front of it stays readable
        ctx.fillStyle = colours[head % colours.length];
        ctx.fillRect(place.right + head * stripe, middle(k) - ROW / 2, stripe, ROW - 1);
        if (w < LEAST) continue;
        ctx.beginPath();
        ctx.moveTo(place.left, middle(query));
        ctx.lineTo(place.right, middle(k));
        stroke(ctx, head, w);
      }
    }
    ctx.globalAlpha = 1;
    ctx.setLineDash([]);
    frameAround(ctx, 1.5, middle(query) - ROW / 2 + 1, place.left - 3, ROW - 2);
  };

  const writeTokens = (ctx, ink) => {
    ctx.globalAlpha = 1;
    ctx.fillStyle = ink;
    const first = Math.floor(place.top / ROW);
    const last = Math.ceil((place.top + place.height) / ROW);
    for (const [name, x, align] of [["tokens", place.left - 6, "right"], ["key_tokens", place.right + 6, "left"]]) {
      ctx.textAlign = align;
      model.get(name).slice(first, last).forEach((text, i) => ctx.fillText(shorten(text, ctx, place.label - 12), x, middle(first + i)));
    }
  };

  const draw = () => {
    if (stale) read();
    const [, queries, keys] = sizes();
    const empty = !queries || !keys;
    const floor = model.get("floor");
    title.textContent = model.get("title");
    stage.element.setAttribute("aria-label", `${model.get("title") || "Arcs"}. Use the up and down arrow keys to choose a token.`);
    readout.replaceChildren(...describe());
    const drawn = groups.some((levels) => levels.some((ends) => ends.length));
    const rule = drawn || floor <= LEAST ? `Weights below ${percent(floor)} are not drawn` : "No line is drawn: the strongest weights are all alike";
    note.textContent = `Left: the token that looks. Right: what it looks at. ${rule}` +
      `${floor > LEAST ? ", there are too many; a chosen token shows its own from 1 % on" : ""}.`;
    stage.element.hidden = note.hidden = empty;
    const colours = PALETTE[themeName()].categorical;
    key.replaceChildren(...model.get("heads").map((name, head) => {
      const swatch = h("span", { class: "unrolled-key", "aria-hidden": "true" });
      const colour = colours[head % colours.length];
      swatch.style.background = head < colours.length ? colour : `repeating-linear-gradient(90deg, ${colour} 0 3px, transparent 3px 5px)`;
      return h("span", { class: "unrolled-key-entry" }, swatch, h("bdi", {}, name));
    }));
    details.redraw();
    if (empty || !root.clientWidth) return; // not laid out yet: the resize observer calls again
    const total = Math.max(queries, keys) * ROW + 2;
    stage.setHeight(total);
    if (followed !== model.get("selected")) { // whoever chose it, the chosen token comes into sight
      followed = model.get("selected");
      if (followed >= 0) stage.reveal(followed * ROW, (followed + 1) * ROW + 2);
    }
    const width = Math.min(WIDEST, stage.element.clientWidth);
    const label = Math.min(labelWidth, Math.floor(0.36 * width));
    place = { width, height: Math.min(total, stage.element.clientHeight), top: stage.element.scrollTop, label, left: label, right: width - label };
    const wanted = JSON.stringify([place, window.devicePixelRatio, themeName()]);
    if (fresh !== wanted) paintLines();
    fresh = wanted;
    const query = chosen();
    const ctx = brush(canvas, width, place.height);
    ctx.globalAlpha = query < 0 ? 1 : 0.12;
    ctx.drawImage(base, 0, 0, width, place.height);
    if (query >= 0) paintChoice(ctx, query, colours);
    writeTokens(ctx, inks(root).ink);
  };

  const details = dataTable(() => {
    const [heads, tokens, keyTokens] = ["heads", "tokens", "key_tokens"].map((name) => model.get(name));
    const query = Math.min(model.get("selected"), tokens.length - 1);
    const found = strongest(query < 0 ? tokens.keys() : [query], headNumbers(), TABLE_ROWS, query < 0 ? model.get("floor") : LEAST);
    return {
      caption: `The strongest weights${query < 0 ? "" : ` of token ${query + 1}, ${tokens[query]}`}, at most ${TABLE_ROWS}`,
      head: ["", "looks", "looks at", ...(heads.length ? ["head"] : []), "weight"],
      rows: found.map(([w, head, q, k], i) => [String(i + 1), `${tokens[q]} (${q + 1})`, `${keyTokens[k]} (${k + 1})`,
        ...(heads.length ? [heads[head]] : []), percent(w)]),
    };
  });

  const select = (query) => {
    hovered = -1;
    model.set("selected", Math.max(-1, Math.min(sizes()[1] - 1, query)));
    model.save_changes();
    schedule();
  };
  stage.element.addEventListener("keydown", (event) => {
    const at = model.get("selected");
    const next = { ArrowUp: Math.max(0, at - 1), ArrowDown: at + 1, Home: 0, End: Infinity, Escape: -1 }[event.key];
    if (next === undefined || isShortcut(event)) return;
    event.preventDefault();
    select(next);
  });
  const rowUnder = (event) => {
    const row = place && event.offsetX < place.left + 20 ? Math.floor((event.offsetY + place.top) / ROW) : -1;
    return row < sizes()[1] ? row : -1;
  };
  const hover = (row) => {
    if (row === hovered) return;
    hovered = row;
    schedule();
  };
  canvas.addEventListener("pointermove", (event) => hover(rowUnder(event)));
  canvas.addEventListener("pointerleave", () => hover(-1));
  canvas.addEventListener("click", (event) => {
    const row = rowUnder(event);
    select(row === model.get("selected") ? -1 : row);
  });

  const root = h("div", { class: "unrolled-arcs" }, title, key, stage.element, note, readout, details.element);
  const sent = ["data", "dtype", "floor", "tokens", "key_tokens", "heads"];
  const changed = sent.map((name) => `change:${name}`).join(" ");
  const spoil = () => { stale = true; };
  model.on(changed, spoil);
  const { schedule, cleanup } = mount({ model, el, root, draw, resize: true, traits: [...sent, "selected", "title"] });
  return () => { model.off(changed, spoil); cleanup(); };
}

export default { render };
