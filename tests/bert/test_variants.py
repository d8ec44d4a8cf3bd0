"""The counts of parameters against transformers and our own encoder, and the numbers of the papers among themselves."""

import pytest
import torch

from lessons.bert.encoder import BertConfig, BertEncoder
from lessons.bert.heads import Pooler
from lessons.bert.variants import COMPARISONS, SCORE, SIZES, Size, parameters

TOLERANCE = 0.03
"""The papers round to millions, and do not say which heads they count."""
FARTHER = {("ALBERT xxlarge", "ALBERT"): 0.06}
"""235 million by the paper; the count gives 222.6."""


def count(model: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in model.parameters())


def library(size: Size, albert: bool) -> torch.nn.Module:
    from transformers import AlbertConfig, AlbertModel, BertModel
    from transformers import BertConfig as LibraryConfig

    shape = {
        "vocab_size": size.vocab,
        "hidden_size": size.d_model,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.d_model // 64,
        "intermediate_size": size.d_ff,
    }
    if albert:
        return AlbertModel(AlbertConfig(embedding_size=size.embedding, **shape))
    return BertModel(LibraryConfig(**shape))


@pytest.mark.parametrize("name", SIZES)
def test_the_parameters_are_those_of_the_library(name):
    with torch.device("meta"):  # no memory is taken
        theirs = library(SIZES[name], albert=name.startswith("ALBERT"))
    assert parameters(SIZES[name]) == count(theirs)


@pytest.mark.parametrize("name", ["BERT base", "BERT large"])
def test_the_parameters_are_those_of_our_encoder_and_pooler(name):
    size = SIZES[name]
    config = BertConfig(size.vocab, size.d_model, size.layers, size.d_model // 64, size.d_ff)
    with torch.device("meta"):
        assert parameters(size) == count(BertEncoder(config)) + count(Pooler(size.d_model))


def test_sharing_and_a_narrow_table_each_save_what_they_should():
    plain = Size(12, 768, 768, 30_000, False, {})
    shared = Size(12, 768, 768, 30_000, True, {})
    layer = (parameters(plain) - parameters(shared)) / 11
    assert layer == 12 * 768**2 + 13 * 768  # 4 + 4 + 4 matrices; 4 + 1 + 4 biases and 2 norms
    narrow = Size(12, 768, 128, 30_000, True, {})
    assert parameters(shared) - parameters(narrow) == 30_516 * (768 - 128) - 129 * 768


@pytest.mark.parametrize(("name", "paper"), [(name, paper) for name, size in SIZES.items() for paper in size.published])
def test_the_papers_agree_with_the_count(name, paper):
    size = SIZES[name]
    off = abs(parameters(size) / (size.published[paper] * 1e6) - 1)
    assert off < FARTHER.get((name, paper), TOLERANCE)


def test_the_exception_is_one():
    assert abs(parameters(SIZES["ALBERT xxlarge"]) / 235e6 - 1) > TOLERANCE


@pytest.mark.parametrize("comparison", COMPARISONS.values(), ids=COMPARISONS)
def test_every_table_is_whole_and_tells_its_source(comparison):
    assert all(len(row) == len(comparison.measures) for row in comparison.rows.values())
    assert " et al. 20" in comparison.source and ", table" in comparison.source
    if comparison.unit == SCORE:
        assert all(60 < value < 100 for row in comparison.rows.values() for value in row)


def column(table: str, measure: str) -> dict[str, float]:
    comparison = COMPARISONS[table]
    return {name: row[comparison.measures.index(measure)] for name, row in comparison.rows.items()}


def test_one_model_in_two_tables_has_the_same_scores():
    """BERT trained again with dynamic masks and two segments is the same run in both tables of the paper."""
    for measure in COMPARISONS["masking"].measures:
        here, there = column("masking", measure), column("next_sentence", measure)
        assert here["trained again, dynamic"] == there["with it, two segments"]


def gains(table: str, later: str, earlier: str) -> list[float]:
    rows = COMPARISONS[table].rows
    return [round(one - other, 1) for one, other in zip(rows[later], rows[earlier], strict=True)]


def test_what_the_readings_say():
    assert gains("masking", "trained again, dynamic", "trained again, static") == [0.4, -0.3, 0.4]
    for later in ("without, full sentences", "without, from one document"):
        changes = gains("next_sentence", later, "with it, two segments")
        found = dict(zip(COMPARISONS["next_sentence"].measures, changes, strict=True))
        assert found.pop("SST-2") < 0 <= min(found.values()) and max(found.values()) < 1.5
    assert max(gains("next_sentence", "with it, two sentences", "with it, two segments")) < -0.7
    lost = gains("sharing", "BERT large", "ALBERT large")
    assert min(lost) > 1 and max(lost) < 5.5
    assert SIZES["ALBERT large"].shared and SIZES["ALBERT large"].embedding < SIZES["BERT large"].embedding
    for said in ("shared layers", "narrow table of words", "another second task"):
        assert said in COMPARISONS["sharing"].reading, "sharing is not all that differs"
    assert min(gains("sharing", "ALBERT xxlarge", "BERT large")) > 1
    assert SIZES["ALBERT xxlarge"].d_model == 4 * SIZES["BERT large"].d_model
    assert all(0.9 <= gain <= 1.3 for gain in gains("position", "DeBERTa large", "RoBERTa large"))
    assert all(3.5 < gain < 8 for gain in gains("position", "RoBERTa large", "BERT large"))
    large, shared = SIZES["BERT large"], SIZES["ALBERT large"]
    assert (large.layers, large.d_model) == (shared.layers, shared.d_model)
    assert round(parameters(large) / parameters(shared)) == 19
