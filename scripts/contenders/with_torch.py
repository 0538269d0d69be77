"""PyTorch, a step at a time, with the fused Adam; as it is, and compiled."""

from collections.abc import Callable

import numpy as np
import torch

from .problem import RATE, Problem, Start, Train


def eager(problem: Problem, wrap: Callable = lambda model: model) -> Start:
    """Modules and autograd as they are."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    x, targets = problem.batches()
    inputs, classes = torch.from_numpy(x).to(device), torch.from_numpy(targets.astype(np.int64)).to(device)
    batches = [*zip(inputs.unbind(), classes.unbind(), strict=True)]
    layers: list[torch.nn.Module] = []
    for width, to in zip(problem.widths, problem.widths[1:], strict=False):
        layers += [torch.nn.Linear(width, to), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1]).to(device)
    run = wrap(model)
    cost = torch.nn.CrossEntropyLoss()

    def start() -> Train:
        with torch.no_grad():
            for layer, weight in zip(model[::2], problem.weights, strict=True):
                layer.weight.copy_(torch.from_numpy(weight))
                layer.bias.zero_()
        optimizer = torch.optim.Adam(model.parameters(), RATE, fused=True)

        def train(steps: int) -> np.ndarray:
            losses = []
            for x, targets in batches[:steps]:
                optimizer.zero_grad(set_to_none=True)
                loss = cost(run(x), targets)
                loss.backward()
                optimizer.step()
                losses.append(loss.detach())
            return torch.stack(losses).cpu().numpy()  # which waits for all

        return train

    return start


def compiled(problem: Problem) -> Start:
    """The model under `torch.compile`."""
    return eager(problem, torch.compile)
