// What every instrument shares. Text of a user only ever reaches the page through `textContent`.

/** Make an element. Strings among the children become text nodes, never markup. */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const themeName = () => (document.body.dataset.jpThemeLight === "false" ? "dark" : "light");

/** A new id. Counted on the page, because every view has a copy of this module of its own. */
const IDS = Symbol.for("unrolled.ids");
const newId = (name) => `unrolled-${name}-${(globalThis[IDS] = (globalThis[IDS] ?? 0) + 1)}`;

/** JupyterLab's shortcuts (one letter can delete a cell) must not see keys meant for `root`; Tab and combinations pass. */
function keepKeys(root) {
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" && !event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
  });
}

/**
 * Put an instrument into the page and keep it drawn.
 *
 * `draw` runs once for all traits that a message changed, at once, so that the picture is ready for the next frame;
 * further messages within the same frame wait for that frame. After it `data-painted` on the root counts up, so that a
 * test or a stopwatch can see the new picture.
 * Returns `schedule` (asks for a drawing) and `cleanup` (for anywidget).
 */
function mount({ model, el, root, traits, draw, resize = false }) {
  let waiting = false;
  let gone = false;
  let painted = 0;
  let lastStart = -Infinity;
  let retries = 0;
  const run = () => {
    waiting = false;
    if (gone) return;
    lastStart = performance.now();
    // While JupyterLab swaps its theme everything has no width for a moment, and no resize is reported
    // when it comes back. A view that is hidden for long hears from the resize observer.
    retries = resize && root.isConnected && !root.clientWidth ? retries + 1 : 0;
    if (retries && retries <= 10) setTimeout(schedule, 50);
    root.dataset.theme = themeName();
    draw();
    root.dataset.painted = ++painted;
  };
  const schedule = () => {
    if (waiting) return;
    waiting = true;
    if (performance.now() - lastStart > 16) queueMicrotask(run);
    else requestAnimationFrame(run);
  };
  const events = traits.map((name) => `change:${name}`).join(" ");
  model.on(events, schedule);
  const theme = new MutationObserver(schedule);
  theme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  let width = 0;
  const size = new ResizeObserver(([entry]) => {
    if (Math.abs(entry.contentRect.width - width) < 1) return;
    width = entry.contentRect.width;
    schedule();
  });
  if (resize) size.observe(root);
  root.classList.add("unrolled");
  keepKeys(root);
  root.append(h("p", { class: "unrolled-dead", role: "status" },
    "The kernel has stopped, so this view no longer answers. Run this cell again."));
  // Several views may follow one control. They would all speak at once: only the one that has the focus does.
  const readout = root.querySelector(".unrolled-readout");
  const speak = (level) => readout?.setAttribute("aria-live", level);
  root.addEventListener("focusin", () => speak("polite"));
  root.addEventListener("focusout", () => speak("off"));
  speak("off");
  el.append(root);
  run();
  const cleanup = () => {
    gone = true;
    model.off(events, schedule);
    theme.disconnect();
    size.disconnect();
  };
  return { schedule, cleanup };
}

/** The numbers behind a binary trait. A copy, because a message's buffer need not be aligned. */
function numbers(view, dtype = "float32") {
  if (!view || !view.byteLength) return new Float32Array(0);
  const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  return dtype === "uint8" ? new Uint8Array(bytes) : new Float32Array(bytes);
}

/** A number as a reader wants it: four digits, a real minus sign, words for what is no number. */
function readable(x) {
  if (x === undefined) return "nothing";
  if (Number.isNaN(x)) return "not a number";
  if (!Number.isFinite(x)) return x > 0 ? "infinity" : "minus infinity";
  const size = Math.abs(x);
  let text;
  if (size !== 0 && (size >= 1e6 || size < 1e-3)) {
    const [digits, power] = x.toExponential(2).split("e");
    text = `${digits} × 10^${Number(power)}`;
  } else text = String(Number(x.toPrecision(4)));
  return text.replaceAll("-", "−");
}

const channels = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

/** A scale of 256 colours as [[r, g, b], …] for the theme of the moment. */
const tables = {};
function colourTable(palette) {
  const key = `${themeName()} ${palette}`;
  if (tables[key]) return tables[key];
  const anchors = PALETTE[themeName()][palette].map(channels);
  const last = anchors.length - 1;
  return (tables[key] = Array.from({ length: 256 }, (_, i) => {
    const at = (i / 255) * last;
    const left = Math.min(Math.floor(at), last - 1);
    return [0, 1, 2].map((c) => Math.round(anchors[left][c] + (at - left) * (anchors[left + 1][c] - anchors[left][c])));
  }));
}

/** Where `x` lies on the scale, as an index from 0 to 255; −1 for what is no number. */
function colourIndex(x, low, high) {
  if (Number.isNaN(x)) return -1;
  return Math.max(0, Math.min(255, Math.round(((x - low) / (high - low)) * 255)));
}

/** Black or white, whichever reads better on [r, g, b] (relative luminance of WCAG 2). */
function inkOn([r, g, b]) {
  const linear = [r, g, b].map((c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.179 ? "#000000" : "#ffffff";
}

/** The colour scale with its two ends in words, as elements that follow the theme when redrawn. */
function legend() {
  const low = h("span");
  const bar = h("span", { class: "unrolled-scale", "aria-hidden": "true" });
  const high = h("span");
  const name = h("span", { class: "unrolled-scale-name" });
  const element = h("div", { class: "unrolled-legend" }, name, low, bar, high);
  const draw = (palette, lowest, highest, what) => {
    name.textContent = what;
    low.textContent = readable(lowest);
    high.textContent = readable(highest);
    bar.style.background = `linear-gradient(to right, ${PALETTE[themeName()][palette].join(",")})`;
  };
  return { element, draw };
}

/**
 * A data table one click away. `build` returns {caption, head: [...], rows: [[...], ...]} and is only
 * called while the table is open, so that a closed one costs nothing.
 */
function dataTable(build) {
  const place = h("div", { class: "unrolled-table", tabindex: "0", role: "region", "aria-label": "Data table" });
  const details = h("details", { class: "unrolled-details" }, h("summary", {}, "Data table"), place);
  const redraw = () => {
    place.replaceChildren();
    if (!details.open) return;
    const { caption, head, rows } = build();
    place.append(!rows.length ? "There is nothing to show yet." : h("table", {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, ...head.map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, ...rows.map(([first, ...rest]) =>
        h("tr", {}, h("th", { scope: "row" }, first), ...rest.map((text) => h("td", {}, text)))))));
  };
  details.addEventListener("toggle", redraw);
  return { element: details, redraw };
}
