"""A small BERT of our own, wholly in the box: it fills blanks in simple English when there is no real one.

It reads what the updates of MiniLM read (`texts`), but begins at random, with a vocabulary of 5000 pieces that our
own WordPiece makes from the same text. With a two-hundredth of BERT's weights and a three-thousandth of its words it
knows what fits into a sentence, and little of the world.

Half the steps read rows of 32 tokens, single sentences mostly, half rows of 128. Words with letters beyond ASCII are
left out of the vocabulary; where they stand in a text, the model reads [UNK]. Products are computed with 16 bits
(bfloat16), which is quick on a processor with units for them.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.bert.encoder import BertConfig
from lessons.bert.masked_text import Masker
from lessons.bert.masking import IGNORE, Masking
from lessons.bert.models import MaskedLanguageModel
from lessons.bert.pretraining import Batch, muon, scores_at
from lessons.core.device import best
from lessons.core.seed import seed_all
from lessons.core.training import Training
from lessons.text.tokenizer import Tokenizer
from lessons.text.wordpiece import UNKNOWN, tokenizer_of, words
from lessons.text.wordpiece_training import train
from lessons.zoo.recipes import Recipe
from lessons.zoo.recipes.masked_score import masked_score
from lessons.zoo.recipes.tales import warm_then_cosine
from lessons.zoo.recipes.texts import SOURCE, TEXT_SHA256, Documents, documents, joined, rows

SEED = 0
PIECES = 5000
D_MODEL, LAYERS, HEADS, D_FF, CONTEXT = 160, 4, 4, 480, 128
DROPOUT = 0.1
SPREAD = 0.05  # of the first embeddings
MASKING = Masking(rate=0.2)  # a little more than BERT's 15 %: more to learn from in every step
LENGTHS = (128, 32)  # of the rows, in turn
TOKENS, STEPS, WARM = 4096, 1800, 100


def small_training(text: str, seed: int = SEED, steps: int = STEPS, pieces: int = PIECES) -> Training:
    """A training on the documents of `text` that are not held out, ready to run."""
    read = joined(documents(text)[0].values())
    tokenizer = vocabulary(read, pieces)
    tables = [rows(read, tokenizer, length) for length in LENGTHS]
    seed_all(seed)
    config = BertConfig(len(tokenizer), D_MODEL, LAYERS, HEADS, D_FF, CONTEXT, dropout=DROPOUT)
    model = MaskedLanguageModel(config).to(best())
    nn.init.normal_(model.encoder.embed.weight, std=SPREAD)
    model.tokenizer = tokenizer
    masker = Masker(tokenizer)

    def batches(draws: torch.Generator) -> Batch:
        table = tables[training.done % len(tables)]
        ids = table[torch.randint(len(table), (TOKENS // table.shape[1],), generator=draws)]
        masked = masker.mask(ids, MASKING, draws)
        return masked.ids, masked.labels

    optimizer = muon(model, lr=0.01, others_lr=3e-3)
    training = Training(
        model, optimizer, chosen_loss, batches, steps, seed, clip=1.0, schedule=warm_then_cosine(steps, WARM)
    )
    return training


def vocabulary(read: Documents, size: int) -> Tokenizer:
    """WordPiece from the words of these documents that are written in ASCII."""
    text = " ".join(sentence for document in read for sentence in document).replace(UNKNOWN, " ")
    return tokenizer_of(train(" ".join(word for word in words(text) if word.isascii()), size).entries)


def chosen_loss(model: MaskedLanguageModel, batch: Batch) -> Float[Tensor, ""]:
    """Cross-entropy in nats, the mean over the chosen tokens, of which alone the words are scored."""
    ids, labels = batch
    chosen = labels != IGNORE
    with torch.autocast(ids.device.type, dtype=torch.bfloat16):
        logits = scores_at(model, ids, chosen)
    return F.cross_entropy(logits.float(), labels[chosen])


def small_bert() -> Recipe:
    """The recipe."""
    return Recipe(
        name="small-bert",
        title=f"BERT of our own, {LAYERS} layers of width {D_MODEL}, {PIECES} pieces",
        kind="masked-language-model",
        architecture="bert",
        licence="MIT",
        source=SOURCE,
        text_sha256=TEXT_SHA256,
        seed=SEED,
        tolerance={"wikitext2_top5": 0.03, "prose_top5": 0.03, "everyday": 0.1},
        training=small_training,
        score=masked_score,
    )
