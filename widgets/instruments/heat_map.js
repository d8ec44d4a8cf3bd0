// HeatMap: panels of coloured cells on one canvas. See heat_map.py for what the traits mean; heat_map_layout.js is in front.

const TABLE_SIDE = 64; // rows and columns of the data table; more would only be slow

function render({ model, el }) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const readoutId = newId("readout");
  const readout = h("div", { class: "unrolled-readout", id: readoutId, role: "status" });
  const stage = h("div", { class: "unrolled-stage", role: "application", tabindex: "0",
    "aria-roledescription": "heat map", "aria-describedby": readoutId }, canvas);
  const title = h("h4", { class: "unrolled-title" });
  const scale = legend();
  const missing = h("span", { class: "unrolled-note" });
  const picture = document.createElement("canvas"); // one panel, a pixel a cell, before it is enlarged
  let values = new Float32Array(0);
  let place = null;
  let hovered = null; // [panel, row, column] under the mouse: read out, and not chosen
  const base = document.createElement("canvas"); // the picture without its cursor
  let fresh = ""; // the width, pixel ratio and theme that `base` was painted for

  // Without labels a single panel counts its rows and columns, from 0.
  const counted = (texts, n) => (texts.length || model.get("shape")[1] > 1 ? texts : Array.from({ length: n }, (_, i) => String(i)));
  const labels = () => {
    const [, , rows, columns] = model.get("shape");
    return { rows: counted(model.get("row_labels"), rows), columns: counted(model.get("column_labels"), columns),
      panels: model.get("panel_titles"), numbered: !model.get("column_labels").length };
  };
  const at = (panel, row, column) => {
    const [frames, panels, rows, columns] = model.get("shape");
    const frame = Math.max(0, Math.min(frames - 1, model.get("frame")));
    const raw = values[((frame * panels + panel) * rows + row) * columns + column];
    if (model.get("dtype") === "float32") return raw;
    return model.get("low") + (raw / 255) * (model.get("high") - model.get("low"));
  };
  const cursorNow = () => { // from Python it may point anywhere
    const [, ...limits] = model.get("shape");
    return limits.map((n, i) => Math.max(0, Math.min(n - 1, model.get("cursor")[i] ?? 0)));
  };
  const onView = () => hovered ?? cursorNow();

  /** What is read out: strings, and labels in elements that keep their direction of writing to themselves. */
  const describe = () => {
    const [, panels, rows, columns] = model.get("shape");
    if (!rows || !columns) return ["There is nothing to show yet."];
    const [panel, row, column] = onView();
    const { rows: rowTexts, columns: columnTexts, panels: panelTexts } = labels();
    const text = (label) => h("bdi", {}, label);
    const nameOf = (axis, texts, i) => [text(model.get(axis)), " ", texts.length ? text(texts[i]) : String(i)];
    const where = panels > 1 ? [panelTexts.length ? text(panelTexts[panel]) : `panel ${panel + 1}`, ", "] : [];
    return [...where, ...nameOf("row_axis", rowTexts, row), ", ", ...nameOf("column_axis", columnTexts, column), ": ",
      text(model.get("value_axis")), ` ${readable(at(panel, row, column))}`];
  };

  const paintPanel = (ctx, panel, table) => {
    const [frames, panels, rows, columns] = model.get("shape");
    const bytes = model.get("dtype") === "uint8";
    const [low, high] = bytes ? [0, 255] : [model.get("low"), model.get("high")];
    const first = (Math.max(0, Math.min(frames - 1, model.get("frame"))) * panels + panel) * rows * columns;
    const pixels = ctx.createImageData(columns, rows);
    let holes = 0;
    for (let i = 0; i < rows * columns; i++) {
      const index = colourIndex(values[first + i], low, high);
      if (index < 0) { holes += 1; continue; } // left open: the hatching looks through
      const [red, green, blue] = table[index];
      pixels.data[4 * i] = red;
      pixels.data[4 * i + 1] = green;
      pixels.data[4 * i + 2] = blue;
      pixels.data[4 * i + 3] = 255;
    }
    picture.width = columns;
    picture.height = rows;
    picture.getContext("2d").putImageData(pixels, 0, 0);
    const [x, y] = place.corner(panel);
    if (holes) {
      ctx.fillStyle = hatching(ctx);
      ctx.fillRect(x, y, place.panelWidth, place.panelHeight);
    }
    ctx.imageSmoothingEnabled = place.cellWidth < 1 || place.cellHeight < 1;
    ctx.drawImage(picture, x, y, place.panelWidth, place.panelHeight);
    ctx.strokeRect(x - 0.5, y - 0.5, place.panelWidth + 1, place.panelHeight + 1);
    return holes;
  };

  /** Slanted lines in the colour of the moment, for what is not a number. */
  const hatching = (ctx) => {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const lines = tile.getContext("2d");
    lines.strokeStyle = ctx.strokeStyle;
    lines.stroke(new Path2D("M-2 2L2 -2M-2 10L10 -2M6 10L10 6"));
    return ctx.createPattern(tile, "repeat");
  };

  const writeNumbers = (ctx, table) => { // large cells hold their own number
    const [, panels, rows, columns] = model.get("shape");
    if (panels > 1 || place.cellWidth < 33 || place.cellHeight < 18) return;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.font = "11px system-ui, sans-serif";
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const x = at(0, row, column);
        const index = colourIndex(x, model.get("low"), model.get("high"));
        if (index < 0) continue;
        ctx.fillStyle = inkOn(table[index]);
        ctx.fillText(readable(Number(x.toPrecision(2))), place.left + (column + 0.5) * place.cellWidth, place.title + (row + 0.5) * place.cellHeight, place.cellWidth - 2);
      }
    }
    ctx.font = FONT;
  };

  const writeLabels = (ctx, ink, soft) => {
    const [, panels, rows, columns] = model.get("shape");
    const { rows: rowTexts, columns: columnTexts, panels: panelTexts, numbered } = labels();
    ctx.fillStyle = ink;
    ctx.textBaseline = "middle";
    for (let panel = 0; panel < panels; panel++) {
      const [x, y] = place.corner(panel);
      ctx.textAlign = "left";
      if (panelTexts.length) ctx.fillText(shorten(panelTexts[panel], ctx, place.panelWidth), x, y - 9);
      ctx.textAlign = "right";
      const skip = Math.ceil(13 / place.cellHeight);
      if (panel % place.across === 0 && rowTexts.length)
        for (let row = 0; row < rows; row += skip)
          ctx.fillText(shorten(rowTexts[row], ctx, 120), x - 5, y + (row + 0.5) * place.cellHeight);
    }
    const bottom = place.corner(panels - 1)[1] + place.panelHeight;
    if (columnTexts.length && panels === 1) {
      const room = place.upright ? 13 : numbered ? 26 : 1;
      const skip = Math.ceil(room / place.cellWidth);
      for (let column = 0; column < columns; column += skip) {
        const x = place.left + (column + 0.5) * place.cellWidth;
        const text = shorten(columnTexts[column], ctx, 90);
        ctx.save();
        ctx.translate(x, bottom + (place.upright ? 5 : 10));
        if (place.upright) ctx.rotate(-Math.PI / 2);
        ctx.textAlign = place.upright ? "right" : "center";
        ctx.fillText(text, 0, 0);
        ctx.restore();
      }
    }
    ctx.fillStyle = soft;
    ctx.textAlign = "left";
    ctx.fillText(`${model.get("column_axis")} →`, place.left, bottom + place.below + 8);
    ctx.save();
    ctx.translate(9, place.title);
    ctx.rotate(-Math.PI / 2);
    ctx.textAlign = "right";
    ctx.fillText(`← ${model.get("row_axis")}`, 0, 0);
    ctx.restore();
  };

  const drawCursor = (ctx) => {
    const [panel, row, column] = onView();
    const [x, y] = place.corner(panel);
    frameAround(ctx, x + column * place.cellWidth, y + row * place.cellHeight, place.cellWidth, place.cellHeight);
  };

  const draw = () => {
    const shape = model.get("shape");
    title.textContent = model.get("title");
    stage.setAttribute("aria-label", `${model.get("title") || "Heat map"}. Use the arrow keys to read the cells.`);
    readout.replaceChildren(...describe());
    const empty = !(shape[1] && shape[2] && shape[3]);
    stage.hidden = empty;
    scale.element.hidden = empty;
    const width = root.clientWidth;
    if (empty || !width) return; // not laid out yet: the resize observer calls again
    const ratio = window.devicePixelRatio || 1;
    const wanted = `${width} ${ratio} ${themeName()}`;
    if (fresh !== wanted) paint(width, ratio, shape);
    fresh = wanted;
    const ctx = canvas.getContext("2d");
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, canvas.width, canvas.height);
    ctx.drawImage(base, 0, 0);
    ctx.scale(ratio, ratio);
    drawCursor(ctx);
    scale.draw(model.get("palette"), model.get("low"), model.get("high"), model.get("value_axis"));
    details.redraw();
  };

  /** Everything but the cursor, into `base`: a cursor that moves repaints nothing else. */
  const paint = (width, ratio, shape) => {
    const ctx = base.getContext("2d");
    place = arrange(ctx, width, shape, labels(), model.get("square"));
    for (const each of [canvas, base]) [each.width, each.height] = [width * ratio, place.height * ratio];
    canvas.style.width = `${width}px`;
    canvas.style.height = `${place.height}px`;
    ctx.scale(ratio, ratio);
    ctx.font = FONT;
    const { ink, soft, line } = inks(root);
    ctx.strokeStyle = line;
    const table = colourTable(model.get("palette"));
    let holes = 0;
    for (let panel = 0; panel < shape[1]; panel++) holes += paintPanel(ctx, panel, table);
    writeNumbers(ctx, table);
    writeLabels(ctx, ink, soft);
    missing.textContent = holes ? `Hatched cells are not a number (${holes}).` : "";
  };

  const details = dataTable(() => {
    const [, panels, rows, columns] = model.get("shape");
    const [panel] = cursorNow();
    const { rows: rowTexts, columns: columnTexts } = labels();
    const [shownRows, shownColumns] = [Math.min(rows, TABLE_SIDE), Math.min(columns, TABLE_SIDE)];
    const cut = shownRows < rows || shownColumns < columns ? ` The first ${shownRows} of ${rows} rows and ${shownColumns} of ${columns} columns.` : "";
    const which = panels > 1 ? ` Panel ${panel + 1} of ${panels}; move the cursor to another panel to read it.` : "";
    return {
      caption: `${model.get("value_axis")} by ${model.get("row_axis")} (down) and ${model.get("column_axis")} (across).${which}${cut}`,
      head: ["", ...Array.from({ length: shownColumns }, (_, c) => (columnTexts.length ? columnTexts[c] : String(c)))],
      rows: Array.from({ length: shownRows }, (_, r) => [
        rowTexts.length ? rowTexts[r] : String(r),
        ...Array.from({ length: shownColumns }, (_, c) => readable(at(panel, r, c))),
      ]),
    };
  });

  const moveTo = (cursor) => {
    hovered = null;
    const [, panels, rows, columns] = model.get("shape");
    const limits = [panels, rows, columns];
    model.set("cursor", cursor.map((value, i) => Math.max(0, Math.min(limits[i] - 1, value))));
    model.save_changes();
    schedule();
  };
  stage.addEventListener("keydown", (event) => {
    const [panel, row, column] = cursorNow();
    const next = {
      ArrowLeft: [panel, row, column - 1], ArrowRight: [panel, row, column + 1],
      ArrowUp: [panel, row - 1, column], ArrowDown: [panel, row + 1, column],
      Home: [panel, row, 0], End: [panel, row, Infinity],
      PageUp: [panel - 1, row, column], PageDown: [panel + 1, row, column],
    }[event.key];
    if (!next || isShortcut(event)) return;
    event.preventDefault();
    moveTo(next);
  });
  const cellUnder = (event) => {
    if (!place) return null;
    const [, panels, rows, columns] = model.get("shape");
    for (let panel = 0; panel < panels; panel++) {
      const [x, y] = place.corner(panel);
      const column = Math.floor((event.offsetX - x) / place.cellWidth);
      const row = Math.floor((event.offsetY - y) / place.cellHeight);
      if (row >= 0 && row < rows && column >= 0 && column < columns) return [panel, row, column];
    }
    return null;
  };
  const hover = (cell) => {
    if (String(cell) === String(hovered)) return;
    hovered = cell;
    schedule();
  };
  canvas.addEventListener("pointermove", (event) => hover(cellUnder(event)));
  canvas.addEventListener("pointerleave", () => hover(null));
  canvas.addEventListener("click", (event) => {
    const cell = cellUnder(event);
    if (cell) moveTo(cell);
  });

  const root = h("div", { class: "unrolled-heat-map" }, title, stage, scale.element, missing, readout, details.element);
  const read = () => { values = numbers(model.get("data"), model.get("dtype")); };
  read();
  const shown = "data shape frame low high palette row_axis column_axis row_labels column_labels panel_titles square".split(" ");
  const changed = shown.map((name) => `change:${name}`).join(" ");
  const spoil = () => { fresh = ""; };
  const forget = () => { hovered = null; }; // whoever chose a cell, or sent other cells: these are read out now
  model.on("change:data", read);
  model.on(changed, spoil);
  model.on("change:shape change:cursor", forget);
  const { schedule, cleanup } = mount({ model, el, root, draw, resize: true, traits: [...shown, "title", "value_axis", "cursor"] });
  return () => { model.off("change:data", read); model.off(changed, spoil); model.off("change:shape change:cursor", forget); cleanup(); };
}

export default { render };
