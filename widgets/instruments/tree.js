// Tree: branches as boxes in columns, joined by lines. See tree.py for what the traits mean.

const ROW = 30; // pixels from one end of a path to the next
const BOX = 24; // the height of a branch, as in tree.css
const TRUNK = 84; // the most that the word before the first fork takes
const WHOLE = 66; // room for the product at the end of a path
const GAP = 26; // the width of the lines between two columns

/** A probability as people read it. */
function percent(x) {
  if (x === 0 || x === 1) return `${100 * x} %`;
  if (x < 0.001) return "<0.1 %";
  if (x > 0.995) return ">99 %";
  return `${x < 0.0995 ? (100 * x).toFixed(1) : Math.round(100 * x)} %`;
}

function render({ model, el }) {
  const title = h("h4", { class: "unrolled-title", id: newId("title") });
  const lines = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  lines.setAttribute("aria-hidden", "true");
  const stage = h("div", { class: "unrolled-branches", role: "tree", tabindex: "0", "aria-labelledby": title.id });
  const readout = h("div", { class: "unrolled-readout", role: "status" });
  const note = h("div", { class: "unrolled-note" }, "The number at the end of a path is the product of its branches; the largest is framed.");
  const empty = h("p", { class: "unrolled-note" }, "There is nothing to show yet.");
  const scale = legend();
  const prefix = newId("branch");
  let values = new Float32Array(0);
  let tree = { children: [], level: [], row: [], whole: [], rows: 0, depth: 0 };
  let boxes = [];

  const parent = (i) => model.get("parents")[i];
  const brothers = (i) => tree.children[parent(i) + 1];
  const behind = (i) => tree.children[i + 1]; // those of the root, -1, stand first

  /** Who follows whom, in which column and row each stands, and how likely every path is as a whole. */
  const plant = () => {
    const parents = model.get("parents");
    const children = Array.from({ length: parents.length + 1 }, () => []);
    parents.forEach((p, i) => children[p + 1].push(i));
    const [level, whole] = [[], []];
    parents.forEach((p, i) => {
      level[i] = p < 0 ? 0 : level[p] + 1;
      whole[i] = values[i] * (p < 0 ? 1 : whole[p]);
    });
    const row = [];
    let rows = 0;
    const place = (i) => {
      const those = children[i + 1];
      those.forEach(place);
      row[i] = those.length ? (row[those[0]] + row[those.at(-1)]) / 2 : rows++;
    };
    children[0].forEach(place);
    tree = { children, level, row, whole, rows, depth: level.reduce((most, l) => Math.max(most, l + 1), 0) };
  };

  const rowOfRoot = () => (tree.rows - 1) / 2;
  const middle = (row) => row * ROW + ROW / 2;

  const join = (fromX, fromRow, toX, toRow, value) => {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    const [y, to, half] = [middle(fromRow), middle(toRow), (fromX + toX) / 2];
    path.setAttribute("d", `M${fromX},${y} C${half},${y} ${half},${to} ${toX},${to}`);
    path.style.cssText = `fill:none;stroke:var(--accent);stroke-width:${1 + 7 * value}px`;
    lines.append(path);
  };

  const draw = () => {
    values = numbers(model.get("data"));
    plant();
    const labels = model.get("labels");
    const width = Math.max(320, stage.clientWidth);
    const root = model.get("root");
    const left = root ? Math.min(TRUNK, 14 + 8 * [...root].length) : 8;
    const column = Math.min(230, (width - left - WHOLE) / Math.max(1, tree.depth));
    const table = colourTable("sequential");
    const best = tree.whole.reduce((most, whole, i) => (behind(i).length || whole <= tree.whole[most] ? most : i),
      tree.whole.findIndex((_, i) => !behind(i).length));
    title.textContent = model.get("title") || "Tree";
    lines.replaceChildren();
    lines.style.width = `${width}px`;
    lines.style.height = `${tree.rows * ROW}px`;
    const put = (element, x, row, wide) => {
      Object.assign(element.style, { left: `${x}px`, top: `${middle(row) - BOX / 2}px`, width: `${wide}px` });
      return element;
    };
    const trunk = put(h("div", { class: "unrolled-trunk", title: root }, h("bdi", {}, root)), 0, rowOfRoot(), left - 4);
    const ends = [];
    boxes = labels.map((label, i) => {
      const [value, level] = [values[i], tree.level[i]];
      const x = left + GAP + level * column;
      join(level ? x - GAP : left, level ? tree.row[parent(i)] : rowOfRoot(), x, tree.row[i], value);
      const marked = model.get("marks").includes(i);
      const box = h("div", { class: "unrolled-branch", role: "treeitem", id: `${prefix}-${i}`, title: label,
        "aria-level": level + 1, "aria-posinset": brothers(i).indexOf(i) + 1, "aria-setsize": brothers(i).length, "data-marked": marked }, h("bdi", {}, label), h("span", {}, percent(value)));
      const colour = table[colourIndex(value, 0, 1)];
      box.style.background = `rgb(${colour.join(",")})`;
      box.style.color = inkOn(colour);
      if (!behind(i).length) {
        const whole = h("div", { class: "unrolled-whole", "aria-hidden": "true", "data-best": i === best && tree.whole[i] > 0 },
          percent(tree.whole[i]));
        ends.push(put(whole, x + column - GAP + 4, tree.row[i], WHOLE - 6));
      }
      return put(box, x, tree.row[i], column - GAP);
    });
    stage.replaceChildren(lines, trunk, ...boxes, ...ends, sizer(tree.rows * ROW));
    for (const part of [stage, note, scale.element]) part.hidden = !labels.length;
    empty.hidden = labels.length > 0;
    stage.setAttribute("aria-disabled", String(model.get("stale")));
    scale.draw("sequential", 0, 1, model.get("value_axis"));
    choose();
    details.redraw();
  };
  /** What gives the frame its height: all else in it stands where it was put. */
  const sizer = (height) => {
    const element = h("div", { role: "none" });
    element.style.height = `${height}px`;
    return element;
  };

  /** Frame the chosen branch and read it out: strings, and text of others in elements that keep their direction. */
  const choose = () => {
    const chosen = Math.min(model.get("selected"), boxes.length - 1);
    boxes.forEach((box, i) => box.setAttribute("aria-selected", String(i === chosen)));
    if (chosen >= 0) stage.setAttribute("aria-activedescendant", `${prefix}-${chosen}`);
    else stage.removeAttribute("aria-activedescendant");
    readout.replaceChildren(...describe(chosen));
  };
  const describe = (i) => {
    if (!boxes.length) return [];
    if (i < 0) return ["A click takes a branch and all that leads to it; so does Enter, after the arrow keys."];
    const marked = model.get("marks").includes(i) ? [", ", h("bdi", {}, model.get("mark_name"))] : [];
    return [`Branch ${brothers(i).indexOf(i) + 1} of ${brothers(i).length}, step ${tree.level[i] + 1}, `,
      h("bdi", {}, model.get("labels")[i]), ": ", h("bdi", {}, model.get("value_axis")), ` ${readable(values[i])}`,
      `, with all that leads to it ${readable(tree.whole[i])}`, ...marked, ". Enter takes it."];
  };

  const select = (i) => {
    model.set("selected", i);
    model.save_changes();
    boxes[i]?.scrollIntoView({ block: "nearest" });
  };
  const take = (i) => {
    if (model.get("stale")) return;
    model.set("selected", i);
    model.set("taken", i);
    model.save_changes();
  };
  stage.addEventListener("click", (event) => {
    const i = boxes.indexOf(event.target.closest(".unrolled-branch"));
    if (i >= 0) take(i);
  });
  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !boxes.length) return;
    const at = Math.min(model.get("selected"), boxes.length - 1);
    if ([" ", "Enter"].includes(event.key)) {
      event.preventDefault(); // the space bar would scroll the page
      if (!event.repeat && at >= 0) take(at);
      return;
    }
    const beside = (step) => { // the next one in this column, whoever its parent is
      const column = boxes.map((_, i) => i).filter((i) => tree.level[i] === tree.level[at]).sort((a, b) => tree.row[a] - tree.row[b]);
      return column[column.indexOf(at) + step] ?? at;
    };
    const first = tree.children[0][0];
    const moves = { Home: () => first, Escape: () => -1, ArrowRight: () => behind(at)[0] ?? at, ArrowUp: () => beside(-1),
      ArrowDown: () => beside(1), ArrowLeft: () => (parent(at) < 0 ? at : parent(at)) };
    if (!moves[event.key]) return;
    event.preventDefault();
    select(at < 0 && event.key !== "Escape" ? first : moves[event.key]());
  });

  const details = dataTable(() => ({
    caption: `${model.get("value_axis")} of every branch where it forks, and of the path to it`,
    head: ["", "step", "behind", "branch", model.get("value_axis"), "whole path", ...(model.get("marks").length ? ["mark"] : [])],
    rows: model.get("labels").map((label, i) => [String(i + 1), String(tree.level[i] + 1),
      parent(i) < 0 ? model.get("root") : model.get("labels")[parent(i)], label, readable(values[i]), readable(tree.whole[i]),
      ...(model.get("marks").length ? [model.get("marks").includes(i) ? model.get("mark_name") : ""] : [])]),
  }));

  const view = h("div", { class: "unrolled-tree" }, title, stage, empty, scale.element, note, readout, details.element);
  model.on("change:selected", choose);
  const { cleanup } = mount({ model, el, root: view, draw, resize: true,
    traits: ["labels", "parents", "data", "root", "marks", "mark_name", "value_axis", "title", "stale"] });
  return () => { model.off("change:selected", choose); cleanup(); };
}

export default { render };
