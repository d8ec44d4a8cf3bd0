"""Few-shot prompts, and the score of an answer without generating it."""

import dataclasses

import pytest
import torch
from torch import nn

from lessons.core.seed import seeded
from lessons.gpt import few_shot
from lessons.gpt.few_shot import (
    Score,
    answer_scores,
    contradicted,
    curve,
    few_shot_prompt,
    line_ends,
    point,
    questions,
)
from lessons.gpt.generate import generate
from lessons.gpt.llama import Llama, LlamaConfig
from lessons.text.pieces import byte_pairs
from lessons.text.word_tasks import TASKS, Task
from tests.real_weights import needs_real

LABELS = ("Word:", "Opposite:")
TASK = TASKS["opposites"]
SMALL = Task("small", "Small", "Do it.", "In:", "Out:", (("a", "b"), ("c", "d")), (("e", "f"), ("g", "hi")))


def decoder(context: int = 400) -> Llama:
    """A random model that reads bytes and knows a few words."""
    text = "\n\n".join(few_shot_prompt(LABELS, TASK.pool, "hot") for _ in range(3)) + "\n"
    tokenizer = byte_pairs(text, 330)
    with seeded(1):
        model = Llama(LlamaConfig(len(tokenizer), 12, 2, 2, 1, 4, 10, context))
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(20 if weight.dim() > 1 else 1)
    model.tokenizer = tokenizer
    return model.eval()


@pytest.fixture(scope="module")
def model() -> Llama:
    return decoder()


def by_hand(model: Llama, prompt: str, answer: str) -> Score:
    """One answer, one token after the other, without a batch."""
    ends = line_ends(model.tokenizer)
    ids, probability, right = model.tokenizer.encode(prompt).ids, 1.0, True
    for token in model.tokenizer.encode(" " + answer, special=False).ids:
        chances = model(torch.tensor([ids]))[0, -1].softmax(dim=-1)
        probability *= chances[token].item()
        right &= int(chances.argmax()) == token
        ids = [*ids, token]
    chances = model(torch.tensor([ids]))[0, -1].softmax(dim=-1)
    return Score(probability * chances[ends].sum().item(), right and bool(ends[chances.argmax()]))


def test_a_prompt_reads_as_the_slides_have_it():
    assert few_shot_prompt(LABELS, [("hot", "cold"), ("big", "small")], "fast") == (
        "Word: hot\nOpposite: cold\n\nWord: big\nOpposite: small\n\nWord: fast\nOpposite:"
    )
    assert few_shot_prompt(LABELS, [], "fast", "Write the opposite.") == (
        "Write the opposite.\n\nWord: fast\nOpposite:"
    )
    assert few_shot_prompt(LABELS, [], "fast") == "Word: fast\nOpposite:"


def test_whatever_is_typed_each_question_stays_one_line():
    assert few_shot_prompt((" In: ", "Out:"), [("a\nb ", "\tc\r\nd")], " e\n\nf ", " Go\non. ") == (
        "Go on.\n\nIn: a b\nOut: c d\n\nIn: e f\nOut:"
    )
    assert few_shot_prompt(("", "=>"), [("", "")], "") == "\n=>\n\n\n=>"
    assert few_shot_prompt(("<b>", "</b>"), [], "<script>") == "<b> <script>\n</b>"


def test_a_batch_scores_as_one_after_the_other(model, monkeypatch):
    prompts, answers = questions(TASK, 2)
    prompts, answers = [*prompts[:9], "Word:", few_shot_prompt(LABELS, TASK.pool, "fast")], [*answers[:9], "x", "slow"]
    expected = [by_hand(model, prompt, answer) for prompt, answer in zip(prompts, answers, strict=True)]
    for tokens in (1, 200, 100_000):
        monkeypatch.setattr(few_shot, "TOKENS", tokens)
        found = answer_scores(model, prompts, answers)
        assert [score.right for score in found] == [score.right for score in expected]
        assert [score.probability for score in found] == pytest.approx([e.probability for e in expected], rel=1e-4)
    assert len({score.probability for score in found}) == len(found)


class Chatter(nn.Module):
    """What it writes next depends on the last token alone, so that it writes short lines of whole words."""

    def __init__(self, model: Llama):
        super().__init__()
        self.tokenizer, self.config = model.tokenizer, dataclasses.replace(model.config, layers=1)
        words = [i for i, entry in enumerate(self.tokenizer.entries) if entry in {f"Ġ{word}" for _, word in TASK.pool}]
        follows = [*words, self.tokenizer.entries.index("Ċ"), self.tokenizer.entries.index("Ċ")]
        vocab = self.config.vocab
        self.table = nn.Parameter(torch.randn(vocab, vocab, generator=torch.Generator().manual_seed(2)))
        with torch.no_grad():
            self.table[:, follows] += 4.0

    def hidden(self, ids, mask=None, cache=None, padding=None):
        return ids[..., None].float()

    def unembed(self, x):
        return self.table[x[..., 0].long()]


def test_right_is_what_greedy_generation_writes(model):
    chatter = Chatter(model)
    prompts = ["Word:", *(word for pair in TASK.pool for word in pair), *"abcdefghij"]
    written = generate(chatter, prompts, tokens=30, stop=["\n"])
    told = [(p, w.text.strip()) for p, w in zip(prompts, written, strict=True) if w.text and w.ended == "stop"]
    assert len({answer for _, answer in told}) >= 4
    for prompt, answer in told:
        wrong = [f"{answer} cold", f"{answer}t", answer.rpartition(" ")[0] or "no", answer.upper()]
        scores = answer_scores(chatter, [prompt] * 5, [answer, *wrong])
        assert [score.right for score in scores] == [True, False, False, False, False]
        assert scores[0].probability == max(score.probability for score in scores)


def test_an_answer_that_does_not_end_is_wrong(model):
    chatter = Chatter(model)
    word = next(i for i, entry in enumerate(model.tokenizer.entries) if entry in {f"Ġ{word}" for _, word in TASK.pool})
    with torch.no_grad():
        chatter.table[:, word] = 20.0  # it is written for ever
    (score,) = answer_scores(chatter, ["Word:"], [model.tokenizer.decode([word])])
    first, then = (chatter.table[i].softmax(dim=-1) for i in (model.tokenizer.encode("Word:").ids[-1], word))
    assert not score.right
    assert score.probability == pytest.approx((first[word] * then[line_ends(model.tokenizer)].sum()).item(), rel=1e-4)


def test_a_line_ends_with_a_break_or_a_sign(model):
    ends = line_ends(model.tokenizer)
    entries = model.tokenizer.entries
    assert ends[entries.index("Ċ")] and ends[0]
    assert {entries[i] for i in ends.nonzero().flatten().tolist()} <= {e for e in entries if e[0] == "Ċ"} | {entries[0]}


def test_the_model_is_left_in_its_mode(model):
    model.train()
    answer_scores(model, ["Word:"], ["cold"])
    assert model.training
    model.eval()


def test_the_examples_come_from_the_pool_anew_for_every_question():
    prompts, answers = questions(TASK, 4, seed=1)
    assert answers == [answer for _, answer in TASK.held_out]
    shown = [set(prompt.split("\n\n")[:-1]) for prompt in prompts]
    assert all(len(examples) == 4 for examples in shown) and len(set(map(frozenset, shown))) > 50
    everything = {f"Word: {question}\nOpposite: {answer}" for question, answer in TASK.pool}
    assert set.union(*shown) == everything
    assert prompts == questions(TASK, 4, seed=1)[0] != questions(TASK, 4, seed=2)[0]


def test_more_shots_keep_those_that_were_there():
    for few, many in zip(questions(TASK, 1)[0], questions(TASK, 2)[0], strict=True):
        assert many.startswith(few.partition("\n\n")[0] + "\n\n")
    assert [len(prompt.split("\n\n")) for prompt in questions(SMALL, 0, told=True)[0]] == [2, 2]


def test_contradicting_examples_have_the_answers_of_others():
    assert contradicted([("hot", "cold"), ("big", "small"), ("up", "down")]) == [
        ("hot", "small"),
        ("big", "down"),
        ("up", "cold"),
    ]
    assert contradicted([("a", "+"), ("b", "+"), ("c", "-")]) == [("a", "-"), ("b", "-"), ("c", "+")]
    with pytest.raises(ValueError, match="examples with two different answers"):
        contradicted([("a", "+"), ("b", "+")])
    right = dict(TASKS["sentiment"].pool)
    for prompt in questions(TASKS["sentiment"], 4, contradicting=True)[0][:5]:
        for example in prompt.split("\n\n")[:-1]:
            question, answer = (line.partition(": ")[2] for line in example.split("\n"))
            assert right[question] != answer


def test_a_curve_has_a_point_for_every_number_of_shots(model):
    points = curve(model, SMALL, shots=(0, 2), seed=3)
    assert [one.shots for one in points] == [0, 2]
    for one in points:
        assert one.scores == answer_scores(model, *questions(SMALL, one.shots, seed=3))
        assert one.accuracy.mean == sum(score.right for score in one.scores) / 2
        assert one.probability.low <= one.probability.mean <= one.probability.high


def test_the_means_are_those_of_the_scores():
    one = point(3, [Score(0.5, True), Score(0.1, False), Score(0.0, False), Score(0.2, False)])
    assert (one.shots, one.accuracy.mean, one.probability.mean) == (3, 0.25, pytest.approx(0.2))
    assert 0 == one.accuracy.low < one.accuracy.high


@pytest.mark.parametrize(
    ("prompts", "answers", "said"),
    [
        (["a"], [], "Every prompt needs one answer: there are 1 prompts and 0 answers."),
        (["a"], [" "], "A prompt and its answer must have a word each: write something into both."),
        ([50 * "Word: "], ["a"], "but the model has room for 60: show fewer examples."),
    ],
)
def test_what_cannot_be_scored_gets_one_sentence(prompts, answers, said):
    with pytest.raises(ValueError) as caught:
        answer_scores(decoder(context=60), prompts, answers)
    assert said in str(caught.value)


@pytest.mark.parametrize("shots", [-1, 3])
def test_there_cannot_be_more_shots_than_examples(shots):
    with pytest.raises(ValueError, match=f"Small can show 0 to 2 examples, not {shots}."):
        questions(SMALL, shots)


def test_nothing_to_score_is_nothing(model):
    assert answer_scores(model, [], []) == []


@needs_real("smollm2-135m")
def test_of_a_real_model_too_right_is_what_greedy_generation_writes():
    from lessons import zoo

    real = zoo.load("smollm2-135m")
    pairs = [*TASK.held_out[:3], ("fast", "quick"), TASKS["plurals"].held_out[0]]
    prompts = [few_shot_prompt(LABELS, TASK.pool[:2], question) for question, _ in pairs]
    found = answer_scores(real, prompts, [answer for _, answer in pairs])
    said = generate(real, prompts, tokens=6, stop=["\n"])
    assert [score.right for score in found] == [
        text.text.strip() == answer for text, (_, answer) in zip(said, pairs, strict=True)
    ]
    assert {score.right for score in found} == {True, False}
