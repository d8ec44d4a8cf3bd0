// HeatMap: panels of coloured cells on one canvas. See heat_map.py for what the traits mean.

const FONT = "12px system-ui, sans-serif";
const GAP = 14;
const TALLEST = 420;
const LARGEST_CELL = 34;
const TABLE_SIDE = 64; // rows and columns of the data table; more would only be slow

const shorten = (text, ctx, width) => {
  if (ctx.measureText(text).width <= width) return text;
  let kept = [...text];
  while (kept.length > 1 && ctx.measureText(`${kept.join("")}…`).width > width) kept.pop();
  return `${kept.join("")}…`;
};

/** Where everything goes, for a canvas of `width` pixels. Pure arithmetic, no drawing. */
function arrange(ctx, width, [, panels, rows, columns], labels, square) {
  ctx.font = FONT;
  const widest = (texts, most) => Math.min(most, Math.max(0, ...texts.map((text) => ctx.measureText(text).width)));
  const left = 20 + widest(labels.rows, 120) + (labels.rows.length ? 6 : 0);
  const roomy = Math.max(60, width - left - 2);
  const smallest = columns > 40 ? 76 : 140;
  let across = Math.max(1, Math.min(panels, Math.floor((roomy + GAP) / (smallest + GAP))));
  across = Math.ceil(panels / Math.ceil(panels / across)); // rows of panels of equal length
  const down = Math.ceil(panels / across);
  let cellWidth = ((roomy - GAP * (across - 1)) / across) / columns;
  let cellHeight = Math.min(LARGEST_CELL, (panels > 1 ? 2 : 1) * TALLEST / down / rows);
  if (square) {
    cellWidth = Math.min(cellWidth, LARGEST_CELL, TALLEST / rows);
    cellHeight = cellWidth;
  } else if (panels === 1) cellWidth = Math.min(cellWidth, 60);
  const columnWidth = widest(labels.columns, 90);
  const upright = !labels.numbered && columnWidth > cellWidth - 3;
  const title = labels.panels.length ? 18 : 4;
  const below = labels.columns.length && panels === 1 ? (upright ? columnWidth : 14) + 6 : 4;
  const panelWidth = cellWidth * columns;
  const panelHeight = cellHeight * rows;
  const corner = (panel) => [
    left + (panel % across) * (panelWidth + GAP),
    title + Math.floor(panel / across) * (panelHeight + title + 6),
  ];
  const height = down * (panelHeight + title + 6) - 6 + below + 18;
  return { left, across, cellWidth, cellHeight, panelWidth, panelHeight, corner, height, upright, title, below };
}

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
  const nameOf = (axis, texts, i) => `${model.get(axis)} ${texts.length ? texts[i] : i}`;

  const describe = () => {
    const [, panels, rows, columns] = model.get("shape");
    if (!rows || !columns) return "There is nothing to show yet.";
    const [panel, row, column] = cursorNow();
    const { rows: rowTexts, columns: columnTexts, panels: panelTexts } = labels();
    const where = panels > 1 ? `${panelTexts.length ? panelTexts[panel] : `panel ${panel + 1}`}, ` : "";
    return `${where}${nameOf("row_axis", rowTexts, row)}, ${nameOf("column_axis", columnTexts, column)}: ` +
      `${model.get("value_axis")} ${readable(at(panel, row, column))}`;
  };

  const paintPanel = (ctx, panel, table) => {
    const [frames, panels, rows, columns] = model.get("shape");
    const bytes = model.get("dtype") === "uint8";
    const [low, high] = bytes ? [0, 255] : [model.get("low"), model.get("high")];
    const first = (Math.max(0, Math.min(frames - 1, model.get("frame"))) * panels + panel) * rows * columns;
    const pixels = ctx.createImageData(columns, rows);
    const holes = [];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const index = colourIndex(values[first + row * columns + column], low, high);
        if (index < 0) { holes.push([row, column]); continue; }
        const to = (row * columns + column) * 4;
        [pixels.data[to], pixels.data[to + 1], pixels.data[to + 2]] = table[index];
        pixels.data[to + 3] = 255;
      }
    }
    picture.width = columns;
    picture.height = rows;
    picture.getContext("2d").putImageData(pixels, 0, 0);
    const [x, y] = place.corner(panel);
    ctx.imageSmoothingEnabled = place.cellWidth < 1 || place.cellHeight < 1;
    ctx.drawImage(picture, x, y, place.panelWidth, place.panelHeight);
    ctx.strokeRect(x - 0.5, y - 0.5, place.panelWidth + 1, place.panelHeight + 1);
    for (const [row, column] of holes) { // hatched: not a number
      const [hx, hy] = [x + column * place.cellWidth, y + row * place.cellHeight];
      ctx.stroke(new Path2D(`M${hx} ${hy + place.cellHeight}l${place.cellWidth} ${-place.cellHeight}`));
      ctx.strokeRect(hx, hy, place.cellWidth, place.cellHeight);
    }
    return holes.length;
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
    const [panel, row, column] = cursorNow();
    const [x, y] = place.corner(panel);
    const box = [x + column * place.cellWidth, y + row * place.cellHeight, place.cellWidth, place.cellHeight];
    ctx.lineWidth = 3;
    ctx.strokeStyle = "#000000";
    ctx.strokeRect(...box);
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = "#e69f00";
    ctx.strokeRect(...box);
    ctx.lineWidth = 1;
  };

  const draw = () => {
    const shape = model.get("shape");
    title.textContent = model.get("title");
    stage.setAttribute("aria-label", `${model.get("title") || "Heat map"}. Use the arrow keys to read the cells.`);
    readout.textContent = describe();
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
    const style = getComputedStyle(root);
    const [ink, soft, line] = ["--ink", "--soft", "--line"].map((name) => style.getPropertyValue(name).trim());
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
    const [, panels, rows, columns] = model.get("shape");
    const limits = [panels, rows, columns];
    model.set("cursor", cursor.map((value, i) => Math.max(0, Math.min(limits[i] - 1, value))));
    model.save_changes();
  };
  stage.addEventListener("keydown", (event) => {
    const [panel, row, column] = cursorNow();
    const next = {
      ArrowLeft: [panel, row, column - 1], ArrowRight: [panel, row, column + 1],
      ArrowUp: [panel, row - 1, column], ArrowDown: [panel, row + 1, column],
      Home: [panel, row, 0], End: [panel, row, Infinity],
      PageUp: [panel - 1, row, column], PageDown: [panel + 1, row, column],
    }[event.key];
    if (!next || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    moveTo(next);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!place) return;
    const [, panels, rows, columns] = model.get("shape");
    for (let panel = 0; panel < panels; panel++) {
      const [x, y] = place.corner(panel);
      const column = Math.floor((event.offsetX - x) / place.cellWidth);
      const row = Math.floor((event.offsetY - y) / place.cellHeight);
      const [p, r, c] = cursorNow();
      if (row < 0 || row >= rows || column < 0 || column >= columns || (p === panel && r === row && c === column)) continue;
      moveTo([panel, row, column]);
    }
  });

  const root = h("div", { class: "unrolled-heat-map" }, title, stage, scale.element, missing, readout, details.element);
  const read = () => { values = numbers(model.get("data"), model.get("dtype")); };
  read();
  const shown = "data shape frame low high palette row_axis column_axis row_labels column_labels panel_titles square".split(" ");
  const changed = shown.map((name) => `change:${name}`).join(" ");
  const spoil = () => { fresh = ""; };
  model.on("change:data", read);
  model.on(changed, spoil);
  const { cleanup } = mount({ model, el, root, draw, resize: true, traits: [...shown, "title", "value_axis", "cursor"] });
  return () => { model.off("change:data", read); model.off(changed, spoil); cleanup(); };
}

export default { render };
