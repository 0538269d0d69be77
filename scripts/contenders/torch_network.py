"""The network of a problem in PyTorch."""

from itertools import pairwise

import numpy as np
import torch
from torch import nn

from .problem import Problem
from .torch_gpt import gpt


class _Flatten(nn.Module):
    """In the order (height, width, channels), which is that of the memory."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.permute(0, 2, 3, 1).flatten(1)


def network(problem: Problem) -> nn.Module:
    """At the problem's first weights, its images' channels last in memory: the faster layout."""
    if problem.heads:
        return gpt(problem)
    layers: list[nn.Module] = []
    for channels, to in pairwise((problem.inputs.shape[-1], *problem.channels)):
        layers += [nn.Conv2d(channels, to, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    if problem.channels:
        layers.append(_Flatten())
    for width, to in pairwise(problem.widths):
        layers += [nn.Linear(width, to), nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    with torch.no_grad():
        weighted = [layer for layer in model if isinstance(layer, nn.Conv2d | nn.Linear)]
        for layer, weight in zip(weighted, problem.weights, strict=True):
            layer.weight.copy_(torch.from_numpy(np.moveaxis(weight, -1, 1)))
            layer.bias.zero_()
    return model.to(memory_format=torch.channels_last)
