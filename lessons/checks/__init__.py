"""What an exercise's check cell calls, and what a prediction asks. One module per lesson holds both.

    from lessons.checks import rnn_gradients as check
    check.rnn_step(rnn_step)

The mechanism, from small to large: `wording`, `arguments`, `compare`, `verdict`, `attempt`, `check`; then
`question`, `registry` (finds all there are) and `proof` (that a check is worth its name).
"""

from lessons.checks.check import Check, Misconception
from lessons.checks.question import Choice, Estimate
from lessons.checks.registry import all_checks, all_questions
from lessons.checks.verdict import CheckFailed, Verdict

__all__ = [
    "Check",
    "CheckFailed",
    "Choice",
    "Estimate",
    "Misconception",
    "Verdict",
    "all_checks",
    "all_questions",
]
