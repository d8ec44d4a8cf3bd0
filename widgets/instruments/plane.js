// Plane: points, arrows and a handle in two dimensions. See plane.py for what the traits mean.

const LARGEST = 420; // pixels a side
const EDGE = 26; // room for the numbers of the axes
const REACH = 22; // pixels around the handle in which a press takes hold of it, and does not move it
const HANDLE = "#e69f00";
const DIGITS = 4; // of a place that the page sets

function render({ model, el }) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const said = h("div", { class: "unrolled-readout", id: newId("readout"), role: "status" });
  const title = h("h4", { class: "unrolled-title" });
  const stage = h("div", { class: "unrolled-stage", role: "application", tabindex: "0", "aria-roledescription": "plane",
    "aria-describedby": said.id }, canvas);
  let place = null;
  let grip = null; // from the pointer to the handle, while it is dragged

  const rows = (name, length) => {
    const flat = numbers(model.get(name));
    return Array.from({ length: flat.length / length }, (_, i) => Array.from(flat.subarray(i * length, (i + 1) * length)));
  };
  const within = (x) => Math.max(model.get("limits")[0], Math.min(model.get("limits")[1], x));
  const handle = () => model.get("handle")?.map(within);
  const span = () => model.get("limits")[1] - model.get("limits")[0];
  const toX = (x) => EDGE + ((x - model.get("limits")[0]) / span()) * place.side;
  const toY = (y) => place.side + 8 - ((y - model.get("limits")[0]) / span()) * place.side;

  /** 1, 2 or 5 times a power of ten, at least `x`: a step that reads well. */
  const round = (x) => {
    const power = 10 ** Math.floor(Math.log10(x));
    return power * [1, 2, 5, 10].find((factor) => factor * power >= x * 0.999);
  };
  const tidy = (x) => Number(x.toFixed(Math.max(0, DIGITS - Math.ceil(Math.log10(span())))));
  const point = (x, y) => `(${readable(tidy(x))}, ${readable(tidy(y))})`;
  const percent = (weight) => `${readable(Number((100 * weight).toPrecision(2)))} %`;

  const describe = () => {
    const at = handle();
    if (!at) return [model.get("readout") || "Nothing can be moved here; the data table has the numbers."];
    return [h("bdi", {}, model.get("handle_label")), ` at ${point(...at)}. `, h("bdi", {}, model.get("readout"))];
  };

  const drawGrid = (ctx, colours) => {
    const [low, high] = model.get("limits");
    const step = round(span() / 7);
    const [left, right, top, bottom] = [EDGE, EDGE + place.side, 8, place.side + 8];
    for (let i = Math.ceil(low / step); i * step <= high; i++) {
      ctx.strokeStyle = i === 0 ? colours.soft : colours.line;
      ctx.globalAlpha = i === 0 ? 1 : 0.5;
      ctx.stroke(new Path2D(`M${toX(i * step)} ${top}V${bottom}M${left} ${toY(i * step)}H${right}`));
      ctx.globalAlpha = 1;
      ctx.fillStyle = colours.soft;
      const text = readable(Number((i * step).toPrecision(6)));
      ctx.textAlign = "center";
      ctx.fillText(text, toX(i * step), bottom + 10);
      ctx.textAlign = "right";
      ctx.fillText(text, left - 4, toY(i * step));
    }
  };

  const drawArrow = (ctx, [x0, y0, x1, y1], colour) => {
    const [from, to] = [[toX(x0), toY(y0)], [toX(x1), toY(y1)]];
    const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
    const head = Math.min(11, Math.hypot(to[0] - from[0], to[1] - from[1]));
    const wing = (turn) => [to[0] - head * Math.cos(angle + turn), to[1] - head * Math.sin(angle + turn)];
    ctx.strokeStyle = ctx.fillStyle = colour;
    ctx.lineWidth = 2.5;
    ctx.stroke(new Path2D(`M${from}L${to}`));
    ctx.fill(new Path2D(`M${to}L${wing(0.45)}L${wing(-0.45)}Z`));
    ctx.lineWidth = 1;
  };

  const drawDisc = (ctx, x, y, radius, colour, edge) => {
    ctx.beginPath();
    ctx.arc(toX(x), toY(y), radius, 0, 2 * Math.PI);
    ctx.fillStyle = colour;
    ctx.fill();
    ctx.globalAlpha = 1;
    ctx.strokeStyle = edge;
    ctx.lineWidth = 1.5;
    ctx.stroke();
    ctx.lineWidth = 1;
  };

  /** Each label beside its place, on the first side where it covers no other. */
  const writeLabels = (ctx, labels, colours) => {
    const taken = [];
    for (const [text, x, y, gap] of labels) {
      const shown = shorten(text, ctx, 130);
      const [width, tall] = [ctx.measureText(shown).width, 14];
      const [at, level] = [toX(x), toY(y)];
      const sides = [[at + gap, level - 7], [at - gap - width, level - 7], [at - width / 2, level - gap - tall], [at - width / 2, level + gap]]
        .map(([left, top]) => ({ left, top, right: left + width, bottom: top + tall }));
      const inside = (box) => box.left >= 2 && box.right <= place.width - 2 && box.top >= 0 && box.bottom <= place.side + 16;
      const free = (box) => !taken.some((other) => box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top);
      const box = sides.find((side) => inside(side) && free(side)) ?? sides.find(inside) ?? sides[0];
      taken.push(box);
      ctx.textAlign = "left";
      ctx.lineWidth = 3;
      ctx.strokeStyle = colours.paper; // a rim, so that a line behind it does not cross it
      ctx.strokeText(shown, box.left, box.top + 7);
      ctx.lineWidth = 1;
      ctx.fillStyle = colours.ink;
      ctx.fillText(shown, box.left, box.top + 7);
    }
  };

  const draw = () => {
    const at = handle();
    title.textContent = model.get("title");
    stage.setAttribute("aria-label", `${model.get("title") || "Plane"}.${at ? ` Use the arrow keys to move ${model.get("handle_label")}.` : ""}`);
    said.replaceChildren(...describe());
    canvas.style.cursor = at ? "move" : "default";
    canvas.style.touchAction = at ? "none" : "auto";
    details.redraw();
    if (!root.clientWidth) return; // not laid out yet: the resize observer calls again
    const width = Math.min(LARGEST + EDGE + 8, root.clientWidth);
    place = { width, side: width - EDGE - 8 };
    const ctx = brush(canvas, width, place.side + 8 + EDGE);
    const colours = inks(root);
    const hues = PALETTE[themeName()].categorical;
    drawGrid(ctx, colours);
    ctx.save();
    ctx.beginPath();
    ctx.rect(EDGE, 8, place.side, place.side); // what lies beyond the limits is cut off there
    ctx.clip();
    const [points, weights, arrows] = [rows("points", 2), numbers(model.get("weights")), rows("arrows", 4)];
    arrows.forEach((arrow, i) => drawArrow(ctx, arrow, hues[(i + 1) % hues.length]));
    const radius = (i) => (weights.length ? 4 + 12 * Math.sqrt(weights[i]) : 6);
    points.forEach(([x, y], i) => {
      ctx.globalAlpha = weights.length ? 0.15 + 0.85 * Math.min(1, weights[i]) : 1;
      drawDisc(ctx, x, y, radius(i), hues[0], hues[0]);
    });
    ctx.restore();
    if (at) drawDisc(ctx, ...at, 9, HANDLE, "#000000");
    const labels = [
      ...(at ? [[model.get("handle_label"), ...at, 13]] : []),
      ...points.map(([x, y], i) => [nameOf(i, weights), x, y, radius(i) + 4]),
      ...arrows.map(([, , x, y], i) => [model.get("arrow_labels")[i] ?? "", x, y, 6]),
    ];
    const [low, high] = model.get("limits");
    writeLabels(ctx, labels.filter(([text, ...xy]) => text && xy.slice(0, 2).every((x) => x >= low && x <= high)), colours);
  };
  const nameOf = (i, weights) => [model.get("labels")[i], weights.length ? percent(weights[i]) : ""].filter(Boolean).join(" ");

  const details = dataTable(() => {
    const [points, weights] = [rows("points", 2), numbers(model.get("weights"))];
    const name = (list, i, kind) => model.get(list)[i] || `${kind} ${i + 1}`;
    return {
      caption: "Every point with its place, every arrow from its beginning to its tip",
      head: ["", "place", ...(weights.length ? ["weight"] : [])],
      rows: [
        ...(handle() ? [[model.get("handle_label"), point(...handle())]] : []),
        ...points.map((xy, i) => [name("labels", i, "point"), point(...xy), ...(weights.length ? [percent(weights[i])] : [])]),
        ...rows("arrows", 4).map(([x0, y0, x1, y1], i) => [name("arrow_labels", i, "arrow"), `${point(x0, y0)} to ${point(x1, y1)}`]),
      ],
    };
  });

  const moveTo = (x, y) => {
    model.set("handle", [x, y].map((at) => tidy(within(at))));
    model.save_changes();
  };
  stage.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!to || !handle() || isShortcut(event)) return;
    event.preventDefault();
    const step = round(span() / 100) * (event.shiftKey ? 10 : 1);
    const [x, y] = handle();
    moveTo(x + to[0] * step, y + to[1] * step);
  });
  const under = (event) => [
    model.get("limits")[0] + ((event.offsetX - EDGE) / place.side) * span(),
    model.get("limits")[0] + ((place.side + 8 - event.offsetY) / place.side) * span(),
  ];
  canvas.addEventListener("pointerdown", (event) => {
    const at = handle();
    if (!at || !place || event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    const [x, y] = under(event);
    const near = Math.hypot(toX(at[0]) - event.offsetX, toY(at[1]) - event.offsetY) <= REACH;
    grip = near ? [at[0] - x, at[1] - y] : [0, 0];
    if (!near) moveTo(x, y);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!grip) return;
    const [x, y] = under(event);
    moveTo(x + grip[0], y + grip[1]);
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { grip = null; });

  const root = h("div", { class: "unrolled-plane" }, title, stage, said, details.element);
  return mount({ model, el, root, draw, resize: true,
    traits: ["points", "labels", "weights", "arrows", "arrow_labels", "limits", "handle", "handle_label", "readout", "title"] }).cleanup;
}

export default { render };
