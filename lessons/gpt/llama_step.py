"""One more token of a Llama, fast: the same numbers as `Llama.hidden`, without its modules.

When a decoder writes, a step reads every weight once, which takes the computer a few hundredths of a second. The many
small things around it (to call a module, to ask whether somebody watches, to put nothing in its place) take as long
again. So what a step does is written down here once more, in one function that asks for nothing but the weights.
"""

from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.attention.cache import Cache
from lessons.attention.scaled_dot_product import attend_fast
from lessons.core.linear import linear


def through_blocks(
    model: nn.Module, x: Float[Tensor, "batch time d_model"], mask: Bool[Tensor, "..."] | None, cache: Cache
) -> Float[Tensor, "batch time d_model"]:
    """What `Llama.hidden` makes of the embedded tokens x behind those in the cache. mask: as `past_mask` gives it."""
    c, first = model.config, cache.length
    batch, time, d_model = x.shape
    groups = c.key_value_heads
    for block, layer in zip(model.blocks, cache.layers, strict=True):
        a, turn = block.attention, block.attention.positions.turn
        y = F.rms_norm(x, (d_model,), block.attention_norm.gain, c.norm_epsilon)
        query = linear(y, a.W_Q.view(-1, d_model)).view(batch, time, c.heads, -1).transpose(1, 2)
        key = linear(y, a.W_K.view(-1, d_model)).view(batch, time, groups, -1).transpose(1, 2)
        value = linear(y, a.W_V.view(-1, d_model)).view(batch, time, groups, -1).transpose(1, 2)
        keys, values = layer.extend(turn(key, first), value)
        found = attend_fast(turn(query, first), keys, values, mask)  # [batch head time d_head]
        x = x + linear(found.transpose(1, 2).flatten(2), a.W_O.view(d_model, -1))
        y = F.rms_norm(x, (d_model,), block.feed_forward_norm.gain, c.norm_epsilon)
        part = block.feed_forward
        x = x + linear(F.silu(linear(y, part.gate.weight)) * linear(y, part.up.weight), part.down.weight)
    return F.rms_norm(x, (d_model,), model.norm.gain, c.norm_epsilon)
