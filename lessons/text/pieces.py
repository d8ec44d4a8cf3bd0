"""A vocabulary of our own: byte-level byte-pair encoding (Sennrich et al. 2016, Radford et al. 2019) of a given text.

The `tokenizers` library counts and merges. Every text can be written in these pieces, for the 256 bytes are among them.
What differs from GPT-2's: curly quotation marks are read as straight ones, so that it does not matter which a student
types; the first word is written like the others, with a space before it; and every text begins with the sign `START`.
The tokens are shown as they are read: with straight marks, and with a space that nobody typed.
"""

from lessons.text.tokenizer import Tokenizer

START = "<|start|>"
CURLY = {"“": '"', "”": '"', "‘": "'", "’": "'"}


def byte_pairs(text: str, size: int) -> Tokenizer:
    """The tokenizer whose `size` pieces, START and the bytes included, write `text` in few tokens.

    The same text gives the same pieces. A short text may give fewer. ValueError for a size below 257.
    """
    if size < 257:
        raise ValueError(f"The bytes and {START} alone are 257 pieces, so there cannot be {size}.")
    from tokenizers import Tokenizer as Library
    from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

    library = Library(models.BPE())
    library.normalizer = normalizers.Sequence([normalizers.Replace(*pair) for pair in CURLY.items()])
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    library.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[START],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    library.train_from_iterator([text], trainer)
    library.post_processor = processors.TemplateProcessing(single=f"{START} $A", special_tokens=[(START, 0)])
    return Tokenizer.from_json(library.to_str())
