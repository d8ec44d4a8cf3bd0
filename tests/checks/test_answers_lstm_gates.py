"""The answers of lesson 02, computed with torch's own cells, with autograd and by running a memory step by step."""

import torch

from lessons import zoo
from lessons.checks import all_questions
from lessons.recurrent.long_lag import long_lag_table
from lessons.recurrent.reading import Freeze, read

QUESTIONS = all_questions()
ALWAYS, NEVER = 1000.0, -1000.0  # biases: sigmoid is then exactly 1 or 0


def chosen(key: str) -> str:
    return QUESTIONS[key].options[QUESTIONS[key].answer]


def lstm(hidden: int = 5, scale: float = 1.0, **biases: float) -> torch.nn.LSTMCell:
    """torch's cell with three inputs and random weights; a gate's bias by name."""
    generator = torch.Generator().manual_seed(0)
    cell = torch.nn.LSTMCell(3, hidden).double()
    with torch.no_grad():
        for weight in cell.parameters():
            weight.copy_(scale * torch.randn(weight.shape, generator=generator, dtype=torch.float64))
        for name, bias in biases.items():
            gate = ["input", "forget", "candidate", "output"].index(name)
            cell.bias_ih[gate * hidden : (gate + 1) * hidden] = bias
            cell.bias_hh[gate * hidden : (gate + 1) * hidden] = 0.0
    return cell


def numbers(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def memory_after(gate: float, steps: int) -> float:
    memory = 1.0
    for _ in range(steps):
        memory = gate * memory
    return memory


def test_half_life():
    def steps(gate: float) -> int:
        return next(k for k in range(1000) if memory_after(gate, k) < 0.5)

    assert steps(0.99) == 69 == QUESTIONS["02.half_life"].answer
    assert f"{memory_after(0.99, 68):.3f} {memory_after(0.99, 69):.4f}" == "0.505 0.4998"
    assert steps(0.9) == 7  # "keeps half for 6 steps only"


def test_leak():
    low, high = 0.0, 1.0
    for _ in range(60):  # halve the range in which the gate must lie
        middle = (low + high) / 2
        low, high = (middle, high) if memory_after(middle, 100) < 0.5 else (low, middle)
    assert round(1 - high, 4) == QUESTIONS["02.leak"].answer
    assert round(high, 4) == 0.9931 and f"{memory_after(0.9931, 100):.2f}" == "0.50"


def test_parameters():
    def count(layer: torch.nn.Module) -> int:
        return sum(weight.numel() for name, weight in layer.named_parameters() if not name.startswith("bias_hh"))

    for inputs, hidden in ((1, 1), (3, 5), (64, 256)):
        ratio = count(torch.nn.LSTM(inputs, hidden)) / count(torch.nn.RNN(inputs, hidden))
        assert ratio == 4 == QUESTIONS["02.parameters"].answer
    assert QUESTIONS["02.parameters"].score(3) == 0.0  # who forgets the candidate


def test_keep():
    cell = lstm(forget=ALWAYS, input=NEVER)
    start = c = numbers(2, 5)
    h = torch.zeros_like(c)
    for x in numbers(1000, 2, 3, seed=2):
        h, c = cell(x, (h, c))
    assert torch.equal(c, start)
    assert chosen("02.keep") == "Nothing: it keeps exactly its value."


def test_output():
    state = (numbers(2, 5, seed=3), numbers(2, 5, seed=4))
    x, later = numbers(2, 2, 3, seed=2)
    h, c = lstm()(x, state)
    frozen_h, frozen_c = lstm(output=NEVER)(x, state)
    assert torch.equal(frozen_c, c) and c.abs().min() > 0
    assert not frozen_h.any() and h.abs().min() > 0
    assert chosen("02.output") == "h becomes 0; c is what it would have been anyway."
    # "Later steps do notice"; and what the cell kept is shown again.
    next_h, next_c = lstm()(later, (frozen_h, frozen_c))
    assert not torch.allclose(next_c, lstm()(later, (h, c))[1])
    assert next_h.abs().min() > 0


def left_after_20_steps(bias: float) -> torch.Tensor:
    """All weights 0 but the forget gate's bias: what is left of a cell of 1."""
    cell = lstm(scale=0.0, forget=bias)
    h, c = torch.zeros(1, 5, dtype=torch.float64), torch.ones(1, 5, dtype=torch.float64)
    for x in numbers(20, 1, 3):
        h, c = cell(x, (h, c))
    return c.detach()


def test_forget_bias():
    cell = lstm(scale=0.0)
    _, c = cell(torch.zeros(1, 3).double(), (torch.zeros(1, 5).double(), torch.ones(1, 5).double()))
    assert c.unique().item() == 0.5
    left, kept = (left_after_20_steps(bias).unique().item() for bias in (0.0, 3.0))
    assert f"{left:.8f} {kept:.2f}" == "0.00000095 0.38"
    assert f"{torch.tensor(3.0).sigmoid().item():.3f} {memory_after(0.953, 20):.2f}" == "0.953 0.38"
    assert left < 2e-6 and kept > 1 / 3 and chosen("02.forget_bias") == "about a millionth, and more than a third"


def test_update_bias():
    def gradient(bias: float) -> float:
        """The norm of dh_50/dh_0 of a UGRNN with small weights."""
        A_x, A_h = 0.1 * numbers(2, 5, 3), 0.1 * numbers(2, 5, 5, seed=2)  # update, candidate
        xs = numbers(50, 3, seed=3)

        def last(h):
            for x in xs:
                u = torch.sigmoid(A_h[0] @ h + A_x[0] @ x + bias)
                s = torch.tanh(A_h[1] @ h + A_x[1] @ x)
                h = u * h + (1 - u) * s
            return h

        return torch.autograd.functional.jacobian(last, torch.zeros(5, dtype=torch.float64)).norm().item()

    biases = [float(option) for option in QUESTIONS["02.update_bias"].options]
    assert max(biases, key=gradient) == 3.0 == float(chosen("02.update_bias"))


def test_explode():
    # Large cells and gates close to 1 for long: the factor along the cell is still at most 1.
    f = 1 - 1e-3 * numbers(500, 4).sigmoid()
    start = c = (1e6 * numbers(4, seed=2)).requires_grad_()
    for gate in f:
        c = gate * c + 0.5
    (along_the_cell,) = torch.autograd.grad(c.sum(), start)
    assert 0 < along_the_cell.max() <= 1
    assert chosen("02.explode").startswith("No: each step multiplies it by a forget gate")
    # "Other paths lead through h and the gates; there it can grow": in this LSTM more than tenfold.
    cell, xs = lstm(scale=0.5, forget=5.0), numbers(100, 3, seed=3)

    def last(c):
        h = torch.zeros(5, dtype=torch.float64)
        for x in xs:
            h, c = cell(x, (h, c))
        return c

    whole = torch.autograd.functional.jacobian(last, torch.zeros(5, dtype=torch.float64))
    assert torch.linalg.matrix_norm(whole, 2) > 10


def test_long_lag():
    """From the runs that lessons/recurrent/long_lag.json holds; test_long_lag.py does some of them again."""
    learned = {(row.architecture, row.keep_bias, row.lag): (row.learned, row.runs) for row in long_lag_table()}
    assert chosen("02.long_lag") == "The LSTM never, the RNN once."
    assert learned["lstm", 0.0, 40] == (0, 3)
    assert learned["rnn", 0.0, 40] == (1, 3)


def test_freeze():
    model = zoo.load("tales-lstm")
    unit = int(zoo.entry("tales-lstm").score["quote_unit"])
    text = "“I am going home,” said the maiden. “My father waits for me."
    closing = model.vocabulary.symbols.index("”")
    trained = read(model, text)
    frozen = read(model, text, [Freeze("forget", 1.0, unit=unit)])
    before, after = (reading.probabilities[-1, closing].item() for reading in (trained, frozen))
    assert chosen("02.freeze") == "It falls to less than a fifth of what it was."
    assert before > 0.4 and after < before / 5
    gate = trained.values["forget"][0, :, unit]
    first_close, second_open = text.index("”"), text.rindex("“")
    assert gate[first_close] < 0.1 and gate[second_open + 1] < 0.1 and gate.median() > 0.9
    memory = frozen.values["memory"][0, :, unit]
    assert memory[second_open + 5] < -0.5 < 0.5 < trained.values["memory"][0, second_open + 15, unit], "still outside"
