"""Reading a text with all inner values in view: the values, the surprise, frozen gates, and going on from a prefix."""

import math
import time

import pytest
import torch

from lessons.core.record import record
from lessons.recurrent.architectures import ARCHITECTURES
from lessons.recurrent.character_model import CharacterConfig, CharacterModel, nats_per_character
from lessons.recurrent.reading import Freeze, Reader, common_prefix, gates, read
from lessons.text.characters import Characters

TEXT = "“Once upon a time,” she said."
SYMBOLS = Characters.of(TEXT + "\nabcdefghijklmnopqrstuvwxyz").symbols


def model(architecture: str = "lstm", layers: int = 2, hidden: int = 7) -> CharacterModel:
    torch.manual_seed(3)
    config = CharacterConfig(
        symbols=SYMBOLS, architecture=architecture, embedding_size=5, hidden_size=hidden, layers=layers, dropout=0.5
    )
    built = CharacterModel(config)
    with torch.no_grad():  # far from 0, so that a difference shows
        for weight in built.parameters():
            weight.mul_(3)
    return built


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_values_are_what_passed_the_marks(architecture: str) -> None:
    built = model(architecture)
    reading = read(built, TEXT)
    with torch.no_grad(), record(built) as seen:
        logits, _ = built(built.encode(TEXT))
    names = {"lstm": "input forget output candidate memory hidden cell", "gru": "reset update candidate memory"}
    names |= {"ugrnn": "update candidate memory", "rnn": "memory"}
    assert list(reading.values) == names[architecture].split()
    for name, value in reading.values.items():
        mark = "hidden" if name == "memory" else name
        expected = torch.cat([seen[f"stack.cells.{layer}.see_{mark}"] for layer in range(2)])
        if architecture == "lstm" and name == "memory":
            expected = torch.tanh(torch.cat([seen[f"stack.cells.{layer}.see_cell"] for layer in range(2)]))
        assert value.shape == (2, len(TEXT), 7) and not value.requires_grad
        torch.testing.assert_close(value, expected)
    torch.testing.assert_close(reading.probabilities, logits[0].softmax(dim=1))


def test_the_surprise_is_that_of_the_model() -> None:
    built = model()
    reading = read(built, TEXT)
    assert reading.surprise.shape == (len(TEXT),) and reading.surprise[0].isnan()
    place = TEXT.index("u")
    chance = reading.probabilities[place - 1, built.vocabulary.symbols.index("u")]
    assert reading.surprise[place].item() == pytest.approx(-math.log(chance))
    assert reading.nats == pytest.approx(nats_per_character(built, TEXT), rel=1e-5)
    assert math.isnan(read(built, "O").nats), "one character is foretold by nothing"


def test_a_reading_keeps_the_length_and_shows_what_the_model_reads() -> None:
    reading = read(model(), 'é "☃"')
    assert reading.text == "e “□”" and len(reading.ids) == 5


def test_a_frozen_gate_has_its_value_and_changes_all_that_follows() -> None:
    built = model()
    free, frozen = read(built, TEXT), read(built, TEXT, [Freeze("forget", 0.25, layer=1, unit=2)])
    assert (frozen.values["forget"][1, :, 2] == 0.25).all()
    others = [unit for unit in range(7) if unit != 2]
    assert not (frozen.values["forget"][1, :, others] == 0.25).any()
    torch.testing.assert_close(frozen.values["forget"][0], free.values["forget"][0], msg="the layer below is as before")
    assert (frozen.values["memory"][1, :, 2] - free.values["memory"][1, :, 2]).abs().max() > 0.01
    assert (frozen.probabilities - free.probabilities).abs().max() > 1e-3
    assert frozen.nats != free.nats


def test_a_shut_forget_gate_leaves_only_what_was_just_written() -> None:
    values = read(model(), TEXT, [Freeze("forget", 0.0)]).values
    torch.testing.assert_close(values["cell"][0], (values["input"] * values["candidate"])[0])
    open_update = read(model("gru"), TEXT, [Freeze("update", 1.0)]).values["memory"]
    assert (open_update[0] == 0).all(), "what keeps everything never writes"


def test_several_gates_are_frozen_at_once_and_the_model_is_left_as_it_was() -> None:
    built = model()
    free = read(built, TEXT).log_probabilities
    both = [Freeze("input", 1.0, unit=0), Freeze("input", 0.0, unit=1), Freeze("output", 1.0, layer=1)]
    values = read(built, TEXT, both).values
    assert (values["input"][0, :, 0] == 1).all() and (values["input"][0, :, 1] == 0).all()
    assert (values["output"][1] == 1).all() and not (values["output"][0] == 1).any()
    assert torch.equal(read(built, TEXT).log_probabilities, free)


@pytest.mark.parametrize(
    ("freezes", "says"),
    [
        ([Freeze("update", 0.0)], "The LSTM has no 'update' gate: choose from input, forget, output."),
        ([Freeze("candidate", 0.0)], "The LSTM has no 'candidate' gate"),
        ([Freeze("forget", 1.5)], r"from 0 \(shut\) to 1 \(open\), not at 1.5"),
        ([Freeze("forget", -0.1)], "not at -0.1"),
        ([Freeze("forget", math.nan)], "not at nan"),
        ([Freeze("forget", 0.0, layer=2)], "no layer 2: this model has 2 layers, from 0 to 1"),
        ([Freeze("forget", 0.0, layer=-1)], "no layer -1"),
        ([Freeze("forget", 0.0, unit=7)], "no unit 7: a layer of this model has 7 units, from 0 to 6"),
        ([Freeze("forget", 0.0, unit=-1)], "no unit -1"),
        (
            [Freeze("forget", 0.0, unit=3), Freeze("forget", 1.0, unit=3)],
            r"already is the forget gate of unit 3 \(layer 0\) at 0: thaw it before",
        ),
        ([Freeze("forget", 0.0), Freeze("forget", 1.0, unit=3)], "already is the forget gate of every unit"),
        ([Freeze("forget", 0.0, unit=3), Freeze("forget", 1.0)], "already is the forget gate of unit 3"),
    ],
)
def test_what_cannot_be_frozen_is_said_in_a_sentence(freezes: list[Freeze], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read(model(), TEXT, freezes)


def test_the_rnn_has_no_gate_and_an_empty_text_nothing_to_read() -> None:
    assert gates(model("rnn")) == () and gates(model("lstm")) == ("input", "forget", "output")
    with pytest.raises(ValueError, match="The RNN has no gate that could be frozen: choose a model with gates"):
        read(model("rnn"), TEXT, [Freeze("forget", 0.0)])
    with pytest.raises(ValueError, match="no layer 1: this model has only layer 0"):
        read(model(layers=1), TEXT, [Freeze("forget", 0.0, layer=1)])
    with pytest.raises(ValueError, match="There is no text to read"):
        read(model(), "")


def test_the_same_gate_of_another_unit_or_layer_may_be_frozen_too() -> None:
    read(model(), TEXT, [Freeze("forget", 0.0, unit=3), Freeze("forget", 1.0, unit=4), Freeze("forget", 1.0, layer=1)])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("held", [False, True])
def test_going_on_gives_the_same_as_reading_afresh(architecture: str, held: bool) -> None:
    built = model(architecture).double()
    freezes = [Freeze(name, 0.5, layer=1, unit=2) for name in gates(built)] if held else []
    reader = Reader(built, freezes)
    for text in ("“Once", "“Once upon", "“Once upin a", "“Once", "“Once", "x", TEXT, TEXT[:-1] + '"'):
        continued, fresh = reader.read(text), read(built, text, freezes)
        assert continued.text == fresh.text and torch.equal(continued.ids, fresh.ids)
        assert list(continued.values) == list(fresh.values)
        for name, value in fresh.values.items():
            torch.testing.assert_close(continued.values[name], value, rtol=0, atol=1e-12)
        torch.testing.assert_close(continued.log_probabilities, fresh.log_probabilities, rtol=0, atol=1e-12)
        torch.testing.assert_close(continued.surprise, fresh.surprise, rtol=0, atol=1e-12, equal_nan=True)


def test_only_what_is_new_is_read() -> None:
    built, steps = model(), []
    built.stack.register_forward_pre_hook(lambda _module, arguments: steps.append(arguments[0].shape[1]))
    reader = Reader(built)
    for text in ("once", "once u", "once u", "onca u", "onc", 'onc "', 'onc "a"', "xonc"):
        reader.read(text)
    assert steps == [4, 2, 3, 2, 2, 4], "the same text and a shorter one cost nothing"


def test_one_more_character_costs_much_less_than_the_whole_text() -> None:
    built = model(hidden=128)
    reader = Reader(built)
    text = "once upon a time " * 30
    reader.read(text)

    def seconds(act) -> float:
        start = time.perf_counter()
        act()
        return time.perf_counter() - start

    typed = min(seconds(lambda: reader.read(text + "x")) + seconds(lambda: reader.read(text)) for _ in range(5))
    assert typed < min(seconds(lambda: read(built, text)) for _ in range(3)) / 5


def test_common_prefix() -> None:
    assert [common_prefix(*pair) for pair in (("", "a"), ("ab", "ab"), ("abc", "abd"), ("ab", "abc"), ("xa", "a"))] == [
        0, 2, 2, 2, 0,
    ]  # fmt: skip
