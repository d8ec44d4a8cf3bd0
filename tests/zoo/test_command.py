"""The command line: `list` and `verify`."""

import hashlib

import pytest
import torch

from lessons import zoo
from lessons.zoo import manifest, recipes
from tests.zoo import TEXT, empty_box, entry, model, run, ship


@pytest.fixture(autouse=True)
def box(tmp_path, monkeypatch):
    return empty_box(tmp_path, monkeypatch)


@pytest.fixture
def text(tmp_path):
    (tmp_path / "tale.txt").write_bytes(TEXT.encode())
    return tmp_path / "tale.txt"


def lines(capsys, errors: int = 0) -> list[str]:
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == errors
    return said.out.splitlines()


def sentence(capsys) -> str:
    """The one line that was said as an error."""
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert line.endswith(".")
    return line


def test_the_list_reads_well(capsys, monkeypatch):
    monkeypatch.setitem(recipes.RECIPES, "tales-of-tomorrow", "nowhere:none")
    made = ship(score={"nats": 1.23456, **{f"another{i}": 0.5 for i in range(9)}})
    ship(name="gone", parameters=1_234_567).path.unlink()
    assert run("list") == 0
    head, one, two, three = lines(capsys)
    assert head.split() == ["name", "architecture", "parameters", "kB", "score", "file"]
    assert one.split()[:6] == ["tiny", "lstm", f"{made.parameters:,}", f"{made.bytes / 1000:.0f}", "nats", "1.235,"]
    assert one.endswith("in the box") and " … " in one
    assert two.startswith("gone") and "1,234,567" in two and two.endswith("missing")
    assert three.startswith("tales-of-tomorrow") and three.endswith("missing") and "not trained yet" in three
    assert all(len(line) <= 100 for line in (head, one, two, three))
    assert head.index("parameters") + len("parameters") == one.index(f"{made.parameters:,}") + len(
        f"{made.parameters:,}"
    )
    assert head.index("score") == one.index("nats")


def test_the_real_list_keeps_its_columns(capsys, monkeypatch):
    monkeypatch.undo()  # the course's own box
    assert run("list") == 0
    head, *rows = lines(capsys)
    ends = [head.index(word) + len(word) for word in ("parameters", "kB")]
    starts = [head.index(word) for word in ("architecture", "score", "file")]
    for row in rows:
        assert all(row[end - 1] != " " == row[end] for end in ends)
        assert all(row[start - 1] == " " for start in starts)
        assert row.endswith(("in the box", "fetched")) and row[starts[-1] :].strip() and len(row) <= 100


def test_all_is_well(capsys):
    ship()
    ship(name="two")
    assert run("verify") == 0
    one, two = lines(capsys)
    assert one.startswith("[OK]   tiny: ") and one.endswith("whole and finite") and two.startswith("[OK]   two: ")
    assert run("verify", "two") == 0
    assert lines(capsys) == [two]


def test_one_that_fails_is_one_line_and_the_others_go_on(capsys):
    ship().path.unlink()
    ship(name="two")
    made = ship(name="three")
    made.path.write_bytes(made.path.read_bytes()[:-1])
    assert run("verify") == 1
    one, two, three = lines(capsys)
    assert one.startswith("[FAIL] tiny: there is no file") and two.startswith("[OK]   two: ")
    assert three.startswith("[FAIL] three: three.safetensors is cut off")
    assert run("verify", "two") == 0


def test_the_score_again(capsys, text):
    made = ship()
    assert run("verify", "--text", text) == 0
    (line,) = lines(capsys)
    assert line.endswith(
        f"measured and in brackets the manifest's: nats {made.score['nats']:.4f} ({made.score['nats']:.4f})"
    )


def test_a_score_outside_its_tolerance(capsys, text):
    score = ship().score["nats"]
    for off, status in ((0.009, 0), (0.011, 1), (-0.009, 0), (-0.011, 1)):
        ship(score={"nats": score + off})
        assert run("verify", "--text", text) == status
        (line,) = lines(capsys)
        assert ("[FAIL] tiny: its nats is farther from the manifest's than the tolerance" in line) == bool(status)
    ship(score={"nats": score, "colour": 1.0}, tolerance={"colour": 1.0})
    assert run("verify", "--text", text) == 1  # the recipe measures no such score


def test_a_score_needs_the_text_of_the_manifest(capsys, tmp_path):
    ship()
    (tmp_path / "other.txt").write_text("Another tale.")
    assert run("verify", "--text", tmp_path / "other.txt") == 1
    (line,) = lines(capsys)
    found = hashlib.sha256(b"Another tale.").hexdigest()[:12]
    assert line.startswith("[FAIL] tiny: ") and found in line and entry().text_sha256 in line
    assert "any copy of The Wolf and the Goat with the sha256" in line


def test_a_model_that_makes_its_own_text_is_always_scored(capsys, monkeypatch):
    monkeypatch.setitem(recipes.RECIPES, "tiny", "tests.zoo:own_text")
    score = ship(text_sha256=None).score["nats"]
    assert run("verify") == 0
    assert f"nats {score:.4f}" in lines(capsys)[0]
    ship(text_sha256=None, score={"nats": score + 1})
    assert run("verify") == 1


def test_a_score_without_a_recipe(capsys, text):
    ship(name="two")
    assert run("verify", "--text", text) == 1
    assert lines(capsys) == ["[FAIL] There is no recipe for 'two': choose from tiny."]


def test_what_is_not_there_gets_one_sentence(capsys, tmp_path):
    assert run("verify") == 2
    assert sentence(capsys) == "The zoo is empty: there is nothing to verify."
    ship()
    assert run("verify", "nobody") == 2
    assert sentence(capsys) == "There is no model 'nobody' in the zoo: choose from tiny."
    assert run("verify", "--text", tmp_path / "no.txt") == 2
    assert sentence(capsys) == f"The text {tmp_path / 'no.txt'} cannot be read: No such file or directory."
    (manifest.FOLDER / "manifest.toml").write_text("[")
    for command in ("list", "verify"):
        assert run(command) == 2
        assert sentence(capsys).startswith("The zoo's manifest is not TOML")


def test_a_command_that_is_none(capsys):
    for words in ([], ["fly"], ["train"], ["train", "tiny", "--ship", "--to", "here"]):
        with pytest.raises(SystemExit) as left:
            run(*words)
        assert left.value.code == 2
    capsys.readouterr()


def test_the_score_is_that_of_the_model_as_it_is_loaded(text, monkeypatch):
    seen = []
    ship(model(seed=4))
    monkeypatch.setattr("tests.zoo.nats_per_character", lambda kept, text: seen.append((kept, text)) or 3.0)
    run("verify", "--text", text)
    ((kept, read),) = seen
    assert read == TEXT and not kept.training
    assert torch.equal(kept.stack.A_y, zoo.load("tiny").stack.A_y)
