"""The command line: `train`. It says what is missing before it starts, goes on where it stopped, and measures."""

import hashlib
import os
import signal

import pytest
import torch

import tests.zoo as shared
from lessons import zoo
from lessons.core import checkpoint as checkpoints
from lessons.recurrent.character_model import nats_per_character
from lessons.zoo import manifest, recipes, train, weights
from tests.zoo import SHA256, STEPS, TEXT, Wrapped, empty_box, model, run, ship, tiny, training
from tests.zoo.test_command import sentence, text  # noqa: F401 - a fixture


@pytest.fixture(autouse=True)
def box(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return empty_box(tmp_path, monkeypatch)


@pytest.fixture(autouse=True)
def interrupts():
    """Python's own handler, also where the tests run in the background and a shell has turned interrupts off."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def straight(tmp_path, text, capsys):  # noqa: F811
    """The bytes of an uninterrupted training."""
    assert run("train", "tiny", "--text", text, "--to", tmp_path / "straight") == 0
    capsys.readouterr()
    return (tmp_path / "straight" / "tiny.safetensors").read_bytes()


def kept_at(tmp_path):
    return tmp_path / "cache" / "tiny.checkpoint.safetensors"


def interrupt_at(step: int, monkeypatch, times: int = 1) -> None:
    """Let the user press Ctrl-C in the middle of a step."""
    count, loss = iter(range(1, 1000)), shared.loss

    def interrupted(wrapped, ids):
        if next(count) == step:
            for _ in range(times):
                signal.raise_signal(signal.SIGINT)
        return loss(wrapped, ids)

    monkeypatch.setattr(shared, "loss", interrupted)


def no_step(wrapped, ids):
    raise AssertionError("a step was taken")


def test_it_trains_and_measures_what_it_wrote(tmp_path, text, capsys, monkeypatch):  # noqa: F811
    assert run("train", "tiny", "--text", text) == 0
    path = tmp_path / "tiny.safetensors"
    expected = training(TEXT)
    expected.run(progress=False)
    assert path.read_bytes() == weights.pack(expected.model.model, "character-model")
    score = nats_per_character(weights.unpack(path.read_bytes(), "tiny", "character-model"), TEXT)
    assert score != nats_per_character(expected.model.model, TEXT)  # the rounding shows
    said = capsys.readouterr().out
    assert "Wrote tiny.safetensors: " in said and f"nats  {score:.4f}\n" in said and "no score of it yet" in said
    assert sorted(os.listdir(tmp_path)) == ["box", "cache", "tale.txt", "tiny.safetensors"]
    assert os.listdir(tmp_path / "cache") == [] and zoo.names() == []


def test_the_score_is_measured_after_the_rounding(text, monkeypatch):  # noqa: F811
    seen = []
    monkeypatch.setattr(shared, "nats_per_character", lambda kept, text: seen.append((kept, text)) or 3.0)
    assert run("train", "tiny", "--text", text) == 0
    ((kept, read),) = seen
    assert read == TEXT and not kept.training
    assert all(torch.equal(weight, weight.half().float()) for weight in kept.parameters())


def test_an_interrupted_run_goes_on_to_the_same_weights(tmp_path, text, straight, capsys, monkeypatch):  # noqa: F811
    with monkeypatch.context() as keys:
        interrupt_at(5, keys)
        assert run("train", "tiny", "--text", text) == 130
    said = capsys.readouterr().out
    assert said == f"Stopped at step 5 of {STEPS}: the same command goes on from {kept_at(tmp_path)}.\n"
    assert not (tmp_path / "tiny.safetensors").exists()
    torch.rand(3)
    assert run("train", "tiny", "--text", text) == 0
    assert f"Going on from step 5 of {STEPS}. To start afresh, delete {kept_at(tmp_path)}." in capsys.readouterr().out
    assert (tmp_path / "tiny.safetensors").read_bytes() == straight
    assert not kept_at(tmp_path).exists()


def test_a_second_interrupt_goes_back_to_the_last_checkpoint(tmp_path, text, straight, capsys, monkeypatch):  # noqa: F811
    with monkeypatch.context() as keys:
        interrupt_at(5, keys, times=2)
        assert run("train", "tiny", "--text", text) == 130
    assert capsys.readouterr().out == f"Stopped at step 4 of {STEPS}: the same command starts again.\n"
    monkeypatch.setattr(train, "CHECKPOINT_EVERY", 3)
    with monkeypatch.context() as keys:
        interrupt_at(5, keys, times=2)
        assert run("train", "tiny", "--text", text) == 130
    assert "goes on from" in capsys.readouterr().out
    assert len(checkpoints.load(kept_at(tmp_path))["history"]) == 3
    assert run("train", "tiny", "--text", text) == 0
    assert (tmp_path / "tiny.safetensors").read_bytes() == straight


def test_a_checkpoint_every_200_steps(monkeypatch, text):  # noqa: F811
    seen = []
    monkeypatch.setattr(train, "_finished", lambda run: seen.append(run.checkpoint) or run.run(progress=False))
    run("train", "tiny", "--text", text)
    assert [steps for _, steps in seen] == [200]


def test_a_finished_training_is_never_trained_again(tmp_path, text, straight, capsys, monkeypatch):  # noqa: F811
    """When the disk was full at the very end, the same command only has to write."""

    def fails(*_):
        raise OSError(28, "No space left on device", "tiny.safetensors")

    with monkeypatch.context() as disk:
        disk.setattr(weights, "write_whole", fails)
        assert run("train", "tiny", "--text", text) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "tiny.safetensors cannot be written or read: No space left on device."
    )
    monkeypatch.setattr(shared, "loss", no_step)
    assert run("train", "tiny", "--text", text) == 0
    assert (tmp_path / "tiny.safetensors").read_bytes() == straight


def test_a_checkpoint_that_does_not_fit(tmp_path, text, capsys):  # noqa: F811
    kept_at(tmp_path).parent.mkdir()
    other = training(TEXT)
    other.model = Wrapped(model(hidden=9))
    other.optimizer = torch.optim.Adam(other.model.parameters(), lr=0.01)
    other.save(kept_at(tmp_path))
    assert run("train", "tiny", "--text", text) == 2
    said = sentence(capsys)
    assert "belongs to another model" in said and said.endswith(f"or delete {kept_at(tmp_path)} to start afresh.")
    longer = training(TEXT)
    longer.steps = STEPS + 2
    longer.run(progress=False)
    longer.save(kept_at(tmp_path))
    assert run("train", "tiny", "--text", text) == 2
    assert f"is at step {STEPS + 2}, but the recipe has {STEPS}: delete it" in sentence(capsys)


def test_shipping_writes_the_file_and_its_entry(box, text, straight, capsys):  # noqa: F811
    other = ship(name="other")
    ship(score={"nats": 99.0})
    assert run("train", "tiny", "--text", text, "--ship") == 0
    assert "outside the tolerance" in capsys.readouterr().out
    assert (box / "weights" / "tiny.safetensors").read_bytes() == straight
    made = zoo.entry("tiny")
    kept = zoo.load("tiny")
    assert zoo.names() == ["other", "tiny"] and zoo.entry("other") == other
    assert (made.title, made.kind, made.architecture, made.licence) == (
        "A tiny model",
        "character-model",
        "lstm",
        "MIT",
    )
    assert (made.source, made.text_sha256, made.recipe) == ("The Wolf and the Goat", SHA256, "tests.zoo")
    assert (made.seed, made.steps, made.tolerance) == (3, STEPS, {"nats": 0.01})
    assert (made.bytes, made.sha256) == (len(straight), hashlib.sha256(straight).hexdigest())
    assert made.torch == torch.__version__.partition("+")[0] and 0 <= made.minutes < 5
    assert made.parameters == sum(weight.numel() for weight in kept.parameters())
    assert made.score == {"nats": nats_per_character(kept, TEXT), "hidden": 8.0}
    assert run("verify", "tiny", "--text", text) == 0


def test_the_score_beside_the_manifests(text, straight, capsys):  # noqa: F811
    score = nats_per_character(weights.unpack(straight, "tiny", "character-model"), TEXT)
    for off, status, word in ((0.009, 0, "within"), (0.011, 1, "outside")):
        ship(score={"nats": score - off})
        assert run("train", "tiny", "--text", text) == status
        said = capsys.readouterr().out
        assert f"nats  {score:.4f}   the manifest: {score - off:.4f}, {word} the tolerance of 0.01\n" in said
    ship(score={"nats": score, "colour": 0.5}, tolerance={"colour": 1.0})
    assert run("train", "tiny", "--text", text) == 1
    assert "colour  not measured   the manifest: 0.5000, outside" in capsys.readouterr().out


def test_a_recipe_that_cannot_be_judged_writes_nothing(box, tmp_path, text, capsys, monkeypatch):  # noqa: F811
    before = ship()
    for wrong in ({"tolerance": {"colour": 1.0}}, {"score": lambda kept, text: {"nats": float("nan")}}):
        broken = tiny(**wrong)
        monkeypatch.setattr(shared, "broken", lambda broken=broken: broken, raising=False)
        monkeypatch.setitem(recipes.RECIPES, "tiny", "tests.zoo:broken")
        assert run("train", "tiny", "--text", text, "--ship") == 2
        assert "mend the recipe and give the same command again" in capsys.readouterr().err
    assert zoo.entry("tiny") == before and zoo.load("tiny") is not None and kept_at(tmp_path).exists()


def test_a_recipe_with_arguments_and_a_text_of_its_own(tmp_path, text, straight, monkeypatch, capsys):  # noqa: F811
    monkeypatch.setitem(recipes.RECIPES, "tiny", "tests.zoo:own_text")
    assert run("train", "tiny", "--ship") == 0
    assert zoo.entry("tiny").text_sha256 is None and zoo.entry("tiny").path.read_bytes() == straight
    capsys.readouterr()
    assert run("train", "tiny", "--text", text) == 2
    assert sentence(capsys) == "tiny makes its own text: leave out --text."
    monkeypatch.setitem(recipes.RECIPES, "tiny", f"tests.zoo:tiny:{'a' * 64}")
    assert recipes.recipe("tiny").text_sha256 == "a" * 64


def test_what_is_wrong_is_said_before_the_training(tmp_path, text, capsys, monkeypatch):  # noqa: F811
    monkeypatch.setattr(shared, "loss", no_step)
    assert run("train", "nobody", "--text", text) == 2
    assert sentence(capsys) == "There is no recipe for 'nobody': choose from tiny."
    assert run("train", "tiny") == 2
    assert sentence(capsys) == (
        "tiny is trained on The Wolf and the Goat: name a copy of it with --text PATH; "
        f"any with the sha256 {SHA256} will do."
    )
    assert run("train", "tiny", "--text", tmp_path) == 2
    assert sentence(capsys) == f"The text {tmp_path} cannot be read: Is a directory."
    (tmp_path / "other.txt").write_bytes(TEXT.replace("\r", "").encode())
    assert run("train", "tiny", "--text", tmp_path / "other.txt") == 2
    assert f"any copy of The Wolf and the Goat with the sha256 {SHA256} will do." in sentence(capsys)
    assert run("train", "tiny", "--text", text, "--to", text) == 2
    assert sentence(capsys) == f"The folder {text} cannot be written to, File exists: name another one."
    monkeypatch.setenv("UNROLLED_CACHE", str(text / "cache"))
    assert run("train", "tiny", "--text", text) == 2
    assert "cannot be written to, Not a directory" in sentence(capsys)
    monkeypatch.setenv("UNROLLED_CACHE", str(tmp_path / "cache"))
    (manifest.FOLDER / "manifest.toml").write_text("[")
    assert run("train", "tiny", "--text", text) == 2
    assert "not TOML" in sentence(capsys)


def test_a_training_that_diverges(tmp_path, text, capsys, monkeypatch):  # noqa: F811
    loss = shared.loss
    monkeypatch.setattr(shared, "loss", lambda wrapped, ids: loss(wrapped, ids) * float("nan"))
    assert run("train", "tiny", "--text", text) == 1
    assert "At step 1 the loss is nan: the training has diverged." in capsys.readouterr().err
    assert not (tmp_path / "tiny.safetensors").exists()


def test_a_text_in_two_files_is_named_file_by_file(tmp_path, monkeypatch, text, capsys):  # noqa: F811
    monkeypatch.setitem(recipes.RECIPES, "tiny", "tests.zoo:two_files")
    assert run("train", "tiny", "--text", text, text, "--to", tmp_path) == 0
    assert (tmp_path / "tiny.safetensors").is_file()
    capsys.readouterr()
    assert run("train", "tiny", "--text", text, "--to", tmp_path) == 2  # one of them alone is another text
    assert f"{text} is not the text that it is trained on" in sentence(capsys)


def test_a_base_is_told_to_the_manifest(monkeypatch, text):  # noqa: F811
    monkeypatch.setitem(recipes.RECIPES, "tiny", "tests.zoo:with_base")
    assert run("train", "tiny", "--text", text, "--ship") == 0
    assert zoo.entry("tiny").base == "ground"
