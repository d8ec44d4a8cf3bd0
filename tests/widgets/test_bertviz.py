"""BertViz's views without a browser: what the page holds, what it must not hold, and what is refused."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
import torch

from widgets import bertviz_page
from widgets.bertviz import head_view, model_view, neuron_view
from widgets.instruments.frame import Frame

LAYERS, HEADS, TIME, WIDTH = 2, 3, 5, 7
TOKENS = ["[CLS]", "the", " cat", "sat", "[SEP]"]
HOSTILE = ["</script><script>alert(1)</script>", "<!--<script>", "<b>x", "\u202eback\u2028", "x" * 10_000]


def pattern(layers: int = LAYERS, heads: int = HEADS, time: int = TIME) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(layers, heads, time, time, generator=generator).softmax(-1)


def vectors() -> torch.Tensor:
    return torch.randn(LAYERS, HEADS, TIME, WIDTH, generator=torch.Generator().manual_seed(1))


def views(tokens: list[str]) -> list[Frame]:
    return [
        head_view(pattern(), tokens, layer=1, heads=[0, 2]),
        model_view(pattern(), tokens),
        neuron_view(vectors(), vectors() + 1, pattern(), tokens, layer=1, head=2),
    ]


def parameters(frame: Frame) -> dict:
    """Return what the page gives to BertViz."""
    found = re.findall(r'= (\{"attention":.*\});', frame.page.decode())
    assert len(found) == 1, "the numbers are sent once"
    return json.loads(found[0])


class Elements(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.found.append((tag, dict(attributes)))


@pytest.mark.parametrize("which", range(3), ids=["head", "model", "neuron"])
def test_the_page_holds_the_recording_once_and_asks_no_host_for_anything(which: int) -> None:
    frame = views(TOKENS)[which]
    given = parameters(frame)["attention"]
    given = given["all"] if which == 2 else given[0]
    assert given["left_text"] == given["right_text"] == TOKENS
    torch.testing.assert_close(torch.tensor(given["attn"]), pattern(), atol=6e-5, rtol=0)
    assert frame.page.decode().count(json.dumps(given["attn"][1][2][3])[1:-1].replace(" ", "")) == 1
    elements = Elements(frame.page.decode()).found
    assert not [attributes for _, attributes in elements if {"src", "href"} & set(attributes)]
    [policy] = [a["content"] for tag, a in elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    names = [tag for tag, _ in elements]
    assert names.index("meta") < names.index("script")


@pytest.mark.parametrize("which", range(3), ids=["head", "model", "neuron"])
def test_no_token_becomes_markup(which: int) -> None:
    plain, hostile = (Elements(views(tokens)[which].page.decode()).found for tokens in (TOKENS, HOSTILE))
    assert [tag for tag, _ in plain] == [tag for tag, _ in hostile]
    page = views(HOSTILE)[which].page.decode()
    assert "alert" not in page.replace("\\u003c/script>\\u003cscript>alert", "") and "\u202e" not in page
    given = parameters(views(HOSTILE)[which])["attention"]
    labels = (given["all"] if which == 2 else given[0])["left_text"]
    assert labels[0].startswith("</script>") and labels[2] == "<b>x" and labels[3].startswith("U+202Eback")
    assert max(map(len, labels)) <= bertviz_page.LONGEST


def test_what_is_on_view_first() -> None:
    head, model, neuron = (parameters(frame) for frame in views(TOKENS))
    assert (head["layer"], head["heads"], head["include_layers"]) == (1, [0, 2], [0, 1])
    assert (model["include_layers"], model["include_heads"], model["total_heads"]) == ([0, 1], [0, 1, 2], 3)
    assert (neuron["layer"], neuron["head"], neuron["bidirectional"]) == (1, 2, True)
    assert parameters(head_view(pattern(), TOKENS))["heads"] is None, "all heads"
    queries, keys = (torch.tensor(neuron["attention"]["all"][name]) for name in ("queries", "keys"))
    torch.testing.assert_close((queries, keys), (vectors(), vectors() + 1), atol=6e-5, rtol=0)
    causal = neuron_view(vectors(), vectors(), pattern().tril(), TOKENS)
    assert parameters(causal)["bidirectional"] is False


def test_a_layer_and_heads_may_be_numbers_of_another_library() -> None:
    page = parameters(head_view(pattern(), TOKENS, layer=np.int64(1), heads=torch.tensor([0, 2])))
    assert (page["layer"], page["heads"]) == (1, [0, 2])
    page = parameters(neuron_view(vectors(), vectors(), pattern(), TOKENS, layer=torch.tensor(1), head=np.int32(2)))
    assert (page["layer"], page["head"]) == (1, 2)


def test_a_recording_with_a_gradient_and_one_token_are_shown_and_left_as_they_are() -> None:
    weights = pattern().requires_grad_()
    before = weights.detach().clone()
    head_view(weights, TOKENS)
    assert torch.equal(weights, before)
    alone = torch.ones(1, 1, 1, 1, dtype=torch.float16)
    assert parameters(neuron_view(alone, alone, alone, ["a"]))["attention"]["all"]["attn"] == [[[[1.0]]]]
    assert parameters(model_view(alone, [""]))["attention"][0]["left_text"] == ["∅"]


def test_nothing_is_imported_that_nobody_asked_for() -> None:
    code = (
        "import sys, torch, widgets.bertviz as b; assert 'bertviz' not in sys.modules\n"
        "b.neuron_view(*[torch.ones(1, 1, 1, 1)] * 3, ['a'])\n"
        "tops = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(tops & {'mpld3', 'sphinx', 'matplotlib', 'transformers', 'bertviz'}),"
        " 'bertviz.transformers_neuron_view' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "['bertviz'] False"


@pytest.mark.parametrize(
    ("view", "most", "says"),
    [
        (lambda n, **k: head_view(pattern(1, 12, n), ["a"] * n, **k), 12, "head view of 12 heads"),
        (lambda n, **k: model_view(pattern(2, 12, n), ["a"] * n, **k), 9, "model view of 2 x 12 heads"),
        (
            lambda n, **k: neuron_view(*[torch.ones(1, 1, n, 10)] * 2, pattern(1, 1, n), ["a"] * n, **k),
            14,
            "neuron view",
        ),
    ],
    ids=["head", "model", "neuron"],
)
def test_too_many_tokens_get_a_sentence_with_the_limit(view, most: int, says: str) -> None:
    view(most, shapes=2000)
    with pytest.raises(ValueError, match=rf"{says} draws .* for {most + 1} tokens.* at most {most} tokens.*head bro"):
        view(most + 1, shapes=2000)
    view(most + 1)


def test_the_limit_admits_a_sentence_of_six_layers_with_twelve_heads() -> None:
    model_view(torch.zeros(6, 12, 26, 26), ["a"] * 26)
    head_view(torch.zeros(6, 12, 64, 64), ["a"] * 64)
    with pytest.raises(ValueError, match="196,608 shapes for 128 tokens .* at most 64 tokens"):
        head_view(torch.zeros(1, 12, 128, 128), ["a"] * 128)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: head_view(pattern(), TOKENS[1:]), "with 5 tokens got 4 labels. Give exactly 5"),
        (lambda: head_view(pattern()[..., 1:], TOKENS), r"as many queries as keys.*\[2, 3, 5, 4\]"),
        (lambda: head_view(torch.zeros(2, 3, 0, 0), []), r"at least one layer, head and token.*\[2, 3, 0, 0\]"),
        (lambda: model_view(torch.zeros(1, 1, 1, 1, 1), ["a"]), "between 1 and 4 axes.*got 5"),
        (lambda: model_view("attention", TOKENS), "needs numbers"),
        (lambda: model_view(pattern().log(), TOKENS), "between 0 and 1, and one is -.*after the softmax"),
        (lambda: head_view(pattern() * torch.nan, TOKENS), "between 0 and 1, and one is nan"),
        (lambda: head_view(pattern(), TOKENS, layer=2), "Layer 2 does not exist: there are 2, counted from 0"),
        (lambda: head_view(pattern(), TOKENS, layer=1.5), "Layer needs a whole number, and got 1.5"),
        (lambda: head_view(pattern(), TOKENS, layer=-1), "Layer -1 does not exist"),
        (lambda: head_view(pattern(), TOKENS, heads=[0, 3]), "Head 3 does not exist: there are 3"),
        (lambda: neuron_view(vectors(), vectors(), pattern(), TOKENS, layer=9), "Layer 9 does not exist"),
        (lambda: neuron_view(vectors(), vectors(), pattern(), TOKENS, head=3), "Head 3 does not exist"),
        (lambda: neuron_view(vectors()[:1], vectors(), pattern(), TOKENS), r"queries are one vector.*\[1, 3, 5, 7\]"),
        (lambda: neuron_view(vectors(), vectors()[..., :0], pattern(), TOKENS), "keys are one vector"),
        (lambda: neuron_view(vectors(), vectors()[..., :6], pattern(), TOKENS), "one width, and got 7 and 6 numbers"),
        (lambda: neuron_view(vectors(), vectors() / 0, pattern(), TOKENS), "keys hold a number that is not finite"),
    ],
)
def test_what_does_not_fit_gets_one_sentence(call, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_missing_library_and_another_bertviz_are_named(monkeypatch) -> None:
    with pytest.raises(ValueError, match="install bertviz 1.4.1"):
        bertviz_page.fill("<div></div>")
    bertviz_page.libraries.cache_clear()
    monkeypatch.setattr(bertviz_page, "LIBRARIES", {"no-such-package-here": "d3.js"})
    with pytest.raises(ValueError, match="needs d3 and jQuery: install no-such-package-here"):
        bertviz_page.libraries()
    bertviz_page.libraries.cache_clear()


def test_a_frame_says_what_it_is() -> None:
    frame = head_view(pattern(), TOKENS, height=300)
    assert (frame.title, frame.height) == ("BertViz, head view", 300)
    assert "mouse" in frame.note
    frame.show("<body>other</body>")
    assert frame.title == "BertViz, head view" and frame.page.endswith(b"<body>other</body>")
