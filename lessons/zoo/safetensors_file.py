"""Safetensors files, written one tensor after the other, with the same bytes every time.

The format is 8 bytes with the length of a header, the header in JSON, and the numbers. The `safetensors` library
writes it too, but wants all numbers in memory once more, and shuffles the metadata anew in every process, so that the
checksum changes. Files are read with the library.
"""

import json
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

DTYPES = {torch.int64: "I64", torch.float32: "F32", torch.float16: "F16", torch.uint8: "U8", torch.bool: "BOOL"}
"""What is written, the widest first: every tensor then starts at a multiple of its own width."""


def pieces(tensors: dict[str, Tensor], metadata: dict[str, str]) -> Iterator[bytes]:
    """The bytes of a file, in pieces that are at most as large as the largest tensor. ValueError for another dtype."""
    for name, tensor in tensors.items():
        if tensor.dtype not in DTYPES:
            raise ValueError(f"{name} is of {tensor.dtype}, but only these are written: {', '.join(map(str, DTYPES))}.")
    order = sorted(tensors, key=lambda name: (list(DTYPES).index(tensors[name].dtype), name))
    header: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))}
    start = 0
    for name in order:
        tensor = tensors[name]
        end = start + tensor.numel() * tensor.element_size()
        header[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [start, end]}
        start = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the tensors start at a multiple of 8, as the format asks
    yield len(text).to_bytes(8, "little") + text
    for name in order:
        yield tensors[name].detach().cpu().numpy().tobytes()
