"""The character model, its surprise, its writing, and the training that carries the state on."""

import math

import pytest
import torch
from torch.nn import functional as F

from lessons.core.training import Training, TrainingDiverged
from lessons.recurrent.architectures import ARCHITECTURES
from lessons.recurrent.character_model import CharacterConfig, CharacterModel, nats_per_character, write
from lessons.recurrent.streams import Streams, random_start, stream_loss
from lessons.text.characters import Characters

TEXT = "the cat sat on the mat and the rat ran. " * 30
SYMBOLS = Characters.of(TEXT).symbols
EVERY = pytest.mark.parametrize("architecture", ARCHITECTURES)


def made(architecture: str = "lstm", hidden: int = 12, layers: int = 1) -> CharacterModel:
    torch.manual_seed(0)
    return CharacterModel(CharacterConfig(SYMBOLS, architecture, 7, hidden, layers))


def broken(model: CharacterModel) -> CharacterModel:
    with torch.no_grad():
        model.stack.A_y.fill_(math.nan)
    return model


@EVERY
def test_a_prediction_depends_on_what_came_before_and_on_nothing_else(architecture):
    model = made(architecture)
    one, _ = model(model.encode("the cat"))
    other, _ = model(model.encode("the rat"))
    assert one.shape == (1, 7, len(SYMBOLS))
    assert torch.allclose(one[0, :4], other[0, :4]) and not torch.allclose(one[0, 5:], other[0, 5:])


def test_nats_per_character_is_the_mean_surprise():
    model = made()
    chances = model(model.encode("the cat"))[0][0].softmax(dim=1)
    ids = model.vocabulary.encode("the cat")
    by_hand = -sum(math.log(chances[t, ids[t + 1]].item()) for t in range(6)) / 6
    assert nats_per_character(model, "the cat") == pytest.approx(by_hand, rel=1e-5)
    with torch.no_grad():
        model.stack.A_y.zero_()  # knows nothing
    assert nats_per_character(model, "the cat") == pytest.approx(math.log(len(SYMBOLS)))


def test_writing_draws_from_the_prediction():
    model = made()
    text = "".join(write(model, "the ", 50, temperature=1.0, seed=3))
    assert len(text) == 50 and text == "".join(write(model, "the ", 50, temperature=1.0, seed=3))
    assert text != "".join(write(model, "the ", 50, temperature=1.0, seed=4))
    greedy = "".join(write(model, "the ", 5, temperature=0.001))
    so_far = "the "
    for _ in range(5):
        so_far += SYMBOLS[int(model(model.encode(so_far))[0][0, -1].argmax())]
    assert so_far == "the " + greedy


@pytest.mark.parametrize(("call", "sentence"), [
    (lambda m: write(m, "", 5), "There is no text to read"),
    (lambda m: write(m, "a", 0), "length must be 1 character or more, not 0"),
    (lambda m: write(m, "a", 5, temperature=0.0), "temperature must be 0.001 or more and finite, not 0.0"),
    (lambda m: write(m, "a", 5, temperature=math.inf), "temperature must be 0.001 or more and finite, not inf"),
    (lambda m: next(write(broken(m), "a", 5)), "predictions are not finite"),
    (lambda m: CharacterConfig(SYMBOLS, "gru", 0, 5), "embedding_size must be 1 or more, not 0"),
    (lambda m: CharacterModel(CharacterConfig(SYMBOLS, "gru", 3, 5, keep_bias=math.nan)), "keep_bias must be a finite"),
    (lambda m: Streams(m, m.vocabulary.encode(TEXT), 0, 8), "1 or more streams and windows of 1 or more, not 0 and 8"),
    (lambda m: Streams(m, m.vocabulary.encode(TEXT), 4, -1), "not 4 and -1"),
    (lambda m: nats_per_character(m, "a"), "2 characters or more"),
    (lambda m: Streams(m, m.vocabulary.encode("too short"), 4, 8), "has 9 characters, too few for 4 streams of 8"),
])  # fmt: skip
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(made())


@EVERY
def test_streams_read_on_without_a_gap(architecture):
    """The losses of the windows are those of one long reading of each stream."""
    model = made(architecture, layers=2)
    ids = model.vocabulary.encode(TEXT)
    streams = Streams(model, ids, streams=3, window=50)
    with torch.no_grad():
        losses = [streams.next_loss(7).item() for _ in range(4)]
        pieces = ids[: len(ids) // 3 * 3].view(3, -1)[:, 7:]
        logits, _ = model(pieces[:, :200])
    whole = F.cross_entropy(logits.transpose(1, 2), pieces[:, 1:201], reduction="none")
    assert losses == pytest.approx(whole.view(3, 4, 50).mean(dim=(0, 2)).tolist(), rel=1e-5)


def test_streams_begin_again_at_the_end():
    streams = Streams(made(), made().vocabulary.encode(TEXT), streams=3, window=50)
    with torch.no_grad():
        losses = [streams.next_loss(0).item() for _ in range(2 * streams.steps_per_pass)]
    assert losses[: streams.steps_per_pass] == losses[streams.steps_per_pass :]


@EVERY
def test_a_training_learns_and_goes_on_from_its_checkpoint_bit_for_bit(architecture, tmp_path):
    def training():
        model = made(architecture, hidden=16)
        streams = Streams(model, model.vocabulary.encode(TEXT), streams=4, window=30)
        optimizer = torch.optim.Adam(streams.parameters(), lr=0.02)
        return Training(streams, optimizer, stream_loss, lambda g: random_start(g, 30), steps=60, clip=1.0)

    whole = training()
    whole.run(progress=False)
    assert whole.history[-1].loss < 0.6 * whole.history[0].loss
    first = training()
    first.run(25, progress=False)
    first.save(tmp_path / "half.safetensors")
    second = training()
    second.load(tmp_path / "half.safetensors")
    second.run(progress=False)
    assert [r.loss for r in second.history] == [r.loss for r in whole.history]
    for one, other in zip(second.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_after_a_step_that_diverged_the_training_goes_on_as_if_nothing_had_been():
    model = made()
    streams = Streams(model, model.vocabulary.encode(TEXT), streams=4, window=30)
    run = Training(streams, torch.optim.Adam(streams.parameters()), stream_loss, lambda g: random_start(g, 30), steps=9)
    run.run(3, progress=False)
    before = {name: tensor.clone() for name, tensor in streams.state_dict().items()}
    good = model.stack.A_y.detach().clone()
    broken(model)
    with pytest.raises(TrainingDiverged):
        run.step()
    with torch.no_grad():
        model.stack.A_y.copy_(good)
    assert all(torch.equal(tensor, before[name]) for name, tensor in streams.state_dict().items())
    assert math.isfinite(run.step().loss)


def test_dropout_acts_on_the_embedding_in_training_and_never_while_writing():
    torch.manual_seed(0)
    model = CharacterModel(CharacterConfig(SYMBOLS, "gru", 400, 12, dropout=0.5))
    seen = []
    model.stack.forward = lambda x, state=None: (seen.append(x), type(model.stack).forward(model.stack, x, state))[1]
    model.train()(model.encode("the cat"))
    assert (seen[0] == 0).float().mean().item() == pytest.approx(0.5, abs=0.05)
    model.train()
    text = "".join(write(model, "the ", 20))
    assert text == "".join(write(model, "the ", 20)) and not (seen[-1] == 0).any()
