"""What every head looks at: one recorded pass, a text cut where it is too long, and sentences for bad input."""

import json

import pytest
import torch

from lessons.attention.head_scores import JOBS
from lessons.attention.heads import encode, read, read_heads
from lessons.core.record import hook_points, record
from lessons.text.tokenizer import Tokenizer
from tests.attention.tiny import decoder, encoder

TEXT = "The maiden took her hours, and the maiden went home."


def test_the_patterns_are_those_of_every_layer_and_head():
    model = decoder()
    reading = read(model, TEXT)
    size = len(reading.tokens)
    assert reading.patterns.shape == (3, 2, size, size) and reading.patterns.dtype == torch.float32
    with torch.no_grad(), record(model) as seen:
        model(reading.ids[None])
    for layer in range(3):
        assert torch.equal(reading.patterns[layer], seen[f"blocks.{layer}.attention.see_pattern"][0])
    assert torch.allclose(reading.patterns.sum(dim=-1), torch.ones(3, 2, size))
    assert not reading.patterns.requires_grad and not reading.patterns.triu(1).any()
    assert (reading.patterns[0, 0] - reading.patterns[0, 1]).abs().max() > 0.01


def test_an_encoder_looks_both_ways():
    reading = read(encoder(), "the unaffable fox 19 fox.")
    assert reading.tokens[0] == "[CLS]" and reading.tokens[-1] == "[SEP]"
    assert reading.patterns.shape == (2, 3, 11, 11) and (reading.patterns[0, 0].triu(1).sum() > 0).item()
    assert reading.separators.tolist() == [False] * 10 + [True]


def test_reading_leaves_nothing_behind():
    model = decoder()
    read(model, TEXT)
    assert not any(point.readers or point.edits for point in hook_points(model).values())
    assert all(weight.grad is None for weight in model.parameters())


def test_reading_leaves_the_model_in_training():
    model = decoder().train()
    read(model, TEXT)
    assert all(part.training for part in model.modules())


def test_tokens_spans_and_signs_are_those_of_the_tokenizer():
    model = decoder()
    encoded, reading = model.tokenizer.encode(TEXT), read(model, TEXT)
    assert (reading.tokens, reading.spans, reading.special) == (encoded.tokens, encoded.spans, encoded.special)
    assert reading.ids.tolist() == encoded.ids and reading.note == ""
    assert reading.tokens[0] == "<|start|>" and "".join(reading.tokens[1:]).strip() == TEXT


def test_every_score_and_its_chance():
    reading = read(decoder(), TEXT)
    assert list(reading.scores) == list(reading.chance) == list(JOBS)
    assert all(scores.shape == (3, 2) for scores in reading.scores.values())
    assert 0 < reading.chance["same_word"] < 0.2 and not reading.scores["induction"].isnan().any()


def test_a_text_that_says_nothing_twice_has_no_score_for_the_same_word():
    reading = read(decoder(), "hours")
    assert reading.scores["same_word"].isnan().all() and reading.chance["induction"] != reading.chance["induction"]


def test_what_is_too_long_is_cut_and_it_is_said():
    model = decoder()
    whole, cut = read(model, TEXT), read(model, TEXT, longest=9)
    assert cut.tokens == whole.tokens[:9]
    assert cut.note == f"The text has {len(whole.tokens)} tokens; read are the 9 up to “{cut.tokens[-1].strip()}”."
    # In a decoder what comes later changes nothing.
    assert torch.allclose(cut.patterns, whole.patterns[..., :9, :9], atol=1e-6)


def test_a_cut_encoder_still_ends_with_its_sign():
    cut = read(encoder(), "the fox " * 1000)
    assert len(cut.tokens) == 17 and cut.tokens[-2:] == ["the", "[SEP]"]
    assert cut.note == "The text has 2,002 tokens; read are the 17 up to “the”."
    assert read(encoder(context=100), "the fox " * 1000, longest=20).patterns.shape == (2, 3, 20, 20)


def test_a_sign_that_was_typed_is_cut_like_any_text():
    """Only the last [SEP] is the tokenizer's own."""
    cut = read(encoder(), "fox " + "[SEP] " * 20)
    assert cut.tokens == ["[CLS]", "fox", *["[SEP]"] * 15]
    assert cut.note == "The text has 23 tokens; read are the 17 up to “fox”."


@pytest.mark.parametrize(("model", "sign"), [(encoder(), "[SEP] "), (decoder(), "<|start|>")])
def test_where_only_signs_are_left_there_is_no_text(model, sign):
    with pytest.raises(ValueError, match="no text to read: type a sentence"):
        read(model, sign * 50 + "fox")


def test_the_note_names_a_word_that_can_be_seen():
    model = decoder()
    text = "fox" + "\n" * 90
    cut = read(model, text)
    assert len(cut.tokens) == 40 and cut.tokens[-1].strip() == ""
    last = next(token for token in reversed(cut.tokens) if token.strip())
    assert cut.note.endswith(f"read are the 40 up to “{last.strip()}”.")


def test_unknown_characters_are_named():
    reading = read(encoder(), "the 😀 fox 😀 Füchse .")
    assert reading.tokens.count("[UNK]") == 3
    assert reading.note == "The model does not know 😀, Füchse, and reads [UNK] there."
    assert read(decoder(), "the 😀 fox").note == ""  # in bytes every text can be written


def test_long_and_many_unknown_words_do_not_fill_the_message():
    strange = " ".join("ö" * (39 + i) for i in range(6))
    note = read(encoder(context=100), f"fox {strange}").note
    *named, last = (f"{'ö' * 39}", f"{'ö' * 40}", f"{'ö' * 40}…")
    assert note == f"The model does not know {', '.join(named)}, {last}, and reads [UNK] there."
    six = read(encoder(), "fox ä ö ü ß é ñ").note
    assert six == "The model does not know ä, ö, ü, ß, é, …, and reads [UNK] there."


@pytest.mark.parametrize("model", [decoder(), encoder()], ids=["decoder", "encoder"])
@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_no_text(model, text):
    with pytest.raises(ValueError, match="no text to read: type a sentence"):
        read(model, text)


def test_a_single_token_has_no_other_to_look_at():
    model = encoder()
    description = json.loads(model.tokenizer.to_json()) | {"post_processor": None}  # a tokenizer without signs
    model.tokenizer = Tokenizer.from_json(json.dumps(description))
    with pytest.raises(ValueError, match="'fox' is a single token, with no other to look at"):
        read(model, " fox ")
    assert len(read(model, "the fox").tokens) == 2


@pytest.mark.parametrize("text", ["e\u0301\u200d🏳️‍🌈", "\0 \ud83d <img src=x>", "𝔘" * 500])
def test_any_text_can_be_read(text):
    for model in (decoder(), encoder()):
        reading = read(model, text)
        assert reading.patterns.isfinite().all() and len(reading.tokens) == reading.patterns.shape[-1]


def test_the_longest_text_has_a_least_length():
    with pytest.raises(ValueError, match="at least 3 with the signs around them, not 2"):
        encode(decoder(), TEXT, longest=2)


def test_ids_that_do_not_fit_the_model_are_refused():
    with pytest.raises(ValueError, match="reads 1 to 40 tokens, not 41"):
        read_heads(decoder(), torch.zeros(41, dtype=torch.long))
    with pytest.raises(ValueError, match="use the model's own tokenizer"):
        read_heads(decoder(), torch.tensor([1, 5000]))
