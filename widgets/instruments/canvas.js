// What the instruments share that draw on a canvas.

const FONT = "12px system-ui, sans-serif";

/** `text`, or as much of its beginning as fits into `width` pixels, with an ellipsis. */
function shorten(text, ctx, width) {
  if (ctx.measureText(text).width <= width) return text;
  const letters = [...text];
  let [fits, tooMany] = [1, letters.length];
  while (tooMany - fits > 1) { // halving: a label of sixty letters is measured six times, not sixty
    const half = (fits + tooMany) >> 1;
    if (ctx.measureText(`${letters.slice(0, half).join("")}…`).width <= width) fits = half;
    else tooMany = half;
  }
  return `${letters.slice(0, fits).join("")}…`;
}

/** The width of the widest of `texts`, and at most `most`. */
const widest = (ctx, texts, most) => texts.reduce((width, text) => (width < most ? Math.max(width, Math.min(most, ctx.measureText(text).width)) : width), 0);

/** Give `canvas` a size in pixels of the page; return its context, cleared and scaled to the pixels of the screen. */
function brush(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  [canvas.style.width, canvas.style.height] = [`${width}px`, `${height}px`];
  const ctx = canvas.getContext("2d");
  ctx.scale(ratio, ratio);
  ctx.font = FONT;
  ctx.textBaseline = "middle";
  return ctx;
}

/** The colours of the page around `root`, by name. */
function inks(root) {
  const style = getComputedStyle(root);
  return Object.fromEntries(["ink", "soft", "line", "paper", "accent", "wrong"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/** The frame around what is chosen: dark and light, so that it is seen on every colour. */
function frameAround(ctx, x, y, width, height) {
  for (const [line, colour] of [[3, "#000000"], [1.5, "#e69f00"]]) {
    ctx.lineWidth = line;
    ctx.strokeStyle = colour;
    ctx.strokeRect(x, y, width, height);
  }
  ctx.lineWidth = 1;
}

/** A key that a browser or JupyterLab wants for itself. */
const isShortcut = (event) => event.ctrlKey || event.metaKey || event.altKey;

/** A frame with a scroll bar around a tall picture, of which only the part in sight is painted. */
function scroller(attributes, canvas, onScroll) {
  const sheet = h("div", {}, canvas);
  const element = h("div", { ...attributes, class: "unrolled-stage unrolled-scroll", onscroll: onScroll }, sheet);
  const setHeight = (height) => { sheet.style.height = `${height}px`; };
  /** Scroll as little as is needed to bring [top, bottom] into sight, below a heading of `above` pixels. */
  const reveal = (top, bottom, above = 0) => {
    if (top - above < element.scrollTop) element.scrollTop = top - above;
    else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight;
  };
  return { element, setHeight, reveal };
}
