// Bars: a table whose middle column is drawn. See bars.py for what the traits mean.

function render({ model, el }) {
  const title = h("h4", { class: "unrolled-title", id: newId("title") });
  const key = h("div", { class: "unrolled-note" });
  const body = h("tbody");
  const labelHead = h("th", { scope: "col" });
  const valueHead = h("th", { scope: "col", colspan: "2" });
  const table = h("table", { class: "unrolled-bars", "aria-labelledby": title.id },
    h("thead", {}, h("tr", {}, labelHead, valueHead)), body);
  let shown = "";

  const draw = () => {
    const [labels, series, low, high] = ["labels", "series", "low", "high"].map((name) => model.get(name));
    const values = numbers(model.get("data"));
    const colours = PALETTE[themeName()].categorical;
    const several = Math.max(1, series.length);
    title.textContent = model.get("title") || "Bars";
    labelHead.textContent = model.get("label_axis") || "label";
    valueHead.textContent = model.get("value_axis");
    key.replaceChildren(...series.flatMap((name, s) => {
      const swatch = h("span", { class: "unrolled-key", "aria-hidden": "true" });
      swatch.style.background = colours[s % colours.length];
      return [swatch, h("bdi", {}, name)];
    }));
    const wanted = JSON.stringify([labels, series]);
    if (wanted !== shown) {
      shown = wanted;
      body.replaceChildren(...labels.flatMap((label, i) => Array.from({ length: several }, (_, s) => h("tr", {},
        s === 0 ? h("th", { scope: "row", rowspan: several, title: label }, label) : "",
        h("td", { class: "bar" }, h("div", { class: "unrolled-track", "aria-hidden": "true" }, h("div", { class: "unrolled-bar" }), h("div", { class: "unrolled-zero" }))),
        h("td", { class: "number" })))));
    }
    const position = (x) => Math.max(0, Math.min(100, ((x - low) / (high - low)) * 100));
    const from = position(Math.max(low, Math.min(high, 0)));
    [...body.rows].forEach((row, i) => {
      const [bar, number] = [row.querySelector(".unrolled-bar"), row.lastElementChild];
      const value = values[(i % several) * labels.length + Math.floor(i / several)];
      const to = Number.isNaN(value) ? from : position(value);
      row.querySelector(".unrolled-zero").style.left = `${from}%`;
      bar.style.left = `${Math.min(from, to)}%`;
      bar.style.width = `${Math.abs(to - from)}%`;
      bar.style.background = colours[(i % several) % colours.length];
      number.textContent = series.length ? `${readable(value)} (${series[i % several]})` : readable(value);
    });
    empty.hidden = labels.length > 0;
    table.hidden = !labels.length;
  };
  const empty = h("p", { class: "unrolled-note" }, "There is nothing to show yet.");
  const root = h("div", { class: "unrolled-bars-view" }, title, key, table, empty);
  return mount({ model, el, root, draw, traits: ["labels", "series", "data", "low", "high", "label_axis", "value_axis", "title"] }).cleanup;
}

export default { render };
