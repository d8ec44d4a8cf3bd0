"""At what size abilities appeared in large language models (Wei et al. 2022, "Emergent Abilities of Large Language
Models", Transactions on Machine Learning Research, table 1).

An ability is called emergent there when smaller models do not have it, so that nobody could have foretold it from them.
The table gives the smallest model, of the sizes that were tried, which had it: a model of a size between two of those
may have had it, too. Schaeffer et al. (2023, "Are Emergent Abilities of Large Language Models a Mirage?") show that
some of the jumps come from the measure: whether a whole answer is right jumps where the chance of every token grows
steadily.

The numbers were compared, row by row, with two independent copies of the published table. Where it leaves a cell empty,
the one above holds. Left out are the many tasks of BIG-Bench, for which it has no single number.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Ability:
    """One row of the table."""

    task: str
    prompting: str  # "few-shot": examples alone; "augmented": a further technique, such as a chain of thought
    model: str  # the family
    flops: float  # spent on training the smallest model of it that has the ability
    parameters: float  # of that model
    reference: str


ABILITIES = (
    Ability("addition and subtraction, 3 digits", "few-shot", "GPT-3", 2.3e22, 13e9, "Brown et al. 2020"),
    Ability("addition and subtraction, 4 to 5 digits", "few-shot", "GPT-3", 3.1e23, 175e9, "Brown et al. 2020"),
    Ability("MMLU, mean of 57 topics", "few-shot", "GPT-3", 3.1e23, 175e9, "Hendrycks et al. 2021"),
    Ability("toxic comments", "few-shot", "Gopher", 1.3e22, 7.1e9, "Rae et al. 2021"),
    Ability("TruthfulQA", "few-shot", "Gopher", 5.0e23, 280e9, "Rae et al. 2021"),
    Ability("MMLU, 26 topics", "few-shot", "Gopher", 5.0e23, 280e9, "Rae et al. 2021"),
    Ability("grounded concepts", "few-shot", "GPT-3", 3.1e23, 175e9, "Patel and Pavlick 2022"),
    Ability("MMLU, 30 topics", "few-shot", "Chinchilla", 5.0e23, 70e9, "Hoffmann et al. 2022"),
    Ability("word in context", "few-shot", "PaLM", 2.5e24, 540e9, "Chowdhery et al. 2022"),
    Ability("following instructions (fine-tuned)", "augmented", "FLAN", 1.3e23, 68e9, "Wei et al. 2022"),
    Ability("scratchpad: adding 8 digits (fine-tuned)", "augmented", "LaMDA", 8.9e19, 40e6, "Nye et al. 2021"),
    Ability("checking facts with an open book", "augmented", "Gopher", 1.3e22, 7.1e9, "Rae et al. 2021"),
    Ability("chain of thought: word problems", "augmented", "LaMDA", 1.3e23, 68e9, "Wei et al. 2022"),
    Ability("chain of thought: StrategyQA", "augmented", "PaLM", 2.9e23, 62e9, "Chowdhery et al. 2022"),
    Ability("differentiable search index", "augmented", "T5", 3.3e22, 11e9, "Tay et al. 2022"),
    Ability("self-consistency", "augmented", "LaMDA", 1.3e23, 68e9, "Wang et al. 2022"),
    Ability("explanations in the prompt", "augmented", "Gopher", 5.0e23, 280e9, "Lampinen et al. 2022"),
    Ability("least-to-most prompting", "augmented", "GPT-3", 3.1e23, 175e9, "Zhou et al. 2022"),
    Ability("zero-shot chain of thought", "augmented", "GPT-3", 3.1e23, 175e9, "Kojima et al. 2022"),
    Ability("knowing what one knows, P(True)", "augmented", "Anthropic", 2.6e23, 52e9, "Kadavath et al. 2022"),
    Ability("chain of thought in many languages", "augmented", "PaLM", 2.9e23, 62e9, "Shi et al. 2022"),
    Ability("ask-me-anything prompting", "augmented", "EleutherAI", 1.4e22, 6e9, "Arora et al. 2022"),
)
"""The table, in its order."""
