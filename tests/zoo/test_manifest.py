"""The manifest: what is written comes back, and what cannot be right is refused in one sentence."""

import os
import tomllib
from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lessons.zoo import manifest
from lessons.zoo.manifest import Entry, Packaged, ZooError
from tests.zoo import empty_box, entry
from tests.zoo.packages import made_up

TEXTS = st.text(max_size=20) | st.sampled_from(['"', "\\", "\x7f", "\x00\n\r\t", "é\U0001f43a\u2028", "'''"])
WHOLE = st.integers(1, 2**60)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
ABOVE = st.floats(0, allow_infinity=False)
HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
SCORES = st.dictionaries(TEXTS, FLOATS, max_size=3)


@st.composite
def entries(draw) -> Entry:
    name = draw(st.sampled_from(["a", "7", "tales-lstm", "x-1-y"]))
    score = draw(SCORES)
    judged = draw(st.sets(st.sampled_from(sorted(score)))) if score else ()
    return Entry(
        name, *draw(st.tuples(TEXTS, TEXTS, TEXTS)), f"{name}.safetensors", draw(WHOLE), draw(HEX), draw(WHOLE),
        draw(TEXTS), draw(TEXTS), draw(st.none() | HEX), draw(TEXTS), draw(st.integers()), draw(WHOLE), draw(TEXTS),
        draw(ABOVE), score, {key: draw(ABOVE) for key in judged},
    )  # fmt: skip


@st.composite
def packages(draw) -> Packaged:
    word = st.from_regex(r"\w[\w.-]*", fullmatch=True)
    return Packaged(
        draw(st.sampled_from(["b", "8", "real-model"])), *draw(st.tuples(TEXTS, TEXTS, TEXTS, word, word, WHOLE, HEX)),
        draw(TEXTS) + draw(st.sampled_from([".gguf", ".safetensors"])), draw(WHOLE), draw(HEX), draw(WHOLE),
        draw(TEXTS), draw(TEXTS),
    )  # fmt: skip


@pytest.fixture
def box(tmp_path, monkeypatch):
    return empty_box(tmp_path, monkeypatch)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(entries() | packages(), max_size=4))
def test_what_is_written_comes_back(made):
    named = {one.name: one for one in made}
    assert manifest.parse(manifest.dump(named)) == named


def test_a_manifest_reads_well():
    text = manifest.dump({"tiny": entry(text_sha256=None)})
    assert text == (
        "# Written by `python -m lessons.zoo train NAME --ship`, `fetch` and `measure`, never by hand.\n\n"
        '[tiny]\ntitle = "A tiny model"\nkind = "character-model"\narchitecture = "lstm"\nfile = "tiny.safetensors"\n'
        f'bytes = 100\nsha256 = "{"0" * 64}"\nparameters = 10\nlicence = "MIT"\nsource = "The Wolf and the Goat"\n'
        'recipe = "tests.zoo"\nseed = 3\nsteps = 12\ntorch = "2.13.0"\nminutes = 0.5\n\n'
        '[tiny.score]\n"nats" = 3.0\n\n[tiny.tolerance]\n"nats" = 0.01\n'
    )


def test_a_package_reads_well():
    text = manifest.dump({"real": made_up()})
    assert text.partition("\n\n")[2] == (
        '[real]\ntitle = "A tiny model"\nkind = "llama"\narchitecture = "llama"\npackage = "tiny-weights"\n'
        f'version = "0.1.0"\nwheel_bytes = 90\nwheel_sha256 = "{"1" * 64}"\nmember = "tiny_weights/tiny.gguf"\n'
        f'bytes = 100\nsha256 = "{"0" * 64}"\nparameters = 10\nlicence = "MIT"\nsource = "drawn at random"\n'
    )


def test_a_packages_file_lies_in_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("UNROLLED_CACHE", str(tmp_path / "here"))
    assert made_up().path == tmp_path / "here" / "real.safetensors"
    monkeypatch.delenv("UNROLLED_CACHE")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / "cache" / name)
    assert made_up().path == tmp_path / "cache" / "unrolled" / "real.safetensors"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"package": "--index-url"}, "package cannot be '--index-url'"),
        ({"package": "a b"}, "package cannot be 'a b'"),
        ({"package": "x@https://example.org"}, "package cannot be"),
        ({"version": "1 --pre"}, "version cannot be '1 --pre'"),
        ({"wheel_bytes": 0}, "wheel_bytes must be 1 or more, not 0"),
        ({"parameters": 0}, "parameters must be 1 or more, not 0"),
        ({"wheel_sha256": "x"}, "wheel_sha256 must be 64 hexadecimal digits, not 'x'"),
        ({"member": "model.pt"}, "member must end in .gguf or .safetensors, not be 'model.pt'"),
        ({"name": "Real"}, "a name is made of small letters"),
    ],
)
def test_a_malformed_package_gets_one_sentence(changes, said):
    with pytest.raises(ZooError) as caught:
        made_up(**changes)
    assert f"manifest is malformed, {said}" in str(caught.value)


def test_without_a_file_there_are_no_entries(box):
    assert manifest.read() == {}


def test_order_is_kept(box):
    names = ["b", "a", "c-2"]
    manifest.write({name: entry(name=name) for name in names})
    assert list(manifest.read()) == names


def test_its_file_lies_among_the_weights(box):
    assert entry().path == box / "weights" / "tiny.safetensors"


@pytest.mark.parametrize("broken", ["replace", "fsync"])
def test_a_failing_disk_leaves_the_old_file_and_nothing_else(box, monkeypatch, broken):
    manifest.write({"tiny": entry()})

    def fails(*_):
        raise OSError("No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, broken, fails)
        with pytest.raises(OSError, match="No space"):
            manifest.write({})
    assert manifest.read() == {"tiny": entry()}
    assert sorted(os.listdir(box)) == ["manifest.toml", "weights"]


def table(**changes) -> str:
    """A manifest with one table, some of whose values are replaced, or left out where they are None."""
    values = {key: value for key, value in asdict(entry()).items() if key != "name"} | changes
    as_toml = lambda value: repr(value).replace("True", "true").replace("{'nats': ", '{"nats" = ')  # noqa: E731
    return "[tiny]\n" + "\n".join(f"{key} = {as_toml(value)}" for key, value in values.items() if value is not None)


def test_the_table_of_these_tests_is_right():
    assert manifest.parse(table()) == {"tiny": entry()}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"licence": None, "seed": None}, "it lacks licence, seed"),
        ({"colour": "red"}, "colour means nothing to it"),
        ({"bytes": "many"}, "bytes cannot be 'many'"),
        ({"bytes": True}, "bytes cannot be True"),
        ({"bytes": 0}, "bytes must be 1 or more, not 0"),
        ({"parameters": 1.5}, "parameters cannot be 1.5"),
        ({"minutes": 3}, "minutes cannot be 3"),
        ({"minutes": -1.0}, "minutes must be 0 or more, not -1.0"),
        ({"minutes": float("inf")}, "minutes must be finite, not inf"),
        ({"sha256": "abc"}, "sha256 must be 64 hexadecimal digits, not 'abc'"),
        ({"text_sha256": "G" * 64}, "text_sha256 must be 64 hexadecimal digits"),
        ({"file": "../tiny.safetensors"}, "file must be a plain name that ends in .safetensors"),
        ({"file": "tiny.pt"}, "file must be a plain name that ends in .safetensors"),
        ({"score": 3.0}, "score cannot be 3.0"),
        ({"score": {"nats": "low"}}, "score cannot be"),
        ({"score": {"nats": float("nan")}}, "nats must be finite, not nan"),
        ({"tolerance": {"nats": -0.5}}, "nats must be 0 or more, not -0.5"),
        ({"score": {}}, "it has a tolerance for nats, but no such score"),
    ],
)
def test_a_malformed_entry_gets_one_sentence(changes, said):
    with pytest.raises(ZooError) as caught:
        manifest.parse(table(**changes))
    assert f"entry 'tiny' of the zoo's manifest is malformed, {said}" in str(caught.value)
    assert "from the course's repository." in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["tiny = 3", '["two words"]\n' + table().partition("\n")[2]])
def test_a_table_of_another_shape_or_name(text):
    with pytest.raises(ZooError, match="malformed, (it is a value and not a table|a name is made of small letters)"):
        manifest.parse(text)


def test_what_is_no_toml_or_no_text(box):
    for data in (b"[tiny", b"<<<<<<< HEAD\n", b"\xff\xfe\x00"):
        (box / "manifest.toml").write_bytes(data)
        with pytest.raises(ZooError, match="The zoo's manifest is not TOML.*repository.$"):
            manifest.read()


def test_a_manifest_that_cannot_be_read(box):
    (box / "manifest.toml").mkdir()
    with pytest.raises(ZooError, match="manifest.toml cannot be read, Is a directory"):
        manifest.read()


def test_a_manifest_cut_off_anywhere_is_refused_or_shorter():
    whole = manifest.dump({"one": entry(name="one"), "two": entry(name="two")})
    for size in range(len(whole)):
        try:
            found = manifest.parse(whole[:size])
        except ZooError:
            continue
        assert all(one.name == name for name, one in found.items())


def test_scores_are_held_to_their_tolerance():
    made = entry(score={"nats": 1.0, "r": 0.5, "unit": 3.0}, tolerance={"nats": 0.25, "r": 0.0})
    assert made.misses({"nats": 1.25, "r": 0.5, "unit": 99.0}) == []
    assert made.misses({"nats": 0.7, "r": 0.5}) == ["nats"]
    assert made.misses({"nats": float("nan")}) == ["nats", "r"]


def test_every_score_of_toml_is_a_float_again():
    assert (
        tomllib.loads(manifest.dump({"tiny": entry(minutes=1e-07, score={"nats": 1e22})}))["tiny"]["minutes"] == 1e-07
    )
