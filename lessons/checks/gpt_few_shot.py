"""Lesson 06: the check of a few-shot prompt. The others are in `gpt_pieces`, `gpt_loss`, `gpt_sampling` and
`gpt_cache`.

Figure 2.1 of Brown et al., "Language Models are Few-Shot Learners" (2020). What differs from `lessons.gpt.few_shot`:
no instruction before the examples.
"""

from torch import Generator

from lessons.checks.check import Check, Misconception
from lessons.checks.gpt_cache import attend_with_cache
from lessons.checks.gpt_loss import causal_loss
from lessons.checks.gpt_pieces import encode_word
from lessons.checks.gpt_sampling import top_p

__all__ = ["attend_with_cache", "causal_loss", "encode_word", "few_shot_prompt", "top_p"]

Example = tuple[str, str]


def _few_shot_prompt(examples: list[Example], query: str, input_label: str, output_label: str) -> str:
    """The examples, each with an empty line behind it, then the query without its answer."""
    shots = "".join(f"{input_label}: {given}\n{output_label}: {answer}\n\n" for given, answer in examples)
    return f"{shots}{input_label}: {query}\n{output_label}:"


def _prompt_cases(generator: Generator) -> list[tuple]:
    """Two examples and three, one, and none: a zero-shot prompt."""
    opposites = [("hot", "cold"), ("big", "small"), ("up", "down")]
    plurals = [("mouse", "mice"), ("dog", "dogs")]
    return [
        (opposites, "fast", "Word", "Opposite"),
        (plurals, "tooth", "One", "Many"),
        ([("I goed home.", "I went home.")], "She no went there.", "Poor English", "Good English"),
        ([], "cheese", "English", "French"),
    ]


def _prompt_mistake(
    name: str,
    says: str,
    shot=lambda given, answer, labels: f"{labels[0]}: {given}\n{labels[1]}: {answer}",
    end=lambda query, labels: f"{labels[0]}: {query}\n{labels[1]}:",
    order=lambda examples: examples,
    join="\n\n".join,
) -> Misconception:
    """A prompt with one of its parts replaced; the defaults are right. labels: of the input and of the output."""

    def wrong(examples, query, input_label, output_label):
        labels = input_label, output_label
        shots = [shot(given, answer, labels) for given, answer in order(examples)]
        return join([*shots, end(query, labels)])

    return Misconception(name, says, wrong)


def _query_first(examples: list[Example], query: str, input_label: str, output_label: str) -> str:
    shots = [f"{input_label}: {given}\n{output_label}: {answer}" for given, answer in examples]
    return "\n\n".join([f"{input_label}: {query}", *shots, f"{output_label}:"])


few_shot_prompt = Check(
    title="A few-shot prompt",
    reference=_few_shot_prompt,
    cases=_prompt_cases,
    misconceptions=[
        _prompt_mistake(
            "a space behind the last label",
            "Your prompt ends with a space. In the examples the space belongs to the token of the answer, “ cold”. What"
            " is left for the model to begin with?",
            end=lambda query, labels: f"{labels[0]}: {query}\n{labels[1]}: ",
        ),
        _prompt_mistake(
            "a new line at the end",
            "Your prompt ends with a new line. In the examples, what stands between the label and the answer?",
            end=lambda query, labels: f"{labels[0]}: {query}\n{labels[1]}:\n",
        ),
        _prompt_mistake(
            "an empty line behind the query as well",
            "Your query ends like an example, with an empty line: the model believes that it has been answered. How"
            " should the prompt stop?",
            end=lambda query, labels: f"{labels[0]}: {query}\n{labels[1]}:\n\n",
        ),
        _prompt_mistake(
            "no label for the answer",
            "Your prompt ends with the query. What tells the model that now the answer comes?",
            end=lambda query, labels: f"{labels[0]}: {query}",
        ),
        _prompt_mistake(
            "no label for the answer, and a new line at the end",
            "Your prompt ends behind the query. What tells the model that now the answer comes?",
            end=lambda query, labels: f"{labels[0]}: {query}\n",
        ),
        _prompt_mistake(
            "the last label without its colon",
            "Your last label has no colon, those of the examples do. How much like an example should the end look?",
            end=lambda query, labels: f"{labels[0]}: {query}\n{labels[1]}",
        ),
        _prompt_mistake(
            "the query as its own answer",
            "Something stands behind the last label already. Who is to write the answer?",
            end=lambda query, labels: f"{labels[0]}: {query}\n{labels[1]}: {query}",
        ),
        _prompt_mistake(
            "the examples without their answers",
            "Your examples are questions only. From what is the model to see what to do?",
            shot=lambda given, answer, labels: f"{labels[0]}: {given}\n{labels[1]}:",
        ),
        _prompt_mistake(
            "the examples without labels",
            "Your examples have no labels, and the query has. What makes the query look like the next of them?",
            shot=lambda given, answer, labels: f"{given}\n{answer}",
        ),
        _prompt_mistake(
            "no labels at all",
            "Nothing in your prompt says what is given and what is asked for. Where do the two labels go?",
            shot=lambda given, answer, labels: f"{given}\n{answer}",
            end=lambda query, labels: query,
        ),
        _prompt_mistake(
            "swapped the labels",
            "The label of the input stands before the outputs. Which of the two comes first?",
            shot=lambda given, answer, labels: f"{labels[1]}: {given}\n{labels[0]}: {answer}",
            end=lambda query, labels: f"{labels[1]}: {query}\n{labels[0]}:",
        ),
        _prompt_mistake(
            "swapped the two sides of the examples",
            "Your examples go from the answer to the input. Which of the two does the query have?",
            shot=lambda given, answer, labels: f"{labels[0]}: {answer}\n{labels[1]}: {given}",
        ),
        _prompt_mistake(
            "the examples in reverse",
            "Your last example stands first. In which order were they given?",
            order=lambda examples: examples[::-1],
        ),
        _prompt_mistake(
            "left out an example",
            "One example is missing in your prompt. Does your loop begin and end where the list does?",
            order=lambda examples: examples[:-1],
        ),
        _prompt_mistake(
            "only the first example",
            "Your prompt has one example at most. How many shots were asked for?",
            order=lambda examples: examples[:1],
        ),
        _prompt_mistake(
            "no examples at all",
            "Your prompt is a zero-shot prompt whatever is given. Where do the examples go?",
            order=lambda examples: [],
        ),
        _prompt_mistake(
            "no examples, but their empty line",
            "With no examples your prompt begins with an empty line. What should stand before the query then?",
            join=lambda parts: "\n\n".join(parts[:-1]) + "\n\n" + parts[-1],
        ),
        Misconception(
            "the query first",
            "Your query stands before the examples. What should the model have just read when it begins to write?",
            _query_first,
        ),
        _prompt_mistake(
            "no empty line between the examples",
            "Your examples follow each other without an empty line. How is the model to see where one ends?",
            join="\n".join,
        ),
        _prompt_mistake(
            "input and output on one line",
            "You write an input and its output on one line. The task has a new line between them.",
            shot=lambda given, answer, labels: f"{labels[0]}: {given} {labels[1]}: {answer}",
            end=lambda query, labels: f"{labels[0]}: {query} {labels[1]}:",
        ),
        _prompt_mistake(
            "no space behind a colon",
            "There is no space behind your colons. For the tokenizer “:cold” and “: cold” are different tokens.",
            shot=lambda given, answer, labels: f"{labels[0]}:{given}\n{labels[1]}:{answer}",
            end=lambda query, labels: f"{labels[0]}:{query}\n{labels[1]}:",
        ),
        _prompt_mistake(
            "a list of lines in place of one text",
            "You return the parts in a list. The model reads one text: what joins them?",
            join=list,
        ),
    ],
)
