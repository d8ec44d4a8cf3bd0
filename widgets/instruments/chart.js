// Chart: a plotly figure in the colours of the theme. See chart.py for what the traits mean.

/** plotly.js, once per page: the first chart asks its kernel for it, all others wait for the same promise. */
const SHARED = Symbol.for("unrolled.plotly");
function plotly(model) {
  globalThis[SHARED] ??= new Promise((resolve, reject) => {
    const receive = async (message, buffers) => {
      if (!message.plotly) return;
      model.off("msg:custom", receive);
      try {
        const packed = new Blob([buffers[0]]).stream().pipeThrough(new DecompressionStream("gzip"));
        const code = await new Response(packed).text();
        // As a module of its own, so that nothing else on the page sees or disturbs it.
        const parts = ["const module = { exports: {} }; const exports = module.exports; const define = undefined;\n(function () {\n",
          code, "\n}).call(globalThis);\nexport default module.exports;"];
        const address = URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));
        resolve((await import(/* webpackIgnore: true */ address)).default);
        URL.revokeObjectURL(address);
      } catch (error) {
        globalThis[SHARED] = undefined;
        reject(error);
      }
    };
    model.on("msg:custom", receive);
    model.send({ need: "plotly" });
  });
  return globalThis[SHARED];
}

/** Turn packed arrays back into typed arrays; two axes into a list of rows. */
function unpack(value) {
  if (Array.isArray(value)) return value.map(unpack);
  if (!value || typeof value !== "object" || value instanceof DataView) return value;
  if (value.buffer && value.dtype) {
    const { buffer: view } = value;
    const flat = new Float64Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
    const [rows, columns] = value.shape;
    return columns === undefined ? flat : Array.from({ length: rows }, (_, r) => flat.subarray(r * columns, (r + 1) * columns));
  }
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, unpack(part)]));
}

/** A trace whose texts plotly shows as they are: it would read tags and entities in them. */
function plain(part) {
  if (typeof part === "string") return part.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return Array.isArray(part) ? part.map(plain) : part;
}
const plainTrace = (trace) => Object.fromEntries(Object.entries(trace).map(([name, part]) => [name, plain(part)]));

/** What the figure leaves open, in the colours and type of the page. */
function themed(layout, root, height, width) {
  const style = getComputedStyle(root);
  const [ink, line] = ["--ink", "--line"].map((name) => style.getPropertyValue(name).trim());
  const axis = { gridcolor: line, linecolor: line, zerolinecolor: line, showline: true, exponentformat: "power" };
  const titled = (given = {}) => ({ ...axis, ...given, title: { standoff: 8, ...(typeof given.title === "string" ? { text: given.title } : given.title) } });
  const axes = Object.fromEntries(Object.keys({ xaxis: 0, yaxis: 0, ...layout }).filter((name) => /^[xy]axis\d*$/.test(name))
    .map((name) => [name, titled(layout[name])]));
  return {
    margin: { l: 76, r: 16, t: layout.title ? 36 : 28, b: 50 }, hovermode: "closest",
    legend: { orientation: "h", x: 0, xanchor: "left", y: 1.02, yanchor: "bottom" }, dragmode: false, ...layout, ...axes, template: undefined,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: ink, size: 13, family: "system-ui, sans-serif" },
    colorway: PALETTE[themeName()].categorical, height, width, uirevision: "keep",
  };
}

function render({ model, el }) {
  const title = h("h4", { class: "unrolled-title" });
  const plot = h("div", { class: "unrolled-plot" });
  const readoutId = newId("readout");
  const readout = h("div", { class: "unrolled-readout", id: readoutId, role: "status" });
  const stage = h("div", { class: "unrolled-stage", tabindex: "0", role: "application", "aria-roledescription": "chart", "aria-describedby": readoutId }, plot);
  let figure = { data: [], layout: {} };
  let library = null;
  let cursor = [0, -1];
  let layout = {};
  let layoutOf = ""; // what `layout` was made from: a layout that stays the same object costs plotly no comparison

  const read = () => { figure = { data: [], layout: {}, ...unpack(model.get("figure")) }; };
  const nameOf = (trace) => figure.data[trace].name || `line ${trace + 1}`;
  const axisName = (axis) => figure.layout[axis]?.title?.text || axis[0];
  const length = (trace) => figure.data[trace]?.y?.length ?? 0;
  const xOf = (trace, point) => figure.data[trace].x?.[point] ?? point;
  const words = (value) => (typeof value === "number" ? readable(value) : String(value));
  const written = (trace, point) => { // what is written at a point of the picture, if anything is
    const { mode, text } = figure.data[trace];
    return mode?.includes("text") && text?.[point] ? `: ${text[point]}` : "";
  };

  const describe = () => {
    const [trace, point] = cursor;
    if (point < 0 || point >= length(trace)) return model.get("summary") || "Use the arrow keys to read the points.";
    return `${nameOf(trace)}: ${axisName("xaxis")} ${words(xOf(trace, point))}, ${axisName("yaxis")} ${words(figure.data[trace].y[point])}${written(trace, point)}`;
  };
  const draw = () => {
    const width = root.clientWidth; // read before anything is written, or the page is laid out twice
    const height = model.get("height");
    const asked = JSON.stringify([figure.layout, themeName(), height, width]);
    if (library && width) { // without a width it is not laid out yet: the resize observer calls again
      if (asked !== layoutOf) [layout, layoutOf] = [themed(figure.layout, root, height, width), asked];
      library.react(plot, figure.data.map(plainTrace), layout, { displayModeBar: false, responsive: false });
    }
    title.textContent = model.get("title");
    title.hidden = !model.get("title");
    stage.setAttribute("aria-label", `${model.get("title") || "Chart"}. ${model.get("summary")} Use the arrow keys to read the points.`);
    readout.textContent = describe();
    details.redraw();
    plot.style.minHeight = `${height}px`;
  };
  const details = dataTable(() => {
    const traces = figure.data.filter((trace) => trace.y?.length);
    const points = Math.min(500, Math.max(0, ...traces.map((trace) => trace.y.length)));
    const shared = traces.every((trace) => words([...(trace.x ?? [])]) === words([...(traces[0]?.x ?? [])]));
    return {
      caption: `${axisName("yaxis")} by ${axisName("xaxis")}${points === 500 ? ", the first 500 points" : ""}`,
      head: ["", ...traces.flatMap((trace, i) => [...(shared && i ? [] : [axisName("xaxis")]), trace.name || `line ${i + 1}`])],
      rows: Array.from({ length: points }, (_, p) => [String(p + 1), ...traces.flatMap((trace, i) => [
        ...(shared && i ? [] : [p < trace.y.length ? words(trace.x?.[p] ?? p) : ""]), p < trace.y.length ? words(trace.y[p]) + written(figure.data.indexOf(trace), p) : ""])]),
    };
  });
  stage.addEventListener("keydown", (event) => {
    if (!figure.data.length || event.ctrlKey || event.metaKey || event.altKey) return;
    let [trace, point] = cursor;
    const traces = figure.data.length;
    if (event.key === "ArrowRight") point += 1;
    else if (event.key === "ArrowLeft") point -= 1;
    else if (event.key === "Home") point = 0;
    else if (event.key === "End") point = Infinity;
    else if (event.key === "ArrowDown") trace = (trace + 1) % traces;
    else if (event.key === "ArrowUp") trace = (trace + traces - 1) % traces;
    else return;
    event.preventDefault();
    if (!length(trace)) trace = figure.data.findIndex((_, i) => length(i)); // skip a line without points
    if (trace < 0) return;
    cursor = [trace, Math.max(0, Math.min(length(trace) - 1, point))];
    readout.textContent = describe();
    if (library && figure.data[trace].visible !== "legendonly") library.Fx.hover(plot, [{ curveNumber: trace, pointNumber: cursor[1] }]);
  });

  const root = h("div", { class: "unrolled-chart" }, title, stage, readout, details.element);
  read();
  model.on("change:figure", read);
  const { schedule, cleanup } = mount({ model, el, root, draw, resize: true, traits: ["figure", "height", "summary", "title"] });
  readout.textContent = "Drawing the chart…";
  plotly(model).then(
    (loaded) => { library = loaded; schedule(); },
    (error) => { readout.textContent = `This chart could not be drawn: ${error.message}. Run this cell again.`; });
  return () => { model.off("change:figure", read); cleanup(); library?.purge(plot); };
}

export default { render };
