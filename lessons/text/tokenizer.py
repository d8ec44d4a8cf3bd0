"""Tokens of the models that others trained: WordPiece (Wu et al. 2016; BERT) and byte-level BPE (Radford et al. 2019).

    tokenizer = zoo.load("minilm-l6").tokenizer
    encoded = tokenizer.encode("The unaffable café")
    encoded.tokens      # ["[CLS]", "The", "una", "##ffa", "##ble", "café", "[SEP]"]
    encoded.spans       # the place of each in the text, (0, 3) for "The"
    tokenizer.encode_pair("Who is there?", "The wolf.").segments      # 0 for the first text, 1 for the second

The `tokenizers` library does the work; it is imported when it is needed. What differs is the wording of a token: it is
shown as the student typed it, where the library shows its own entry ("the", "Ġcafe", "ðŁ"). Byte-level BPE is the
exception: what it alters before it cuts is shown altered, for the letters are lost in the bytes (in `pieces` a curly
quotation mark is straight). A piece that is only a part of a character is shown by its bytes, ⟨F0 9F⟩.
"""

import re
from dataclasses import dataclass
from functools import cached_property

SURROGATES = re.compile("[\ud800-\udfff]")  # halves of a character, which no text should hold alone


def _byte_alphabet() -> dict[str, int]:
    """Character -> byte, as byte-level BPE writes bytes: what is visible in Latin-1 is itself, the others follow."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in visible]
    return {chr(byte): byte for byte in visible} | {chr(256 + i): byte for i, byte in enumerate(others)}


BYTES = _byte_alphabet()


@dataclass(frozen=True)
class Encoded:
    """A text as a model reads it. All four lists are equally long."""

    ids: list[int]
    tokens: list[str]  # for people: the student's own text, see above, or the name of a special token
    spans: list[tuple[int, int]]  # first character of the token in the text, and the one after its last
    special: list[bool]  # whether it is a sign such as [CLS] or <|endoftext|>, added or typed, and no text

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class EncodedPair(Encoded):
    """Two texts as a model reads them at once, [CLS] A [SEP] B [SEP]. A span is a place in the token's own text."""

    segments: list[int]  # 0 for the first text and its signs, 1 for the second and its own; as long as the others


class Tokenizer:
    """One tokenizer of the `tokenizers` library, as its JSON describes it. Two with the same JSON are equal."""

    def __init__(self, text: str):
        from tokenizers import Tokenizer as Library
        from tokenizers.decoders import ByteLevel
        from tokenizers.models import WordPiece

        try:
            self._library = Library.from_str(text)
        except Exception as error:  # the library raises plain Exception
            raise ValueError(f"This is not the JSON of a tokenizer: {error}.") from None
        self._library.no_padding()  # a text is as long as it is; the model says when it is too long
        self._library.no_truncation()
        self._text = text
        model, added = self._library.model, self._library.get_added_tokens_decoder()
        pieces = isinstance(model, WordPiece)
        self._prefix = model.continuing_subword_prefix if pieces else ""
        self._bytes = isinstance(self._library.decoder, ByteLevel)
        self._names = {i: token.content for i, token in added.items() if token.special}
        unknown = model.unk_token if pieces else None  # it stands for text
        self.signs = frozenset(i for i, name in self._names.items() if name != unknown)
        """The ids of the signs, such as [CLS] or <|endoftext|>, which are no text."""

    @classmethod
    def from_json(cls, text: str) -> "Tokenizer":
        """The tokenizer that `text` describes, in the library's format. ValueError when it is none."""
        return cls(text)

    def to_json(self) -> str:
        """What `from_json` was given, character by character."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tokenizer) and other.to_json() == self.to_json()

    def __hash__(self) -> int:
        return hash(self._text)

    def __len__(self) -> int:
        """How many tokens there are; their ids are smaller."""
        return self._library.get_vocab_size(with_added_tokens=True)

    @cached_property
    def entries(self) -> tuple[str, ...]:
        """The whole vocabulary in the order of the ids, as the library writes it: "##ing", "Ġthe", "[MASK]"."""
        return tuple(self._library.id_to_token(i) for i in range(len(self)))

    def special(self, name: str) -> int:
        """The id of a sign such as "[MASK]" or "<|endoftext|>". ValueError when this tokenizer has no such sign."""
        for i, sign in self._names.items():
            if sign == name:
                return i
        raise ValueError(
            f"This tokenizer has no sign {name}; it has {', '.join(self._names.values()) or 'none at all'}."
        )

    def encode(self, text: str, special: bool = True) -> Encoded:
        """Any text in tokens, with the signs that the model expects around it if `special`.

        Half a surrogate pair is read as �. An empty text may give no token at all.
        """
        text = SURROGATES.sub("\ufffd", text)
        found = self._library.encode(text, add_special_tokens=special)
        return Encoded(*self._lists(found, [text] * len(found)))

    def encode_pair(self, first: str, second: str) -> EncodedPair:
        """Two texts in tokens, one behind the other, with the signs that the model expects around them."""
        first, second = (SURROGATES.sub("\ufffd", text) for text in (first, second))
        found = self._library.encode(first, second)
        texts = [second if sequence == 1 else first for sequence in found.sequence_ids]
        return EncodedPair(*self._lists(found, texts), list(found.type_ids))

    def decode(self, ids: list[int]) -> str:
        """The text of these tokens, with the names of the special ones. ValueError for an id that there is not."""
        for i in ids:
            if not 0 <= i < len(self):
                raise ValueError(f"There is no token {i}: they are numbered from 0 to {len(self) - 1}.")
        return self._library.decode(ids, skip_special_tokens=False)

    def token(self, i: int) -> str:
        """One token for people: as `encode` shows it, or the library's entry where nothing was typed."""
        piece = self._library.id_to_token(i)
        return self._shown(i, piece, piece.removeprefix(self._prefix))

    def _lists(self, found, texts: list[str]) -> tuple[list, list, list, list]:
        """The four lists of `Encoded`, from what the library found; texts: the one in which each token was typed."""
        pieces = zip(found.ids, found.tokens, found.offsets, texts, strict=True)
        tokens = [self._shown(i, piece, text[start:end]) for i, piece, (start, end), text in pieces]
        return list(found.ids), tokens, list(found.offsets), [i in self.signs for i in found.ids]

    def _shown(self, i: int, piece: str, typed: str) -> str:
        """A token for people, from the library's piece and what was typed in its place."""
        if i in self._names:
            return self._names[i]
        if self._bytes and set(piece) <= BYTES.keys():
            text = bytes(BYTES[character] for character in piece).decode("utf-8", "surrogateescape")
            return re.sub("[\udc80-\udcff]+", _hexadecimal, text)
        return (self._prefix if self._prefix and piece.startswith(self._prefix) else "") + (typed or piece)


def _hexadecimal(match: re.Match[str]) -> str:
    """Bytes that are no whole character, as ⟨F0 9F⟩."""
    return f"⟨{match[0].encode('utf-8', 'surrogateescape').hex(' ').upper()}⟩"
