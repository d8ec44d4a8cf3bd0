"""The answers of lesson 06, computed with the course's own byte-pair encoding, GPT-2, decoding and cache."""

from itertools import product
from math import comb, sqrt

import torch

from lessons.checks import all_questions
from lessons.core.seed import seeded
from lessons.gpt.decoding import Decoding, keep_top_p, probabilities
from lessons.gpt.generate import generate
from lessons.gpt.gpt2 import GPT2Config
from lessons.gpt.in_context import CIPHERED, LETTERS, draw_exercises, known
from lessons.gpt.llama import Llama, LlamaConfig
from lessons.gpt.sizes import parameters
from lessons.text import bpe, bpe_training
from lessons.text.word_tasks import TASKS
from lessons.zoo.recipes.few_shot_smollm2 import points

QUESTIONS = all_questions()


def chosen(key: str) -> str:
    return QUESTIONS[key].options[QUESTIONS[key].answer]


def test_merges():
    merges = [tuple(part.strip() for part in pair.split("+")) for pair in ("e + r", "l + o", "w + er", "lo + w")]
    assert all(f"{first} + {second}" in QUESTIONS["06.merges"].text for first, second in merges)
    assert " ".join(bpe.pieces_of("lower", merges)) == chosen("06.merges")


def test_parameters():
    count = parameters(GPT2Config(50_257, d_model=768, layers=12, heads=12, d_head=64, d_ff=4 * 768)).total
    assert round(count / 1e6) == QUESTIONS["06.parameters"].answer
    by_the_lesson = 12 * 12 * 768**2 + 50_257 * 768 + 1024 * 768  # without biases and norms
    assert abs(by_the_lesson / count - 1) < 0.001
    assert (round(12 * 12 * 768**2 / 1e6), round(50_257 * 768 / 1e6)) == (85, 39)
    assert QUESTIONS["06.parameters"].score(85) < 1.0, "without the table of tokens"


def test_temperature():
    chances = probabilities(torch.tensor([0.8, 0.2]).log(), Decoding(temperature=0.5))
    assert " and ".join(f"{chance:.2f}" for chance in chances.tolist()) == chosen("06.temperature")
    nearly, greedy = (probabilities(torch.tensor([0.8, 0.2]).log(), Decoding(temperature=t)) for t in (0.01, 0.0))
    assert greedy.tolist() == [1.0, 0.0] and torch.allclose(nearly, greedy)


def test_top_p():
    chances = [0.40, 0.25, 0.15, 0.08, 0.06, 0.04, 0.02]
    assert all(f"{chance:.2f}" in QUESTIONS["06.top_p"].text for chance in chances) and abs(sum(chances) - 1) < 1e-9
    kept = keep_top_p(torch.tensor(chances).log(), 0.9).isfinite().sum().item()
    assert str(kept) == chosen("06.top_p")


def test_cache(monkeypatch):
    tokens = 20
    with seeded(0):
        model = Llama(LlamaConfig(9, 8, 1, 1, 1, 8, 8, context=32)).eval()
    model.tokenizer = bpe.tokenizer_of(bpe_training.train("", 0))
    read = []
    hidden = model.hidden
    monkeypatch.setattr(
        model, "hidden", lambda ids, *more, **named: read.append(ids.shape) or hidden(ids, *more, **named)
    )
    generate(model, ["!"], tokens)
    assert [shape.numel() for shape in read] == [1] * tokens, "one prompt of a token, and one token at a time"
    without = sum(range(1, 1001))
    assert f"{without:,}" in QUESTIONS["06.cache"].why
    assert round(without / 1000) == QUESTIONS["06.cache"].answer
    assert QUESTIONS["06.cache"].score(1000) < 1.0


def test_cipher():
    def seen(examples):
        """How often all letters of a word were in the examples, whose letters are drawn from six one by one."""
        drawn = LETTERS * examples
        total = 0.0
        for word in product(range(CIPHERED), repeat=LETTERS):
            different = len(set(word))  # none of them may be missing: inclusion and exclusion
            total += sum(
                (-1) ** gone * comb(different, gone) * (1 - gone / CIPHERED) ** drawn for gone in range(different + 1)
            )
        return total / CIPHERED**LETTERS

    said = ["Never", *(f"in {100 * seen(examples):.0f} of 100" for examples in (1, 8))]
    assert seen(0) == 0 and ", ".join(said) + "." == chosen("06.cipher")
    observed = [known("cipher", exercise.pairs) for exercise in draw_exercises("cipher", 200)]
    for examples in range(9):
        share = sum(row[examples] for row in observed) / 200
        assert abs(share - seen(examples)) < 4 * sqrt(0.25 / 200)


def test_shots():
    plurals = points()["plurals"]
    none, one, eight = (plurals[shots].accuracy.mean for shots in ("0 shots", "1 shot", "8 shots"))
    assert f"{100 * none:.0f} of 100" in QUESTIONS["06.shots"].text
    task = TASKS["plurals"]
    assert all(label in QUESTIONS["06.shots"].text for label in (task.input_label, task.output_label))
    assert f"About {round(10 * one) * 10} and {round(10 * eight) * 10}." == chosen("06.shots")
