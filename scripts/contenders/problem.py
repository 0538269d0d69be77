"""What all contenders train: a multilayer perceptron, its first weights and its data, in a folder of files."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

RATE = 1e-3

# See the package: trains so many steps and returns their losses; and what returns it, ready to begin.
Train = Callable[[int], Sequence[float] | np.ndarray]
Start = Callable[[], Train]


class Problem(NamedTuple):
    """A ReLU network of these widths, trained by Adam on cross-entropy, a minibatch of the examples a step.

    inputs: uint8 or float32; a model sees (inputs − mean) / divisor. weights: (out, in) for each layer; biases start at
    zero. order: the examples in the order in which an epoch visits them; ours writes it, and so is prepared first.
    """

    folder: Path
    widths: tuple[int, ...]
    batch: int
    inputs: np.ndarray
    targets: np.ndarray
    weights: tuple[np.ndarray, ...]
    mean: float = 0.0
    divisor: float = 1.0

    @classmethod
    def load(cls, folder: Path) -> "Problem":
        """The problem that was saved in `folder`."""
        facts = json.loads((folder / "facts.json").read_text())
        arrays = np.load(folder / "arrays.npz")
        weights = tuple(arrays[f"weight_{i}"] for i in range(len(facts["widths"]) - 1))
        own = arrays["inputs"], arrays["targets"], weights, facts["mean"], facts["divisor"]
        return cls(folder, tuple(facts["widths"]), facts["batch"], *own)

    def save(self) -> None:
        """Write it to its folder."""
        facts = {"widths": self.widths, "batch": self.batch, "mean": self.mean, "divisor": self.divisor}
        (self.folder / "facts.json").write_text(json.dumps(facts))
        arrays: dict[str, Any] = {f"weight_{i}": w for i, w in enumerate(self.weights)}
        np.savez(self.folder / "arrays.npz", **arrays, inputs=self.inputs, targets=self.targets)

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return len(self.inputs) // self.batch

    @property
    def flops(self) -> int:
        """Of a step's matrix products: forward, and back to all weights and all but the first input."""
        products = [2 * self.batch * a * b for a, b in zip(self.widths, self.widths[1:], strict=False)]
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
        return (self.inputs.astype(np.float32) - np.float32(self.mean)) / np.float32(self.divisor)
