// Where everything of a HeatMap goes. Pure arithmetic, no drawing.

const GAP = 14;
const TALLEST = 420;
const LARGEST_CELL = 34;

/** The places for a canvas of `width` pixels; `ctx` measures the labels. */
function arrange(ctx, width, [, panels, rows, columns], labels, square) {
  ctx.font = FONT;
  const left = 20 + widest(ctx, labels.rows, 120) + (labels.rows.length ? 6 : 0);
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
  const columnWidth = widest(ctx, labels.columns, 90);
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
