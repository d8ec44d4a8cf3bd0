"""What came after BERT: RoBERTa (Liu et al. 2019), ALBERT (Lan et al. 2020), DeBERTa (He et al. 2021), in numbers.

    RoBERTa   the same model, trained longer on more text, with masks drawn anew and without next sentence prediction
    ALBERT    one layer for all places of the stack, and a narrow table of words that a matrix widens
    DeBERTa   two vectors for each token, one for what it is and one for where it stands

    parameters(SIZES["ALBERT base"])        # 11_683_584, counted from the configuration
    COMPARISONS["masking"].rows             # what a paper reports

The parameters are counted here, as `BertEncoder` with its `Pooler` has them; the scores are those of the papers, in
per cent, and nothing of them was measured here. Everything but the numbers is in our own words.
"""

from dataclasses import dataclass

POSITIONS, SEGMENTS = 512, 2


@dataclass(frozen=True)
class Size:
    """How large a model is."""

    layers: int  # of the stack
    d_model: int  # width of the vectors that run through
    embedding: int  # width of the tables of words, positions and segments; widened to d_model where it is smaller
    vocab: int  # words and pieces
    shared: bool  # one layer with one set of weights, used at all places of the stack
    published: dict[str, int]  # millions of parameters by the paper that says so

    @property
    def d_ff(self) -> int:
        """Width of the middle of the feed-forward part: four times d_model in all of them."""
        return 4 * self.d_model


SIZES = {
    "BERT base": Size(12, 768, 768, 30_522, False, {"BERT": 110, "ALBERT": 108}),
    "BERT large": Size(24, 1024, 1024, 30_522, False, {"BERT": 340, "ALBERT": 334}),
    "ALBERT base": Size(12, 768, 128, 30_000, True, {"ALBERT": 12}),
    "ALBERT large": Size(24, 1024, 128, 30_000, True, {"ALBERT": 18}),
    "ALBERT xlarge": Size(24, 2048, 128, 30_000, True, {"ALBERT": 60}),
    "ALBERT xxlarge": Size(12, 4096, 128, 30_000, True, {"ALBERT": 235}),
}
"""Devlin et al. 2019, section 3; Lan et al. 2020, table 1."""


def linear(inputs: int, outputs: int) -> int:
    """The parameters of a matrix with its bias."""
    return inputs * outputs + outputs


def parameters(size: Size) -> int:
    """The parameters of the encoder and its pooler, without the heads of the pre-training."""
    norm = 2  # a gain and a bias for each number
    tables = (size.vocab + POSITIONS + SEGMENTS + norm) * size.embedding
    widen = linear(size.embedding, size.d_model) if size.embedding < size.d_model else 0
    attention = 4 * linear(size.d_model, size.d_model)  # queries, keys, values and what leads back
    feed_forward = linear(size.d_model, size.d_ff) + linear(size.d_ff, size.d_model)
    layer = attention + feed_forward + 2 * norm * size.d_model
    pooler = linear(size.d_model, size.d_model)
    return tables + widen + layer * (1 if size.shared else size.layers) + pooler


@dataclass(frozen=True)
class Comparison:
    """A table of a paper, or the part of it that the lesson speaks of.

    title: what is compared. measures: the columns. rows: a value for each measure, by model. unit: of all values.
    reading: what to see in it, one or two sentences. source: paper and table, and how the numbers came about.
    """

    title: str
    measures: tuple[str, ...]
    rows: dict[str, tuple[float, ...]]
    unit: str
    reading: str
    source: str


SCORE = "per cent"

COMPARISONS = {
    "masking": Comparison(
        title="RoBERTa: masks drawn once or anew",
        measures=("SQuAD 2.0, F1", "MNLI-m", "SST-2"),
        rows={
            "BERT base, as published": (76.3, 84.3, 92.8),
            "trained again, static": (78.3, 84.3, 92.5),
            "trained again, dynamic": (78.7, 84.0, 92.9),
        },
        unit=SCORE,
        reading="Masks that are drawn anew win two tasks by 0.4 and lose one by 0.3: next to nothing. They save the"
        " tenfold copy of the text, and RoBERTa keeps them.",
        source="Liu et al. 2019, table 1. BERT base, development sets, medians of 5 runs.",
    ),
    "next_sentence": Comparison(
        title="RoBERTa: with and without next sentence prediction",
        measures=("SQuAD 1.1, F1", "SQuAD 2.0, F1", "MNLI-m", "SST-2", "RACE"),
        rows={
            "with it, two segments": (90.4, 78.7, 84.0, 92.9, 64.2),
            "with it, two sentences": (88.7, 76.2, 82.9, 92.1, 63.0),
            "without, full sentences": (90.4, 79.1, 84.7, 92.5, 64.8),
            "without, from one document": (90.6, 79.7, 84.7, 92.7, 65.6),
        },
        unit=SCORE,
        reading="Without it the scores are as good or a little better, but for SST-2. What really hurts is to show"
        " single sentences in place of long segments.",
        source="Liu et al. 2019, table 2. BERT base trained again, development sets, medians of 5 runs.",
    ),
    "sharing": Comparison(
        title="ALBERT: fewer parameters, and what they score",
        measures=("SQuAD 1.1, F1", "SQuAD 2.0, F1", "MNLI", "SST-2", "RACE"),
        rows={
            "BERT large": (92.2, 85.0, 86.6, 93.0, 73.9),
            "ALBERT large": (90.6, 82.3, 83.5, 91.7, 68.5),
            "ALBERT xlarge": (92.5, 86.1, 86.4, 92.4, 74.8),
            "ALBERT xxlarge": (94.1, 88.1, 88.0, 95.2, 82.3),
        },
        unit=SCORE,
        reading="At the same depth and width, ALBERT large is one to five points below BERT large. Three things differ:"
        " shared layers, a narrow table of words, another second task. With a layer four times as wide ALBERT wins.",
        source="Lan et al. 2020, table 2. Development sets, 125,000 steps for every model.",
    ),
    "speed": Comparison(
        title="ALBERT: how fast it trains",
        measures=("speed",),
        rows={
            "BERT base": (4.7,),
            "BERT large": (1.0,),
            "ALBERT base": (5.6,),
            "ALBERT large": (1.7,),
            "ALBERT xlarge": (0.6,),
            "ALBERT xxlarge": (0.3,),
        },
        unit="times as fast as BERT large",
        reading="Few parameters do not make a model fast: a shared layer is multiplied at every place of the stack."
        " ALBERT xxlarge has fewer parameters than BERT large and takes three times as long.",
        source="Lan et al. 2020, table 2.",
    ),
    "position": Comparison(
        title="DeBERTa: what a token is, apart from where it stands",
        measures=("MNLI-m", "SQuAD 1.1, F1", "SQuAD 2.0, F1"),
        rows={
            "BERT large": (86.6, 90.9, 81.8),
            "RoBERTa large": (90.2, 94.6, 89.4),
            "XLNet large": (90.8, 95.1, 90.6),
            "DeBERTa large": (91.1, 95.5, 90.7),
        },
        unit=SCORE,
        reading="DeBERTa gains about one point over RoBERTa, with half of its text; RoBERTa gained four to eight over"
        " BERT, with the same layers and more training.",
        source="He et al. 2021, tables 1 and 2, development sets. (Their abstract has 88.4 for RoBERTa on SQuAD 2.0.)",
    ),
}
