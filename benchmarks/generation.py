"""How fast our decoder writes beside transformers' `generate`: SmolLM2-135M, the same weights and prompts, in one run.

    python -m benchmarks.generation

Both write greedily with a cache, in 32 bits, and have to write the same tokens. They take turns, and a figure is the
median of its repeats: what else the machine does hits both alike. Besides: how long the model takes to load from the
converted file, and until the first token of a prompt of 60 tokens is there.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from lessons import zoo
from lessons.gpt.generate import generate, prompt_ids, stream
from lessons.gpt.llama_weights import table

NAME = "smollm2-135m"
GOALS = {"times transformers": 1.5, "load s": 2.0, "first token s": 0.5}
"""The speed at least, for 1 and for 8 prompts; the seconds at most."""
PROMPTS = [
    "Once upon a time there was a girl who",
    "The most important thing to know about the sea is that",
    "Dear grandmother,\n\nI am writing to you because",
    "The history of the bicycle begins in",
    "In the middle of the forest stood a house, and in the house",
    "There are three reasons why bread is baked in an oven. The first reason is that",
    "When the train arrived at the station, nobody",
    "To draw a map of an island, begin with",
]
LONG = "Once upon a time there was a miller who had three sons, a mill, a donkey and a cat. "


def library(ours: nn.Module) -> Any:
    """transformers' Llama with our weights, which both then share."""
    from transformers import LlamaConfig, LlamaForCausalLM

    c = ours.config
    config = LlamaConfig(
        vocab_size=c.vocab, hidden_size=c.d_model, num_hidden_layers=c.layers, num_attention_heads=c.heads,
        num_key_value_heads=c.key_value_heads, head_dim=c.d_head, intermediate_size=c.d_ff,
        max_position_embeddings=c.context, rms_norm_eps=c.norm_epsilon, tie_word_embeddings=c.tied,
        rope_parameters={"rope_type": "default", "rope_theta": c.rotary_base}, bos_token_id=None, eos_token_id=None,
    )  # fmt: skip
    theirs, state = LlamaForCausalLM(config).eval(), ours.state_dict()
    shapes = {name: tensor.shape for name, tensor in theirs.state_dict().items()}
    carried = {name: state[our_name].reshape(shapes[name]) for name, (our_name, _) in table(c).items()}
    theirs.load_state_dict(carried, strict=False, assign=True)
    theirs.tie_weights()
    return theirs


def their_tokens(theirs: Any, ours: nn.Module, prompts: list[str], tokens: int, **wishes: Any) -> list[list[int]]:
    """What transformers writes behind each prompt, up to and with the end sign."""
    rows, signs = [prompt_ids(ours, prompt)[0] for prompt in prompts], sorted(ours.tokenizer.signs)
    width = max(len(row) for row in rows)
    ids = torch.tensor([[signs[0]] * (width - len(row)) + row for row in rows])  # [batch time]
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
    wishes = {"do_sample": False, "use_cache": True, "eos_token_id": signs, "pad_token_id": signs[0]} | wishes
    written = theirs.generate(ids, attention_mask=mask, max_new_tokens=tokens, **wishes)[:, width:].tolist()
    ends = [next((i + 1 for i, token in enumerate(row) if token in signs), len(row)) for row in written]
    return [row[:end] for row, end in zip(written, ends, strict=True)]


def in_turns(works: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Median seconds of each work, in turns, after one turn to warm up."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(repeats + 1):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            if turn:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) for name, taken in times.items()}


def verdict(times_faster: dict[int, float], load: float, first: float) -> tuple[str, int]:
    """A sentence, and what the program returns. times_faster: our speed over transformers', by number of prompts."""
    goal = GOALS["times transformers"]
    reached = {
        **{f"{count} prompts at least {goal}x": ratio >= goal for count, ratio in times_faster.items()},
        f"loaded within {GOALS['load s']:g} s": load <= GOALS["load s"],
        f"first token within {1000 * GOALS['first token s']:.0f} ms": first <= GOALS["first token s"],
    }
    return ". ".join(f"{name}: {good}" for name, good in reached.items()) + ".", int(not all(reached.values()))


def main() -> int:
    """Print the table; return 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tokens", type=int, default=48, help="tokens to write")
    parser.add_argument("--repeats", type=int, default=5, help="texts by each, of which the median counts")
    options = parser.parse_args()
    if not zoo.is_here(NAME):
        print(f"{NAME} is not on this computer: python -m lessons.zoo fetch {NAME}")
        return 1
    start = time.perf_counter()
    ours = zoo.load(NAME)
    load = time.perf_counter() - start
    theirs = library(ours)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {options.tokens} tokens behind each prompt")
    print(f"{'prompts':>7} {'ours, tokens/s':>16} {'transformers':>14} {'ratio':>7}  the same tokens")
    ratios = {}
    for count in (1, len(PROMPTS)):
        prompts = PROMPTS[:count]
        mine = [text.ids for text in generate(ours, prompts, options.tokens)]
        same = mine == their_tokens(theirs, ours, prompts, options.tokens)
        taken = in_turns(
            {
                "ours": lambda prompts=prompts: generate(ours, prompts, options.tokens),
                "theirs": lambda prompts=prompts: their_tokens(theirs, ours, prompts, options.tokens),
            },
            options.repeats,
        )
        ratios[count] = taken["theirs"] / taken["ours"]
        written = sum(map(len, mine))
        print(
            f"{count:7} {written / taken['ours']:16.1f} {written / taken['theirs']:14.1f} {ratios[count]:7.2f}  {same}",
            flush=True,
        )
    prompt = ours.tokenizer.decode(prompt_ids(ours, LONG * 4)[0][:60])
    first = in_turns({"ours": lambda: next(stream(ours, prompt))}, options.repeats)["ours"]
    print(f"loaded in {load:.2f} s; first token of a prompt of 60 tokens after {1000 * first:.0f} ms")
    sentence, code = verdict(ratios, load, first)
    print(sentence)
    return code


if __name__ == "__main__":
    sys.exit(main())
