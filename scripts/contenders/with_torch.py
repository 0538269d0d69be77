"""PyTorch, a step at a time, with the fused Adam; as it is, and compiled."""

import copy
from collections.abc import Callable

import numpy as np
import torch

from .problem import RATE, Problem, Start, Train
from .torch_network import network


def eager(problem: Problem, wrap: Callable = lambda model: model) -> Start:
    """Modules and autograd as they are."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    x, targets = problem.batches()
    x = np.moveaxis(x, -1, 2) if problem.channels else x  # a view: in memory the channels stay last
    inputs, classes = torch.from_numpy(x).to(device), torch.from_numpy(targets.astype(np.int64)).to(device)
    batches = [*zip(inputs.unbind(), classes.flatten(1).unbind(), strict=True)]
    model = network(problem).to(device)
    first = copy.deepcopy(model.state_dict())
    run = wrap(model)
    cost = torch.nn.CrossEntropyLoss()

    def start() -> Train:
        model.load_state_dict(first)
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
