"""What our decoders write is what transformers' `generate` writes: greedy, beams, and the cuts before a draw.

Tiny random models with a tokenizer of ours, and SmolLM2 where it is here. The same tokens, so the same text.
"""

import pytest
import torch
from transformers import GPT2Config as TheirGPT2Config
from transformers import GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM
from transformers.generation import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from benchmarks.generation import library, their_tokens
from lessons import zoo
from lessons.gpt import gpt2_weights, llama_weights
from lessons.gpt.beam import beam_search
from lessons.gpt.decoding import Decoding, keep_top_k, keep_top_p, probabilities
from lessons.gpt.generate import generate
from lessons.gpt.gpt2 import GPT2
from lessons.gpt.llama import Llama
from lessons.text.pieces import byte_pairs
from lessons.text.tale import TALE
from tests.equality import assert_equal
from tests.real_weights import needs_real

TOKENS = 16
COUNT = 50
WORDS = TALE.split()
PROMPTS = [" ".join(WORDS[7 * i : 7 * i + 1 + i % 9]) for i in range(COUNT)]


def llama(vocab):
    theirs = LlamaForCausalLM(LlamaConfig(
        vocab_size=vocab, hidden_size=18, num_hidden_layers=3, num_attention_heads=6, num_key_value_heads=2, head_dim=4,
        intermediate_size=13, max_position_embeddings=90, bos_token_id=None, eos_token_id=None, use_cache=True,
    ))  # fmt: skip
    drawn(theirs, 0.6)
    config = llama_weights.config_from(theirs.config)
    return theirs, Llama(config), llama_weights.from_transformers(theirs.state_dict(), config)


def gpt2(vocab):
    theirs = GPT2LMHeadModel(TheirGPT2Config(
        vocab_size=vocab, n_embd=18, n_layer=3, n_head=6, n_inner=13, n_positions=90, bos_token_id=None,
        eos_token_id=None,
    ))  # fmt: skip
    drawn(theirs, 0.4)
    config = gpt2_weights.config_from(theirs.config)
    return theirs, GPT2(config), gpt2_weights.from_transformers(theirs.state_dict(), config)


def drawn(model, std):
    """Weights so large that texts vary, and that no two tokens are equally good but for rounding."""
    torch.manual_seed(0)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, mean=1.0 if weight.dim() == 1 else 0.0, std=std)


@pytest.fixture(scope="module", params=[llama, gpt2], ids=["llama", "gpt2"])
def pair(request):
    """transformers' model, and ours with the same weights."""
    tokenizer = byte_pairs(TALE, 400)
    theirs, ours, weights = request.param(len(tokenizer))
    ours.load_state_dict(weights)
    ours.tokenizer = tokenizer
    return theirs.eval(), ours.eval()


def test_greedy_texts_are_equal_on_50_prompts(pair):
    theirs, ours = pair
    found = generate(ours, PROMPTS, TOKENS)
    written = their_tokens(theirs, ours, PROMPTS, TOKENS)
    assert [text.ids for text in found] == written
    assert len({tuple(ids) for ids in written}) > COUNT / 2  # the prompts matter
    assert len({text.text for text in found}) > COUNT / 2


@pytest.mark.parametrize("beams", [1, 2, 5])
def test_beams_are_equal(pair, beams):
    theirs, ours = pair
    for prompt in PROMPTS[:8]:
        (written,) = their_tokens(theirs, ours, [prompt], 9, num_beams=beams, length_penalty=1.0, early_stopping=False)
        assert beam_search(ours, prompt, beams, 9)[0].ids == written


def test_beams_that_end_at_different_lengths_are_equal(pair):
    """With an end sign that comes often."""
    theirs, ours = pair
    tokenizer = ours.tokenizer
    counted = torch.bincount(torch.tensor(sum((text.ids for text in generate(ours, PROMPTS, TOKENS)), [])))
    ends = frozenset([0, *counted.topk(10).indices[::3].tolist()])
    ours.tokenizer = byte_pairs(TALE, 400)
    ours.tokenizer.signs = ends
    try:
        lengths = set()
        for prompt in PROMPTS[:12] + PROMPTS[-8:]:
            written = their_tokens(theirs, ours, [prompt], 9, num_beams=3, num_return_sequences=3)
            assert [beam.ids for beam in beam_search(ours, prompt, 3, 9)] == written
            lengths.add(len(written[0]))
        assert len(lengths) > 2
        assert [text.ids for text in generate(ours, PROMPTS, TOKENS)] == their_tokens(theirs, ours, PROMPTS, TOKENS)
    finally:
        ours.tokenizer = tokenizer


@pytest.mark.parametrize("k", [1, 2, 7, 50, 300])
def test_top_k_equals_their_processor(k):
    logits = torch.randn(9, 211, generator=torch.Generator().manual_seed(k)) * 3
    assert torch.equal(keep_top_k(logits, k), TopKLogitsWarper(k)(None, logits))


@pytest.mark.parametrize("p", [0.0, 0.05, 0.3, 0.5, 0.9, 0.99, 1.0])
def test_top_p_equals_their_processor(p):
    logits = torch.randn(9, 211, generator=torch.Generator().manual_seed(7)) * 3
    assert torch.equal(keep_top_p(logits, p), TopPLogitsWarper(p)(None, logits))


@pytest.mark.parametrize("temperature", [0.1, 0.7, 1.5, 20.0])
def test_all_together_equal_their_processors_in_their_order(temperature):
    logits = torch.randn(9, 211, generator=torch.Generator().manual_seed(8)).double() * 3
    theirs = logits
    for process in (TemperatureLogitsWarper(temperature), TopKLogitsWarper(40), TopPLogitsWarper(0.8)):
        theirs = process(None, theirs)
    assert_equal(probabilities(logits, Decoding(temperature, 40, 0.8)), theirs.softmax(dim=-1))


@needs_real("smollm2-135m")
@torch.no_grad()
def test_smollm2_writes_what_transformers_writes_on_50_prompts():
    ours = zoo.load("smollm2-135m")
    theirs = library(ours)
    found = generate(ours, PROMPTS, 6)
    assert [text.ids for text in found] == their_tokens(theirs, ours, PROMPTS, 6)
