"""What all contenders train: a network, its first weights and its data, in a folder of files."""

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

RATE = 1e-3

# See the package: trains so many steps and returns their losses; and what returns it, ready to begin.
Train = Callable[[int], Sequence[float] | np.ndarray]
Start = Callable[[], Train]


class Problem(NamedTuple):
    """A ReLU network of these widths, or a GPT, trained by Adam on cross-entropy, a minibatch of the examples a step.

    channels: of the convolutions before it: 3 × 3, "same", each with ReLU and a 2 × 2 max-pool; the last one's outputs
    are flattened in the order (height, width, channels). inputs: uint8 or float32, images as (n, height, width,
    channels); a model sees (inputs − mean) / divisor. weights: (out, 3, 3, in) for each convolution, then (out, in) for
    each layer; biases start at zero. order: the examples in the order in which an epoch visits them; ours writes it,
    and so is prepared first.

    heads: of a GPT, which has no biases, and whose table of tokens makes its logits too. inputs: int32, (n, context).
    weights: the tables of tokens and positions, the `blocks`, and the last norm's scale.
    """

    folder: Path
    widths: tuple[int, ...]
    batch: int
    inputs: np.ndarray
    targets: np.ndarray
    weights: tuple[np.ndarray, ...]
    mean: float = 0.0
    divisor: float = 1.0
    channels: tuple[int, ...] = ()
    heads: int = 0

    @classmethod
    def load(cls, folder: Path) -> "Problem":
        """The problem that was saved in `folder`."""
        facts = json.loads((folder / "facts.json").read_text())
        arrays = dict(np.load(folder / "arrays.npz"))
        inputs, targets = arrays.pop("inputs"), arrays.pop("targets")
        facts |= {"widths": tuple(facts["widths"]), "channels": tuple(facts["channels"])}
        return cls(folder=folder, inputs=inputs, targets=targets, weights=tuple(arrays.values()), **facts)

    def save(self) -> None:
        """Write it to its folder."""
        facts = self._asdict()
        arrays = {name: facts.pop(name) for name in ("inputs", "targets")}
        arrays |= {f"weight_{i}": w for i, w in enumerate(facts.pop("weights"))}
        del facts["folder"]
        (self.folder / "facts.json").write_text(json.dumps(facts))
        np.savez(self.folder / "arrays.npz", **arrays)

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return len(self.inputs) // self.batch

    @property
    def blocks(self) -> list[tuple[np.ndarray, ...]]:
        """A GPT's, six weights each: norm, to queries, keys and values, back; norm, to the hidden layer, back."""
        return [self.weights[i : i + 6] for i in range(2, len(self.weights) - 1, 6)]

    @property
    def flops(self) -> int:
        """Of a step's products: forward, and back to all weights and all but the first input."""
        if self.heads:
            context, features = self.weights[1].shape
            matrices = self.weights[0].size + sum(w.size for block in self.blocks for w in block if w.ndim > 1)
            attention = 2 * context * features * len(self.blocks)  # scores, and sums of values
            return 3 * 2 * self.batch * context * (matrices + attention)
        sides = [math.prod(self.inputs.shape[1:3]) // 4**i for i in range(len(self.channels))]
        places = [*sides, *[1] * (len(self.widths) - 1)]  # where each weight is applied
        products = [2 * self.batch * n * w.size for n, w in zip(places, self.weights, strict=True)]
        return 3 * sum(products) - products[0]

    def write_order(self, order: np.ndarray) -> None:
        """Tell the other contenders in which order to visit the examples."""
        np.save(self.folder / "order.npy", order)

    def order(self) -> np.ndarray:
        """The examples of an epoch, in order."""
        return np.load(self.folder / "order.npy")

    def batches(self) -> tuple[np.ndarray, np.ndarray]:
        """An epoch's minibatches, normalised and cut beforehand: the easiest form for whoever is fed step by step."""
        order = self.order().reshape(self.steps, self.batch)
        return self.normalised()[order], self.targets[order]

    def normalised(self) -> np.ndarray:
        """The inputs as the model sees them."""
        if self.heads:
            return self.inputs
        return (self.inputs.astype(np.float32) - np.float32(self.mean)) / np.float32(self.divisor)
