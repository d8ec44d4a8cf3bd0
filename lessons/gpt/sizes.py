"""How large GPT-2 and GPT-3 are: their published sizes, and the parameters that follow from them.

    gpt3 = PUBLISHED["GPT-3 175B"]
    parts = parameters(gpt3.config)             # by part: token table, positions, attention, feed-forward, norms
    parts.total                                 # 174 604 259 328
    gpt3.difference                             # -0.0023: 0.2 % fewer than the paper says
    weight_bytes(gpt3.config)                   # 349 GB in 16 bits
    cache_bytes(gpt3.config, tokens=2048)       # 9.7 GB for one text
    training_operations(gpt3.config, 300e9)     # 3.1e23

GPT-2: Radford et al. (2019), table 2, which leaves out the heads: these are of the models that were released. GPT-3:
Brown et al. (2020), table 2.1; every one was trained with 300 billion tokens. A layer has about 12 d_model^2
parameters, 4 in its attention and 8 in its feed-forward part; the token table matters in the small models only.

Where the papers do not fit themselves stands in `note`.
"""

from dataclasses import asdict, dataclass

from lessons.gpt.gpt2 import GPT2Config

VOCAB = 50257  # 256 bytes, 50 000 merges and the sign between two texts, in GPT-2 and GPT-3


@dataclass(frozen=True)
class Parts:
    """Parameters by part; those of the layers are the sum over all layers."""

    token_table: int  # reads and writes
    positions: int
    attention: int
    feed_forward: int
    norms: int

    @property
    def total(self) -> int:
        return sum(asdict(self).values())


def parameters(config: GPT2Config) -> Parts:
    """The parameters of a GPT-2 of this configuration, which need not be built for it."""
    c = config
    together = c.heads * c.d_head
    return Parts(
        token_table=c.vocab * c.d_model,
        positions=c.context * c.d_model,
        attention=c.layers * (3 * (c.d_model * together + together) + together * c.d_model + c.d_model),
        feed_forward=c.layers * (c.d_model * c.d_ff + c.d_ff + c.d_ff * c.d_model + c.d_model),
        norms=(2 * c.layers + 1) * 2 * c.d_model,
    )


def weight_bytes(config: GPT2Config, bits: int = 16) -> int:
    """The memory of the weights."""
    return parameters(config).total * bits // 8


def cache_bytes(config: GPT2Config, tokens: int = 1, bits: int = 16) -> int:
    """The memory of the cache of a text of so many tokens: a key and a value in every head of every layer."""
    return 2 * config.layers * config.heads * config.d_head * tokens * bits // 8


def training_operations(config: GPT2Config, tokens: float) -> float:
    """Additions and multiplications of a training with so many tokens, 6 for each parameter and token.

    A forward pass takes one of both, the way back as much twice (Brown et al. 2020, appendix D). What is left out, the
    products of queries and keys, grows with the length of the text; it is small in large models.
    """
    return 6 * parameters(config).total * tokens


@dataclass(frozen=True)
class Published:
    """A model as its paper has it."""

    parameters: float  # as the paper counts
    config: GPT2Config
    note: str = ""  # where the paper does not fit itself

    @property
    def difference(self) -> float:
        """How many more parameters the configuration has than the paper says, as a part of these."""
        return parameters(self.config).total / self.parameters - 1


def _gpt(layers: int, d_model: int, heads: int, d_head: int, context: int) -> GPT2Config:
    return GPT2Config(VOCAB, d_model, layers, heads, d_head, 4 * d_model, context)


def _gpt2(millions: int, layers: int, d_model: int, heads: int, corrected: int) -> Published:
    note = (
        f"The paper's {millions} million was a mistake in counting, as the authors wrote in the code they published: "
        f"the model that was released has {corrected} million."
    )
    return Published(millions * 1e6, _gpt(layers, d_model, heads, 64, 1024), note)


def _gpt3(count: float, layers: int, d_model: int, heads: int, d_head: int, note: str = "") -> Published:
    return Published(count, _gpt(layers, d_model, heads, d_head, 2048), note)


PUBLISHED = {
    "GPT-2 117M": _gpt2(117, 12, 768, 12, corrected=124),
    "GPT-2 345M": _gpt2(345, 24, 1024, 16, corrected=355),
    "GPT-2 762M": _gpt2(762, 36, 1280, 20, corrected=774),
    "GPT-2 1542M": _gpt2(1542, 48, 1600, 25, corrected=1558),
    "GPT-3 125M": _gpt3(125e6, 12, 768, 12, 64),
    "GPT-3 350M": _gpt3(350e6, 24, 1024, 16, 64),
    "GPT-3 760M": _gpt3(760e6, 24, 1536, 16, 96),
    "GPT-3 1.3B": _gpt3(
        1.3e9,
        24,
        2048,
        24,
        128,
        "The paper's 24 heads of 128 are 3072 wide together, but the width is 2048. 16 heads of 128 would fit, and "
        "they would make the 1.32 billion of the paper's table D.1.",
    ),
    "GPT-3 2.7B": _gpt3(2.7e9, 32, 2560, 32, 80),
    "GPT-3 6.7B": _gpt3(6.7e9, 32, 4096, 32, 128),
    "GPT-3 13B": _gpt3(
        13e9,
        40,
        5140,
        40,
        128,
        "The paper's 40 heads of 128 are 5120 wide together, but the width is 5140. A width of 5120 would fit, and it "
        "would make the 12.85 billion of the paper's table D.1.",
    ),
    "GPT-3 175B": _gpt3(175e9, 96, 12288, 96, 128),
}
"""By name, with the count of the paper in it."""
