"""A text is made up one place at a time, as the whole model would have it."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fnbackprop import ConfigError, Graph, GraphError, Node, Repeat
from fnbackprop.modules import LSTM, Add, Attention, Embedding, LayerNorm, Linear, Positions
from fnbackprop.training import Trained, sample

CONTEXT, NAMES = 8, tuple("abcd ")


def trained(*parts: Any, classes: tuple[str, ...] = NAMES) -> Trained:
    model = Graph([Embedding(len(classes), 8, initializer="lecun_normal"), *parts, Linear(len(classes))])
    variables = model.init(jax.random.key(1), jax.ShapeDtypeStruct((1, CONTEXT), np.int32))
    return Trained(model, variables, None, classes, (CONTEXT,), tokens=True)


def transformer(**options: Any) -> Trained:
    attend = Attention(2, causal=True, **options)
    block = [LayerNorm(), attend, Node(Add(), inputs=("x", "attention_1"))]
    return trained(Positions(CONTEXT), Repeat(block=block, times=2))


def longhand(model: Trained, prompt: str, tokens: int) -> str:
    """The most probable token each time, by the whole model of all that is known."""
    known = [NAMES.index(letter) for letter in prompt]
    for _ in range(tokens):
        known = known[-(CONTEXT // 2) :] if len(known) > CONTEXT else known
        padded = np.zeros((1, CONTEXT), np.int32)
        padded[0, : len(known)] = known
        (logits,), _ = model.model.apply(model.variables, jnp.asarray(padded))
        known = [*known, int(logits[0, len(known) - 1].argmax())]
        prompt += NAMES[known[-1]]
    return prompt


@pytest.mark.parametrize("options", [{}, {"rotary": True, "key_value_heads": 1}], ids=["plain", "rotary, grouped"])
def test_it_is_what_the_whole_model_says_also_past_its_context(options: dict) -> None:
    model = transformer(**options)
    assert "abc" + "".join(sample(model, "abc", 12, 0.0, 0)) == longhand(model, "abc", 12)


def test_draws_are_of_the_seed_and_follow_the_softmax() -> None:
    model = trained()
    texts = ["".join(sample(model, "a", 6, 1.0, seed)) for seed in (0, 0, 1)]
    assert texts[0] == texts[1] != texts[2]
    # Without attention each token depends on the one before it alone.
    (logits,), _ = model.model.apply(model.variables, jnp.arange(5)[None])
    wanted = jax.nn.softmax(logits[0] / 0.7)
    text = "a" + "".join(sample(model, "a", 3000, 0.7, 3))
    pairs = np.zeros((5, 5))
    np.add.at(pairs, ([NAMES.index(c) for c in text[:-1]], [NAMES.index(c) for c in text[1:]]), 1)
    seen = pairs.sum(1) > 300
    assert seen.sum() >= 2
    np.testing.assert_allclose((pairs / pairs.sum(1, keepdims=True))[seen], wanted[seen], atol=0.07)


def test_bytes_are_put_together_to_letters() -> None:
    names = tuple(chr(b) if 32 <= b < 127 else f"\\x{b:02x}" for b in range(256))
    assert len("".join(sample(trained(classes=names), "é", 3, 0.0, 0)).encode()) >= 3


@pytest.mark.parametrize("part", [Attention(2), LSTM(8)], ids=["looks ahead", "remembers nothing"])
def test_a_model_that_cannot_be_run_place_by_place_is_refused(part: Any) -> None:
    with pytest.raises(GraphError, match="cannot be run one place at a time"):
        next(sample(trained(part), "ab", 2, 0.0, 0))


@pytest.mark.parametrize(("prompt", "expected"), [("abx", "has 'x', which the text"), ("", "the prompt is empty")])
def test_a_prompt_that_the_model_cannot_read_is_refused(prompt: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        next(sample(trained(), prompt, 2, 0.0, 0))


def test_a_model_of_no_text_is_refused() -> None:
    with pytest.raises(ConfigError, match="was trained on no text"):
        next(sample(trained()._replace(tokens=False), "a", 2, 0.0, 0))
