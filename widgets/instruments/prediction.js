// Prediction: a question, a guess, and only then the answer. See prediction.py for what the traits mean.

function render({ model, el }) {
  const options = model.get("options");
  const group = newId("guess");
  const messageId = newId("message");
  const message = h("div", { class: "unrolled-message", role: "alert", id: messageId });
  const feedback = h("div", { role: "status" });
  const choices = options.map((option, i) =>
    h("label", { class: "unrolled-option" }, h("input", { type: "radio", name: group, value: String(i) }), h("span", {}, option)));
  const unit = model.get("unit");
  const field = h("input", { type: "text", inputmode: "decimal", autocomplete: "off", "aria-describedby": messageId,
    "aria-label": `Your guess${unit ? `, in ${unit}` : ", a number"}` });
  const commit = h("button", { type: "button" }, "Commit my guess");
  const again = h("button", { type: "button" }, "Guess again");
  const card = h("fieldset", {}, h("legend", {}, model.get("text")),
    ...(options.length ? choices : [h("div", { class: "unrolled-row" }, field, h("span", {}, unit))]));
  const root = h("div", { class: "unrolled-card unrolled-prediction" }, h("div", { class: "unrolled-note" }, model.get("title")),
    card, h("div", { class: "unrolled-row" }, commit, again), message, feedback);

  const send = () => {
    const chosen = root.querySelector("input[type=radio]:checked");
    model.send({ commit: options.length ? (chosen ? chosen.value : "nothing") : field.value });
  };
  commit.addEventListener("click", send);
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") send(); });
  again.addEventListener("click", () => model.send({ forget: true }));

  let before = model.get("kind");
  const draw = () => {
    const held = root.contains(document.activeElement);
    const kind = model.get("kind");
    const open = kind === "open";
    card.disabled = !open;
    commit.hidden = !open;
    again.hidden = open;
    message.textContent = model.get("message");
    const guess = model.get("guess");
    choices.forEach((label, i) => { label.firstChild.checked = open ? label.firstChild.checked : options[i] === guess; });
    if (!open && !options.length && field.value === "") field.value = unit ? guess.slice(0, -unit.length).trim() : guess;
    const sign = { right: "✓", close: "≈", wrong: "✗" }[kind]; // the word comes with the feedback
    feedback.replaceChildren(...(open ? [] : [
      h("p", { class: "unrolled-verdict", "data-kind": kind === "wrong" ? "wrong" : "right" }, `${sign} Your guess: ${guess}`),
      h("p", {}, model.get("feedback"))]));
    // What had the focus has gone: pass it on, so that the keyboard does not fall off. Never take it from elsewhere.
    if (before !== kind && held) (!open ? again : options.length ? choices[0].firstChild : field).focus();
    before = kind;
  };
  return mount({ model, el, root, draw, traits: ["kind", "guess", "feedback", "message"] }).cleanup;
}

export default { render };
