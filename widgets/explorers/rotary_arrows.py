"""Lesson 04: rotary positions as arrows that turn. The score depends on the distance of query and key alone."""

import math

import torch
import traitlets as t
from jaxtyping import Float
from torch import Tensor

from lessons.checks.wording import number
from lessons.positions.rotary import angles, rotate
from widgets import controls
from widgets.explorers.explorer import Explorer
from widgets.instruments.bars import Bars
from widgets.instruments.plane import Plane

D_HEAD = 8
BASE = 100.0
"""A small base, so that within a few positions even the last of the four arrows is seen to turn."""
PAIRS = D_HEAD // 2


def from_arrows(lengths: list[float], degrees: list[float]) -> Float[Tensor, "d_head"]:
    """Return the vector whose pairs, number i with number i + d_head/2, are these arrows. It stands for a word."""
    length, angle = torch.tensor(lengths), torch.tensor(degrees).deg2rad()
    return torch.cat([length * angle.cos(), length * angle.sin()])


class RotaryArrows(Explorer):
    """Move a query and a key along the text; each pair of their numbers is an arrow that turns with the position."""

    name = "Rotary positions"
    query_at = t.Int(7, min=0, max=60).tag(state=True)
    key_at = t.Int(4, min=0, max=60).tag(state=True)
    pair = t.Int(0, min=0, max=PAIRS - 1).tag(state=True)

    def __init__(self, **state: object) -> None:
        self.query = from_arrows([2.0, 1.8, 1.6, 1.9], [15.0, 100.0, 200.0, 320.0])
        self.key = from_arrows([1.5, 1.7, 1.9, 1.4], [75.0, 60.0, 260.0, 350.0])
        self.plane = Plane()
        self.bars = Bars(label_axis="pair (its numbers)", value_axis="its part of the score")
        self.plane.layout, self.bars.layout = ({"width": "auto", "flex": flex} for flex in ("1 1 340px", "1 1 340px"))
        parts = {
            "query_at": controls.slider("Position of the query", self.query_at, 0, 60, 1),
            "key_at": controls.slider("Position of the key", self.key_at, 0, 60, 1),
            "both": controls.button("Move both one to the right", "The distance stays: what happens to the score?"),
            "pair": controls.choice("Arrow", [(f"pair {i}" + ", the fastest" * (i == 0), i) for i in range(PAIRS)], 0),
        }
        super().__init__(parts, [self.plane, self.bars], **state)
        parts["both"].on_click(lambda _: self.move_both())

    def move_both(self) -> None:
        """Move query and key one position on; at the end of the text nothing moves."""
        if max(self.query_at, self.key_at) < 60:
            with self.together():
                self.query_at, self.key_at = self.query_at + 1, self.key_at + 1

    def update(self) -> dict[str, dict]:
        """Show one pair as arrows, before and after turning, and what every pair adds to the score."""
        places = torch.tensor([self.query_at, self.key_at])
        turned = rotate(torch.stack([self.query, self.key]), places, BASE)  # [time=2 d_head]
        still, now = (
            torch.stack([x[:, self.pair], x[:, self.pair + PAIRS]], dim=-1)  # [time=2 d_head] -> [time=2 2]
            for x in (torch.stack([self.query, self.key]), turned)
        )
        parts = (turned[0] * turned[1]).view(2, PAIRS).sum(dim=0)  # [d_head] -> [d_head/2]
        score = parts.sum().item() / math.sqrt(D_HEAD)
        origin = torch.zeros(2, 2)
        turn = angles(places, D_HEAD, BASE)[:, self.pair].rad2deg().tolist()
        apart = self.query_at - self.key_at
        return {
            "plane": dict(
                arrows=torch.cat([torch.cat([origin, still], dim=1), torch.cat([origin, now], dim=1)]),
                arrow_labels=["query at 0", "key at 0", f"query at {self.query_at}", f"key at {self.key_at}"],
                limits=(-2.8, 2.8),
                title=f"Pair {self.pair}: the query is turned by {turn[0]:.0f}°, the key by {turn[1]:.0f}°",
            ),
            "bars": dict(
                labels=[f"pair {i} ({i}, {i + PAIRS})" for i in range(PAIRS)] + ["all, over √8"],
                values=[*parts.tolist(), score], low=-3.5, high=3.5,
                title=f"Distance {apart}: the score is {number(score)}".replace("-", "−"),
            ),
            "note": f"The vectors have {D_HEAD} numbers, and the base is {BASE:.0f}.",
        }  # fmt: skip
