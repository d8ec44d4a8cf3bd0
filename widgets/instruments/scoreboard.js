// Scoreboard: the table of committed guesses. See prediction.py.

const SIGN = { right: "✓ right", close: "≈ close", wrong: "✗ not this time" };

function render({ model, el }) {
  const title = h("h4", { class: "unrolled-title" });
  const message = h("p");
  const place = h("div", { class: "unrolled-table", tabindex: "0", role: "region", "aria-label": "Your predictions" });
  const draw = () => {
    title.textContent = model.get("title");
    message.textContent = model.get("message");
    const rows = model.get("rows");
    place.hidden = !rows.length;
    place.replaceChildren(h("table", {},
      h("caption", {}, "Question, your guess, result"),
      h("thead", {}, h("tr", {}, ...["question", "your guess", "result"].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, ...rows.map(([text, guess, kind]) => h("tr", {}, h("th", { scope: "row", title: text }, text), h("td", {}, guess), h("td", {}, SIGN[kind]))))));
  };
  const root = h("div", { class: "unrolled-card unrolled-scoreboard" }, title, message, place);
  return mount({ model, el, root, draw, traits: ["title", "message", "rows"] }).cleanup;
}

export default { render };
