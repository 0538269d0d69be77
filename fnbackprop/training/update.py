"""From gradients' updates to new parameters, with the penalties that act on the parameters themselves."""

from typing import Any

import optax
from jax import Array
from jaxtyping import Float

from ..core.config import PenaltiesConfig
from ..penalties import acts, l1_proximal, l2_decay, map_penalised


def update_params(params: Any, updates: Any, penalties: PenaltiesConfig, rate: Float[Array, ""]) -> Any:
    """The parameters after one step of learning rate `rate` = η (lecture, C7 and C8).

    Forward: w ← (1 − 2ηα₂) w + update, then w ← sign(w) max(|w| − ηα₁, 0), for those penalties not in the loss

    Under plain SGD the decay equals the penalty 'α₂‖w‖²' in the loss. Under Adam it does not: there the penalty's
    gradient is divided by the gradient's running size like all of it, while the decay keeps its own.
    """
    if acts(penalties.l2) and penalties.l2_form == "decay":
        params = map_penalised(lambda w: l2_decay(w, penalties.l2, rate), params, penalties.biases)
    params = optax.apply_updates(params, updates)
    if acts(penalties.l1) and penalties.l1_form == "proximal":
        params = map_penalised(lambda w: l1_proximal(w, penalties.l1, rate), params, penalties.biases)
    return params
