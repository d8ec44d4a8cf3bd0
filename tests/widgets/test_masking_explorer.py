"""The panel that masks a text, without a browser."""

import numpy as np
import pytest
import torch

from lessons.bert.masked_text import Masker
from lessons.bert.masking import Masking, epoch_generator
from tests.bert.toy_blanks import toy_model, toy_tokenizer
from widgets.explorers.masking import COPIES, EPOCHS, MaskingExplorer

TEXT = "the unaffable cat saw san francisco, and the dogs ran to a zebra in the large city."
STATIC, TEN, DYNAMIC = COPIES
SIGNS = (0, -1)
MASK = "[MASK]"


def panel(**state: object) -> MaskingExplorer:
    return MaskingExplorer({"Toy": toy_model}, **{"text": TEXT, **state})


def typed() -> list[str]:
    return toy_tokenizer().encode(TEXT).tokens


def drawn(seed: int = 0, epoch: int = 1, copies: int | None = None, words: bool = False, **rates: float):
    """The same, by the functions of the lesson."""
    tokenizer = toy_tokenizer()
    ids = torch.tensor([tokenizer.encode(TEXT).ids])
    return Masker(tokenizer).mask(ids, Masking(**rates), epoch_generator(seed, epoch - 1, copies), words)


def test_the_strip_shows_what_is_read_and_what_has_happened() -> None:
    p = panel(rate=0.5, masked=0.4, random=0.3, seed=3, epoch=5)
    expected = drawn(3, 5, rate=0.5, masked=0.4, random=0.3)
    np.testing.assert_array_equal(p.strip.values[0], expected.fate[0])
    assert {0, 1, 2, 3} == set(p.strip.values[0].tolist()), "a case with every fate"
    names = toy_tokenizer().entries
    for i, (was, fate) in enumerate(zip(typed(), expected.fate[0].tolist(), strict=True)):
        now = {1: MASK, 2: names[expected.ids[0, i]]}.get(fate, was)
        note = {1: f"was {was}", 2: f"random, was {was}", 3: "kept, but asked"}.get(fate, "")
        note = "never: a sign" if was in ("[CLS]", "[SEP]") else "never: not known" if was == "[UNK]" else note
        assert (p.strip.tokens[i], p.strip.notes[i]) == (now, note)
    assert p.strip.categories[0] == "not chosen" and len(p.strip.categories) == 4


def test_the_labels_are_the_words_that_the_loss_asks_for() -> None:
    p = panel(rate=0.5, seed=3)
    fate = drawn(3, rate=0.5).fate[0].tolist()
    assert p.labels.tokens == [was if now else "−100" for was, now in zip(typed(), fate, strict=True)]
    assert p.labels.values[0].tolist() == [float(now > 0) for now in fate]
    assert "the loss does not ask" in p.labels.categories[0]


def test_the_bars_are_counts_their_mean_and_what_is_expected() -> None:
    p = panel(rate=0.5, masked=0.4, random=0.3, seed=3, epoch=5)
    counts = []
    for epoch in range(1, EPOCHS + 1):
        fate = drawn(3, epoch, rate=0.5, masked=0.4, random=0.3).fate
        counts.append([(fate > 0).sum(), (fate == 1).sum(), (fate == 2).sum(), (fate == 3).sum()])
    may = len(typed()) - 3  # two signs and an unknown word
    assert p.bars.labels == ["chosen", f"hidden by {MASK}", "replaced at random", "kept as it is"]
    np.testing.assert_allclose(p.bars.values[0], counts[4])
    np.testing.assert_allclose(p.bars.values[1], np.mean(counts, axis=0), rtol=1e-5)
    np.testing.assert_allclose(p.bars.values[2], [0.5 * may * share for share in (1, 0.4, 0.3, 0.3)], rtol=1e-5)
    assert p.bars.title == f"Of {may} tokens that may be chosen"
    chosen, hidden, replaced, kept = counts[4]
    said = f"{chosen} of {may} tokens are chosen: {hidden} hidden, {replaced} replaced at random, {kept} kept."
    assert said in p.status.message


def test_static_shows_one_draw_and_dynamic_a_new_one_in_every_epoch() -> None:
    def pictures(way: str) -> list[list[float]]:
        p, found = panel(way=way, rate=0.5), []
        for epoch in range(1, 21):
            p.epoch = epoch
            found.append(p.strip.values[0].tolist())
        return found

    static, ten, dynamic = (pictures(way) for way in (STATIC, TEN, DYNAMIC))
    assert all(picture == static[0] for picture in static)
    assert ten[:10] == ten[10:] and ten[0] != ten[1]
    assert dynamic[:10] != dynamic[10:] and dynamic[0] != dynamic[1]
    p = panel(way=STATIC, rate=0.5)
    assert "all 40 epochs show this one draw" in p.status.message
    np.testing.assert_array_equal(p.bars.values[0], p.bars.values[1])


def test_whole_words_are_hidden_whole() -> None:
    split, p = set(), panel(rate=0.5, masked=1.0, random=0.0)
    places = [i for i, token in enumerate(typed()) if token in ("un", "##aff", "##able")]
    for whole in (False, True):
        p.whole_words = whole
        for seed in range(8):
            p.seed = seed
            split.add((whole, len({p.strip.tokens[i] == MASK for i in places})))
    assert (False, 2) in split and (True, 2) not in split and (True, 1) in split


@pytest.mark.parametrize(
    ("rate", "says"), [(0.0, "At a rate of 0 nothing is hidden and nothing asked"), (1.0, "Every token is asked for")]
)
def test_a_rate_of_nothing_and_of_everything(rate: float, says: str) -> None:
    p = panel(rate=rate, masked=0.8, random=0.2)
    may = [note[:5] != "never" for note in p.strip.notes]
    assert [value > 0 for value in p.strip.values[0]] == [rate == 1 and can for can in may]
    assert says in p.status.message and p.status.kind == "note"
    assert p.bars.values[2, 3] == 0, "nothing is kept, and no rest of a rounding"


def test_where_one_share_grows_the_other_gives_way() -> None:
    p = panel(rate=0.5)
    p.masked = 0.95
    assert (p.masked, p.random) == (0.95, 0.05) and p.status.kind == "note"
    p.random = 0.4
    assert (p.masked, p.random) == (0.6, 0.4) and p.controls["masked"].value == 0.6
    p.masked = 0.3
    assert p.random == 0.4, "there is room for both"
    p.masked = 1.0
    assert p.random == 0.0 and "0 replaced at random, 0 kept" in p.status.message


def test_odd_texts() -> None:
    p = panel()
    before = p.strip.tokens
    p.text = "   "
    assert p.status.message == "There is no text to read: type a sentence." and p.strip.tokens == before
    p.text = "zebra"
    assert "No token of this text can be chosen" in p.status.message
    p.text = "..."
    assert p.status.kind == "note" and p.bars.title == "Of 3 tokens that may be chosen"
    p.text = "the cat " * 300
    assert "The text has 602 tokens; read are the 30" in p.status.message
    p.text = "<b>{}</b> $x$"
    assert p.status.kind == "note"
    p.text = "[MASK] the cat"
    assert p.strip.notes[1] == "never: a sign"


@pytest.mark.parametrize("text", [MASK, " [MASK] [SEP]\n"])
def test_a_text_of_signs_alone_is_told_so(text: str) -> None:
    p = panel()
    before = p.strip.tokens
    p.text = text
    assert p.status.message.startswith("Your text is nothing but signs") and p.strip.tokens == before
    p.text = "\u200b"
    assert p.status.message == "There is no text to read: type a sentence."


@pytest.mark.parametrize(
    ("text", "rate", "says"),
    [
        ("cat", 1.0, "1 of 1 token is chosen:"),
        ("cat", 0.01, "0 of 1 token is chosen:"),
        ("the cat sat", 1.0, "3 of 3 tokens are chosen:"),
        ("the cat sat", 0.01, "0 of 3 tokens are chosen:"),
    ],
)
def test_one_token_is_one(text: str, rate: float, says: str) -> None:
    p = panel(text=text, rate=rate)
    assert p.status.message.startswith(says)
    assert p.bars.title == f"Of {says.split()[2]} {says.split()[3]} that may be chosen"


def test_one_of_two_is_chosen() -> None:
    p, found = panel(text="the cat", rate=0.5), set()
    for p.seed in range(20):
        count = int((p.strip.values[0] > 0).sum())
        found.add(count)
        assert p.status.message.startswith(f"{count} of 2 tokens {'is' if count == 1 else 'are'} chosen:")
    assert found == {0, 1, 2}


def test_a_model_that_reads_less_than_bert_says_so() -> None:
    small = MaskingExplorer({"Toy": lambda: toy_model(context=140)}, text="cat " * 139)
    assert small.status.message.startswith("The text has 141 tokens; read are the 140 up to “cat”.")
    assert "This small model reads 140 tokens at most, where BERT reads 512." in small.status.message
    small.text = "cat " * 138
    assert len(small.strip.tokens) == 140 and "read" not in small.status.message
    large = MaskingExplorer({"Toy": lambda: toy_model(context=512)}, text="cat " * 511)
    assert large.status.message.startswith("The text has 513 tokens; read are the 512 up to “cat”. ")
    assert "small" not in large.status.message


def test_the_controls_are_the_state() -> None:
    p = panel()
    p.controls["rate"].value = 1.0
    p.controls["way"].value = STATIC
    p.controls["whole_words"].value = True
    assert (p.rate, p.way, p.whole_words) == (1.0, STATIC, True) and "Every token" in p.status.message
