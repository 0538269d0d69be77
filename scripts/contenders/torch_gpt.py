"""A GPT in PyTorch."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from .problem import Problem


class _Block(nn.Module):
    def __init__(self, features: int, hidden: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norm_1 = nn.LayerNorm(features, bias=False)
        self.project = nn.Linear(features, 3 * features, bias=False)
        self.back = nn.Linear(features, features, bias=False)
        self.norm_2 = nn.LayerNorm(features, bias=False)
        self.up = nn.Linear(features, hidden, bias=False)
        self.down = nn.Linear(hidden, features, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        parts = self.project(self.norm_1(x)).chunk(3, dim=-1)
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.back(y.transpose(1, 2).flatten(-2))
        return x + self.down(functional.gelu(self.up(self.norm_2(x))))


class _GPT(nn.Module):
    def __init__(self, problem: Problem):
        super().__init__()
        context, features = problem.weights[1].shape
        hidden = len(problem.blocks[0][4])
        self.tokens = nn.Embedding(len(problem.weights[0]), features)
        self.positions = nn.Parameter(torch.empty(context, features))
        self.blocks = nn.ModuleList([_Block(features, hidden, problem.heads) for _ in problem.blocks])
        self.norm = nn.LayerNorm(features, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.tokens(x) + self.positions
        for block in self.blocks:
            y = block(y)
        return functional.linear(self.norm(y), self.tokens.weight).flatten(0, 1)


def gpt(problem: Problem) -> nn.Module:
    """At the problem's first weights; of (batch, context) tokens it gives (batch · context, vocabulary) logits."""
    model = _GPT(problem)
    own = [model.tokens.weight, model.positions, *model.blocks.parameters(), model.norm.weight]
    with torch.no_grad():
        for parameter, weight in zip(own, problem.weights, strict=True):
            parameter.copy_(torch.from_numpy(weight))
    return model
