// Thumbnails: a grid of tiny heat maps on one canvas. See thumbnails.py for what the traits mean.

const TALL = 484; // pixels that all rows share, if their cells stay large enough for the eye: the frame below its heading
const [SMALLEST, LARGEST] = [30, 64];
const GAP = 3;
const LEFT = 40; // room for the numbers of the rows, and the name of their axis
const ABOVE = 34;
const MISSING = 255; // the byte for "not a number"

function render({ model, el }) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const readout = h("div", { class: "unrolled-readout", id: newId("readout"), role: "status" });
  const title = h("h4", { class: "unrolled-title" });
  const note = h("div", { class: "unrolled-note" });
  const scale = legend();
  const stage = scroller({ role: "application", tabindex: "0", "aria-roledescription": "grid of pictures",
    "aria-describedby": readout.id }, canvas, () => schedule());
  const atlas = document.createElement("canvas"); // all pictures, a pixel a number
  let levels = new Uint8Array(0);
  let scores = new Float32Array(0);
  let best = 0; // the highest score, which has the largest dot
  let stale = true;
  let coloured = ""; // the theme that `atlas` was painted for
  let followed = ""; // the choice that was last brought into sight
  let place = null;

  const read = () => {
    levels = numbers(model.get("data"), "uint8");
    scores = numbers(model.get("scores"));
    best = scores.reduce((most, score) => (score > most ? score : most), 0);
    coloured = "";
    stale = false;
  };
  const chosen = () => [0, 1].map((i) => Math.max(0, Math.min(model.get("shape")[i] - 1, model.get("selected")[i] ?? 0)));
  const isMarked = (row, column) => model.get("marks").some(([r, c]) => r === row && c === column);
  const nameOf = (row, column) => `${model.get("row_axis")} ${row}, ${model.get("column_axis")} ${column}`;
  const largest = (cell) => {
    const [, , height, width] = model.get("shape");
    const numbersOf = levels.subarray(cell * height * width, (cell + 1) * height * width).filter((level) => level !== MISSING);
    if (!numbersOf.length) return NaN;
    const share = numbersOf.reduce((a, b) => Math.max(a, b)) / (MISSING - 1);
    return Number((model.get("low") + share * (model.get("high") - model.get("low"))).toPrecision(2));
  };

  /** What is read out: strings, and text of others in an element that keeps its direction of writing to itself. */
  const describe = () => {
    const [rows, columns] = model.get("shape");
    if (!rows || !columns) return ["There is nothing to show yet."];
    const [row, column] = chosen();
    const cell = row * columns + column;
    const caption = model.get("captions")[cell];
    const said = [caption ? h("bdi", {}, caption) : "", scores.length ? `${model.get("score_axis")} ${readable(scores[cell])}` : "",
      isMarked(row, column) ? "crossed out" : ""].filter(Boolean);
    return [nameOf(row, column), ...said.flatMap((part, i) => [i ? "; " : ": ", part])];
  };

  /** How many pictures stand side by side in the atlas. It is nearly a square: no canvas is as wide as a thousand of them. */
  const across = () => {
    const [rows, columns, height, width] = model.get("shape");
    return Math.min(rows * columns, Math.ceil(Math.sqrt((rows * columns * height) / width)));
  };
  const inAtlas = (cell) => [(cell % across()) * model.get("shape")[3], Math.floor(cell / across()) * model.get("shape")[2]];

  /** All pictures in the colours of the theme. What is no number is left open: the page looks through. */
  const paintAtlas = () => {
    const [rows, columns, height, width] = model.get("shape");
    [atlas.width, atlas.height] = [across() * width, Math.ceil((rows * columns) / across()) * height];
    const ctx = atlas.getContext("2d");
    const pixels = ctx.createImageData(atlas.width, atlas.height);
    const words = new Uint32Array(pixels.data.buffer);
    const table = colourTable("sequential");
    const colours = Uint32Array.from({ length: 256 }, (_, level) => {
      const [red, green, blue] = table[Math.min(255, Math.round((level / (MISSING - 1)) * 255))];
      return level === MISSING ? 0 : (255 << 24) | (blue << 16) | (green << 8) | red;
    });
    let from = 0;
    for (let cell = 0; cell < rows * columns; cell++) {
      const [left, top] = inAtlas(cell);
      for (let y = top; y < top + height; y++) for (let x = left; x < left + width; x++) words[y * atlas.width + x] = colours[levels[from++]];
    }
    ctx.putImageData(pixels, 0, 0);
  };

  const arrange = (width) => {
    const [rows, columns] = model.get("shape");
    const room = (width - LEFT - 2) / columns - GAP;
    const cell = Math.max(4, Math.floor(Math.min(room, LARGEST, Math.max(SMALLEST, TALL / rows - GAP))));
    return { cell, width: Math.min(width, LEFT + columns * (cell + GAP) + 2), total: ABOVE + rows * (cell + GAP) + 2 };
  };
  const corner = (row, column) => [LEFT + column * (place.cell + GAP), ABOVE + row * (place.cell + GAP) - place.top];

  const paintCells = (ctx, colours) => {
    const [rows, columns, height, width] = model.get("shape");
    const { cell } = place;
    ctx.imageSmoothingEnabled = cell < Math.max(width, height);
    ctx.imageSmoothingQuality = "high";
    for (let row = 0; row < rows; row++) {
      if (corner(row, 0)[1] > place.height || corner(row, 0)[1] + cell < ABOVE) continue;
      for (let column = 0; column < columns; column++) {
        const [x, y] = corner(row, column);
        ctx.strokeStyle = colours.line;
        ctx.drawImage(atlas, ...inAtlas(row * columns + column), width, height, x, y, cell, cell);
        ctx.strokeRect(x - 0.5, y - 0.5, cell + 1, cell + 1);
        const share = scores.length ? scores[row * columns + column] / best : 0;
        if (share > 0) { // the area of the dot grows with the score
          const radius = Math.sqrt(share) * Math.min(8, cell / 4.5);
          ctx.beginPath();
          ctx.arc(x + cell - cell / 4.5 - 1, y + cell / 4.5 + 1, radius, 0, 2 * Math.PI);
          ctx.fillStyle = "#e69f00";
          ctx.fill();
          ctx.strokeStyle = "#000000";
          ctx.stroke();
        }
      }
    }
    for (const [row, column] of model.get("marks")) {
      const [x, y] = corner(row, column);
      for (const [line, colour] of [[4, colours.paper], [2, colours.wrong]]) {
        ctx.lineWidth = line;
        ctx.strokeStyle = colour;
        ctx.stroke(new Path2D(`M${x + 3} ${y + 3}l${cell - 6} ${cell - 6}m0 ${6 - cell}l${6 - cell} ${cell - 6}`));
      }
      ctx.lineWidth = 1;
    }
    const [row, column] = chosen();
    const [x, y] = corner(row, column);
    frameAround(ctx, x - 1, y - 1, cell + 2, cell + 2);
  };

  const writeAxes = (ctx, colours) => {
    const [rows, columns] = model.get("shape");
    const step = place.cell + GAP;
    ctx.clearRect(0, 0, place.width, ABOVE - 3); // the heading stays while the rows scroll under it
    ctx.textAlign = "center";
    const skip = Math.ceil(18 / step);
    ctx.fillStyle = colours.ink;
    for (let column = 0; column < columns; column += skip) ctx.fillText(String(column), LEFT + column * step + place.cell / 2, ABOVE - 12);
    ctx.textAlign = "right";
    for (let row = 0; row < rows; row += Math.ceil(13 / step)) {
      const y = corner(row, 0)[1] + place.cell / 2;
      if (y > ABOVE) ctx.fillText(String(row), LEFT - 6, y);
    }
    ctx.fillStyle = colours.soft;
    ctx.textAlign = "left";
    ctx.fillText(shorten(`${model.get("column_axis")} →`, ctx, place.width - LEFT), LEFT, 8);
    ctx.save();
    ctx.translate(9, ABOVE);
    ctx.rotate(-Math.PI / 2);
    ctx.textAlign = "right";
    ctx.fillText(shorten(`← ${model.get("row_axis")}`, ctx, place.height - ABOVE), 0, 0);
    ctx.restore();
  };

  const draw = () => {
    if (stale) read();
    const [rows, columns, height, width] = model.get("shape");
    const empty = !(rows && columns && height && width);
    title.textContent = model.get("title");
    stage.element.setAttribute("aria-label", `${model.get("title") || "Pictures"}. Use the arrow keys to choose one.`);
    readout.replaceChildren(...describe());
    stage.element.hidden = scale.element.hidden = note.hidden = empty;
    const first = scores.indexOf(best);
    note.textContent = !scores.length ? "" : !best ? `No ${model.get("score_axis")} is above 0.`
      : `Dots: ${model.get("score_axis")}. Highest: ${readable(best)} in ${nameOf(Math.floor(first / columns), first % columns)}.`;
    scale.draw("sequential", model.get("low"), model.get("high"), "");
    details.redraw();
    if (empty || !root.clientWidth) return; // not laid out yet: the resize observer calls again
    if (coloured !== themeName()) paintAtlas();
    coloured = themeName();
    place = arrange(root.clientWidth);
    stage.setHeight(place.total);
    if (stage.element.clientWidth < root.clientWidth) { // a scroll bar has taken its room
      place = arrange(stage.element.clientWidth);
      stage.setHeight(place.total);
    }
    const [row, column] = chosen();
    if (followed !== `${row} ${place.cell}`) { // whoever chose it, the chosen row comes into sight
      followed = `${row} ${place.cell}`;
      const top = ABOVE + row * (place.cell + GAP);
      stage.reveal(top - GAP, top + place.cell + GAP, ABOVE);
    }
    Object.assign(place, { top: stage.element.scrollTop, height: Math.min(place.total, stage.element.clientHeight) });
    const ctx = brush(canvas, place.width, place.height);
    const colours = inks(root);
    paintCells(ctx, colours);
    writeAxes(ctx, colours);
  };

  const details = dataTable(() => {
    const [rows, columns] = model.get("shape");
    const cells = Array.from({ length: rows * columns }, (_, cell) => cell);
    const of = (cell) => (Number.isNaN(scores[cell]) ? -Infinity : scores[cell]);
    if (scores.length) cells.sort((a, b) => of(b) - of(a));
    const captions = model.get("captions");
    const columnsOf = [
      scores.length && [model.get("score_axis"), (cell) => readable(scores[cell])],
      captions.length && ["says", (cell) => captions[cell]],
      model.get("marks").length && ["crossed out", (cell) => (isMarked(Math.floor(cell / columns), cell % columns) ? "yes" : "no")],
      ["largest value", (cell) => readable(largest(cell))],
    ].filter(Boolean);
    return {
      caption: scores.length ? `All cells by ${model.get("score_axis")}, the highest first` : "All cells",
      head: ["cell", ...columnsOf.map(([name]) => name)],
      rows: cells.map((cell) => [nameOf(Math.floor(cell / columns), cell % columns), ...columnsOf.map(([, value]) => value(cell))]),
    };
  });

  const select = (row, column) => {
    const limits = model.get("shape");
    model.set("selected", [row, column].map((at, i) => Math.max(0, Math.min(limits[i] - 1, at))));
    model.save_changes();
  };
  stage.element.addEventListener("keydown", (event) => {
    const [row, column] = chosen();
    const next = {
      ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1], ArrowUp: [row - 1, column], ArrowDown: [row + 1, column],
      Home: [row, 0], End: [row, Infinity], PageUp: [0, column], PageDown: [Infinity, column],
    }[event.key];
    if (!next || isShortcut(event)) return;
    event.preventDefault();
    select(...next);
  });
  canvas.addEventListener("click", (event) => {
    const [rows, columns] = model.get("shape");
    const step = place.cell + GAP;
    const column = Math.floor((event.offsetX - LEFT) / step);
    const row = Math.floor((event.offsetY + place.top - ABOVE) / step);
    if (event.offsetY > ABOVE && row >= 0 && row < rows && column >= 0 && column < columns) select(row, column);
  });

  const root = h("div", { class: "unrolled-thumbnails" }, title, stage.element, scale.element, note, readout, details.element);
  const sent = ["data", "scores", "shape"];
  const changed = sent.map((name) => `change:${name}`).join(" ");
  const spoil = () => { stale = true; };
  model.on(changed, spoil);
  const { schedule, cleanup } = mount({ model, el, root, draw, resize: true,
    traits: [...sent, "low", "high", "row_axis", "column_axis", "captions", "score_axis", "marks", "selected", "title"] });
  return () => { model.off(changed, spoil); cleanup(); };
}

export default { render };
