"""How a gradient shrinks or grows on its way back through time.

After Hochreiter (1991) and Bengio, Simard and Frasconi (1994).

First one number instead of a state:  h_t = tanh(a_h h_{t-1} + x_t)

    dh_t/dh_{t-k} = (prod of tanh'_i over the last k steps) * a_h^k        with tanh'_i = 1 - h_i^2

Then a vector, where every factor becomes the matrix  J_t = diag(1 - h_t^2) A_h  and the spectral radius of
A_h takes the part of |a_h|.

All of it is computed in float64: in float32 a product of a hundred small factors is soon 0.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

from lessons.core.record import record
from lessons.core.threads import threads

# ---------------------------------------------------------------------------------------------- one number


def scalar_states(
    a_h: float, x: Float[Tensor, "time"], h0: float = 0.0, saturate: bool = True
) -> Float64[Tensor, "time"]:
    """h_1..h_T for the inputs x_1..x_T. saturate=False leaves the tanh out: h_t = a_h h_{t-1} + x_t."""
    h, states = torch.tensor(h0, dtype=torch.float64), []
    for x_t in x.double():
        h = a_h * h + x_t
        h = torch.tanh(h) if saturate else h
        states.append(h)
    return torch.stack(states) if states else x.double()


def scalar_gradient(a_h: float, states: Float[Tensor, "time"], saturate: bool = True) -> Float64[Tensor, "time+1"]:
    """dh_T/dh_{T-k} for k = 0..T, by the product above. Entry k is k steps back; entry 0 is 1.

    states: h_1..h_T as `scalar_states` gives them. Far back the product may leave float64 (below 1e-308 it
    is 0, above 1e308 infinite); `log10_abs_scalar_gradient` does not.
    """
    factors = a_h * _slopes(states, saturate)  # [time], of the last step first
    return torch.cat([torch.ones(1, dtype=torch.float64), torch.cumprod(factors, dim=0)])  # [time+1]


def log10_abs_scalar_gradient(
    a_h: float, states: Float[Tensor, "time"], saturate: bool = True
) -> Float64[Tensor, "time+1"]:
    """log10 |dh_T/dh_{T-k}| for k = 0..T, as a sum of logarithms, which neither under- nor overflows.

    -inf where the gradient is exactly 0 (a_h = 0, or a state that is 1 to the last bit).
    """
    logs = _slopes(states, saturate).log10() + (math.log10(abs(a_h)) if a_h else -math.inf)  # [time]
    return torch.cat([torch.zeros(1, dtype=torch.float64), torch.cumsum(logs, dim=0)])  # [time+1]


def _slopes(states: Float[Tensor, "time"], saturate: bool) -> Float64[Tensor, "time"]:
    """tanh' at every step, the last step first."""
    h = states.double().flip(0)
    return (1 - h) * (1 + h) if saturate else torch.ones_like(h)  # more exact than 1 - h^2 where h is near 1


# ---------------------------------------------------------------------------------------------- a vector


@threads(1)
def hidden_gradients(
    model: nn.Module,
    x: Float[Tensor, "batch time input"],
    loss: Callable[[Tensor], Tensor],
    layer: int = -1,
    mark: str = "see_hidden",
) -> Float[Tensor, "batch time hidden"]:
    """dL/dh_t for every step of one layer, where L = loss(y), of the outputs y [batch time output].

    This is the whole gradient that arrives at h_t, through all later steps. The parameters' own `.grad` are
    left alone. Works for every model with `cells` that see a hidden state; layer -1 is the top one
    (IndexError when there is none). mark: another value of the cell in place of h, for example "see_cell"
    for the cell state of an LSTM (KeyError when the cell has no such mark).
    """
    count = len(model.cells)
    if not -count <= layer < count:
        raise IndexError(f"There is no layer {layer}: the model has {count}, from 0 to {count - 1}.")
    name = f"cells.{layer % count}.{mark}"
    with torch.enable_grad(), record(model, only=[name]) as seen:
        x = x.detach().requires_grad_()  # so that the states have a graph even if all weights are frozen
        y, _ = model(x)
        steps = seen.calls(name)  # [batch hidden] * time
        grads = torch.autograd.grad(loss(y), steps, materialize_grads=True, allow_unused=True)
    return torch.stack(grads, dim=1)  # [batch time hidden]


def jacobian(h: Float[Tensor, "hidden"], A_h: Float[Tensor, "hidden hidden"]) -> Float[Tensor, "hidden hidden"]:
    """J_t = dh_t/dh_{t-1} = diag(1 - h_t^2) A_h for a tanh layer whose new state is h = h_t."""
    return (1 - h**2)[:, None] * A_h  # [hidden 1] * [hidden hidden]


def jacobian_product_norms(
    states: Float[Tensor, "time hidden"], A_h: Float[Tensor, "hidden hidden"]
) -> Float64[Tensor, "time"]:
    """The 2-norm of dh_T/dh_t = J_T ... J_{t+1} for t = 1..T, the most a gradient can grow. The last is 1."""
    A_h, states = A_h.double(), states.double()
    product = torch.eye(len(A_h), dtype=torch.float64, device=A_h.device)  # dh_T/dh_T
    products = [product]
    for h in states[1:].flip(0):
        product = product @ jacobian(h, A_h)
        products.append(product)
    return torch.linalg.matrix_norm(torch.stack(products), ord=2).flip(0)  # [time hidden hidden] -> [time]


def spectral_radius(A: Float[Tensor, "hidden hidden"]) -> float:
    """The largest absolute value of an eigenvalue of A. ValueError when an entry is not finite."""
    if not A.isfinite().all():
        raise ValueError("The matrix has entries that are not finite, so it has no eigenvalues.")
    return float(torch.linalg.eigvals(A.detach().cpu().double()).abs().max())


def scale_to_spectral_radius(A: Float[Tensor, "hidden hidden"], rho: float) -> Float[Tensor, "hidden hidden"]:
    """A times the factor that gives it the spectral radius rho >= 0. ValueError if there is none."""
    if not 0 <= rho < math.inf:
        raise ValueError(f"The spectral radius must be 0 or more and finite, not {rho}.")
    now = spectral_radius(A)
    if now == 0 and rho > 0:
        raise ValueError(f"All eigenvalues of this matrix are 0, so no factor gives it the spectral radius {rho}.")
    return A.detach() * (rho / now if rho else 0.0)
