"""Writing with a decoder: stops, cuts, draws, and nothing that has to be taken back."""

import pytest
import torch

from lessons.gpt.decoding import GREEDY, Decoding
from lessons.gpt.generate import Generated, Text, generate, prompt_ids, stream
from tests.attention.tiny import decoder

DRAWN = Decoding(1.0, top_k=40, top_p=0.95)
PROMPTS = ["The wolf", "", "Once upon a time there was a", "Mother, mother"]


@pytest.fixture(scope="module")
def model():
    return decoder()


class Script(torch.nn.Module):
    """A decoder that writes what it was told to, whatever it reads: tokens, one after the other."""

    def __init__(self, tokens):
        super().__init__()
        real = decoder()
        self.config, self.tokenizer, self.tokens = real.config, real.tokenizer, tokens
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.steps = 0

    def hidden(self, ids, mask=None, cache=None, padding=None):
        self.steps += 1
        return torch.zeros(*ids.shape, 1)

    def unembed(self, x):
        logits = torch.zeros(x.shape[0], self.config.vocab)
        logits[:, self.tokens[self.steps - 1]] = 5.0
        return logits


def script(text, special=False):
    """A model that writes `text`, without the space that this tokenizer puts in front."""
    tokenizer = decoder().tokenizer
    return Script(tokenizer.encode(text, special=special).ids)


def literal(model, prompt, tokens, stop=()):
    """Greedy decoding written out: the whole text is read again for every token."""
    ids, found = prompt_ids(model, prompt)[0], []
    for _ in range(tokens):
        found.append(int(model(torch.tensor([ids + found]))[0, -1].argmax()))
        if found[-1] in model.tokenizer.signs or len(ids) + len(found) == model.config.context:
            break
    return found


@torch.no_grad()
def test_greedy_texts_are_those_of_reading_everything_again(model):
    for prompt, found in zip(PROMPTS, generate(model, PROMPTS, 12), strict=True):
        assert found.ids == literal(model, prompt, 12)
        (*_, last) = stream(model, prompt, 12)
        assert (last.text, last.ended) == (found.text, found.ended)


@pytest.mark.parametrize("decoding", [GREEDY, DRAWN], ids=["greedy", "drawn"])
def test_a_stream_is_one_row_of_a_batch(model, decoding):
    steps = list(stream(model, PROMPTS[0], 12, decoding, seed=3))
    alone = generate(model, PROMPTS[:1], 12, decoding, seed=3)[0]
    assert alone == Generated(steps[-1].text, [step.id for step in steps], steps[-1].ended)
    assert all(step.ended == "" for step in steps[:-1])
    assert all(later.text.startswith(step.text) for step, later in zip(steps, steps[1:], strict=False))
    if decoding is GREEDY:
        assert {step.probability for step in steps} == {1.0}
    else:
        assert all(0 < step.probability <= 1 for step in steps) and steps[0].probability < 1


def test_the_seed_decides(model):
    texts = [generate(model, [PROMPTS[0]] * 3, 10, DRAWN, seed=seed) for seed in (0, 0, 1)]
    assert texts[0] == texts[1] != texts[2]
    assert len({tuple(found.ids) for found in texts[0]}) == 3  # the same prompt, other draws


def test_draws_do_not_depend_on_who_has_ended(model):
    """A text that ends early leaves the others as they were."""
    free = generate(model, PROMPTS, 10, DRAWN, seed=5)
    word = free[0].text[3:5]
    stopped = generate(model, PROMPTS, 10, DRAWN, stop=[word], seed=5)
    assert stopped[0].ended == "stop" and len(stopped[0].ids) < 10
    same = [row for row in range(1, 4) if word not in free[row].text]
    assert same and all(stopped[row] == free[row] for row in same)


def test_it_ends_at_a_stop_string_in_the_middle_of_tokens():
    text = "The wolf knocked at the door"
    (found,) = generate(script(text), ["x"], 30, stop=["cked a", "door"])
    assert (found.text, found.ended) == (" The wolf kno", "stop")
    assert decoder().tokenizer.decode(found.ids).startswith(" The wolf knocked a")


def test_the_first_of_two_stop_strings_counts():
    (found,) = generate(script("one two three"), ["x"], 30, stop=["three", "wo t", " two"])
    assert found.text == " one"
    model = script("a wolf")
    assert model.tokenizer.token(model.tokens[-1]) == "lf"  # both stop strings come with the last token
    (found,) = generate(model, ["x"], 30, stop=["f", "lf"])
    assert found.text == " a wo"


def test_what_may_become_a_stop_string_waits():
    model = script("a knocker, a knock at the door")
    seen = [step.text for step in stream(model, "x", 30, stop=["knock at"])]
    assert seen[-1] == " a knocker, a "
    assert all(seen[-1].startswith(text) for text in seen)  # nothing was taken back
    assert " a knocker" in "".join(seen)  # what only looked like it was shown


def test_what_waited_is_shown_when_nothing_follows():
    model = script("a kno")
    steps = list(stream(model, "x", len(model.tokens), stop=["knock at"]))
    assert steps[-2].text == " a " or steps[-2].text == " a"
    assert (steps[-1].text, steps[-1].ended) == (" a kno", "length")


def test_a_part_of_a_character_waits_and_is_left_out_at_the_end():
    model = script("ab🐺cd")
    steps = list(stream(model, "x", len(model.tokens)))
    assert len(steps) > 4 and not any("\ufffd" in step.text for step in steps)
    assert [step.text for step in steps].count(" ab") >= 3 and steps[-1].text == " ab🐺cd"
    places = [place for place, step in enumerate(steps) if step.text == " ab"]
    (cut,) = generate(model_again(model), ["x"], places[-1] + 1)
    assert (cut.text, cut.ended) == (" ab", "length") and len(cut.ids) == places[-1] + 1


def model_again(model):
    return Script(model.tokens)


def test_a_sign_ends_a_text_and_is_no_part_of_it():
    tokens = decoder().tokenizer.encode("a wolf", special=False).ids
    (found,) = generate(Script([*tokens, 0, *tokens]), ["x"], 30)
    assert (found.text, found.ended, found.ids) == (" a wolf", "end", [*tokens, 0])


def test_it_ends_where_the_context_is_full(model):
    room = model.config.context - len(prompt_ids(model, PROMPTS[0])[0])
    found = generate(model, [PROMPTS[0], ""], 100)
    assert (found[0].ended, len(found[0].ids)) == ("context", room)
    assert (found[1].ended, len(found[1].ids)) == ("context", model.config.context - 1)
    assert found[1].ids == literal(model, "", 100)


def test_a_prompt_that_is_too_long_is_cut_in_front(model):
    long = "The wolf knocked at the door. " * 20
    ids, said = prompt_ids(model, long)
    whole = model.tokenizer.encode(long).ids
    assert ids == whole[-39:]
    assert said == (
        f"The prompt has {len(whole)} tokens and the model has room for 39: the first {len(whole) - 39} were left out."
    )
    assert generate(model, [long], 5)[0].ended == "context" and len(generate(model, [long], 5)[0].ids) == 1
    assert len(prompt_ids(model, long, 7)[0]) == 33
    assert prompt_ids(model, "The wolf")[1] == ""


def test_nothing_is_computed_before_and_after(model, monkeypatch):
    calls = []
    hidden = model.hidden
    monkeypatch.setattr(model, "hidden", lambda *a, **k: calls.append(a[0].shape[1]) or hidden(*a, **k))
    steps = stream(model, PROMPTS[0], 30)
    assert calls == []
    next(steps), next(steps)
    steps.close()
    assert len(calls) == 2 and calls[1] == 1 < calls[0]  # the prompt once, and then a token
    assert list(steps) == []


@pytest.mark.parametrize("training", [True, False])
def test_the_model_is_left_as_it_was(training):
    model = decoder().train(training)
    steps = stream(model, PROMPTS[0], 5)
    next(steps)
    assert model.training is training and torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
    before = torch.random.get_rng_state()
    generate(model, PROMPTS, 5, DRAWN)
    assert torch.equal(before, torch.random.get_rng_state())
    model(torch.tensor([[1, 2, 3]])).sum().backward()  # what was kept of the positions can be trained with


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda m: stream(m, "x", 0), "1 token or more to write, not 0"),
    (lambda m: generate(m, ["x"], -1), "1 token or more to write, not -1"),
    (lambda m: stream(m, "x", stop="ab"), r"Stop strings come as a list: \['ab'\]"),
    (lambda m: generate(m, ["x"], stop=["a", ""]), "An empty stop string would stop every text at once"),
    (lambda m: prompt_ids(m, "x", 40), "reads 40 tokens, so it cannot write 40 behind a prompt"),
])  # fmt: skip
def test_wishes_that_cannot_be(model, call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(model)


def test_an_empty_prompt_needs_a_start_sign(model, monkeypatch):
    assert prompt_ids(model, "") == ([0], "")
    encode = model.tokenizer.encode
    monkeypatch.setattr(model.tokenizer, "encode", lambda text: encode(text, special=False))
    with pytest.raises(ValueError, match="The prompt is empty, and this model has no start sign"):
        next(stream(model, "", 3))


def test_no_prompts_give_no_texts(model):
    assert generate(model, []) == []


def test_a_text_ends_once():
    text = Text(decoder())
    text.end("length")
    text.end("context")
    assert text.ended == "length"
