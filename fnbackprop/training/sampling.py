"""Text that a model makes up, one token after the other."""

from collections.abc import Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Int, PRNGKeyArray

from ..core.errors import ConfigError, GraphError, ShapeError
from ..core.module import Context
from .trained import Trained, raw_outputs


def sample(trained: Trained, prompt: str, tokens: int, temperature: float, seed: int) -> Iterator[str]:
    """So many tokens after a prompt, a piece at a time; drawn from the softmax of the logits over `temperature`.

    Each token costs one place of the model, which keeps what it needs of earlier ones (`Module.memory`). Where the
    model's context is full, the later half of it begins a new one. A temperature of 0 takes the most probable token.
    Raises ConfigError for a prompt that is empty or has what the model does not know, and for a model of no text.
    """
    known = _read(prompt, trained)
    context, key = trained.input_shape[0], jax.random.key(seed)
    run = jax.jit(lambda given, count, key: _fill(trained, given, count, key, temperature))
    _check_memory(trained, known, context)
    while tokens > 0:
        known = known[-(context // 2 or 1) :] if len(known) > context else known
        key, own = jax.random.split(key)
        given = np.zeros(context, np.int32)
        given[: len(known)] = known
        made = np.asarray(run(given, np.int32(len(known)), own))[len(known) - 1 :][:tokens]
        tokens -= len(made)
        known = [*known, *made.tolist()]
        yield _write(made.tolist(), trained)


def _fill(
    trained: Trained, given: Int[Array, " context"], count: Int[Array, ""], key: PRNGKeyArray, temperature: float
) -> Int[Array, " context"]:
    """The token after each place, of which the first `count` are given and each other is the one that was drawn."""

    def step(before: tuple[Any, Array], i: Array) -> tuple[tuple[Any, Array], Array]:
        state, token = before
        token = jnp.where(i < count, given[i], token)
        logits, state = _one_place(trained, state, token, i)
        drawn = (
            jax.random.categorical(jax.random.fold_in(key, i), logits / temperature) if temperature else logits.argmax()
        )
        return (state, drawn.astype(jnp.int32)), drawn.astype(jnp.int32)

    start = _memory(trained, len(given)), jnp.int32(0)
    return jax.lax.scan(step, start, jnp.arange(len(given)))[1]


def _memory(trained: Trained, length: int) -> Any:
    return trained.model.memory(trained.variables, jax.ShapeDtypeStruct((1, 1), np.int32), length=length)


def _one_place(trained: Trained, state: Any, token: Array, place: Array) -> tuple[Array, Any]:
    variables = trained.variables._replace(state=state)
    (outputs,), state = trained.model.apply(variables, token[None, None], context=Context(position=place))
    return outputs[0, 0], state


def _check_memory(trained: Trained, known: Sequence[int], context: int) -> None:
    """Raises GraphError for a model that looks at other places in a way that it does not remember."""
    places = np.resize(np.asarray(known, np.int32), context)
    whole = raw_outputs(trained, trained.variables, jnp.asarray(places[None]))[0]

    def step(state: Any, at: tuple[Array, Array]) -> tuple[Any, Array]:
        logits, state = _one_place(trained, state, *at)
        return state, logits

    try:
        _, alone = jax.lax.scan(step, _memory(trained, context), (jnp.asarray(places), jnp.arange(context)))
        same = np.allclose(whole, alone, rtol=1e-2, atol=1e-2 * float(jnp.abs(whole).max()))
    except ShapeError:
        same = False
    if not same:
        raise GraphError(
            "the model cannot be run one place at a time: a node looks at other places without remembering them, or at "
            "later ones; a model to sample from mixes places in Attention(causal = true) only"
        )


def _read(prompt: str, trained: Trained) -> list[int]:
    names = trained.classes or ()
    if not trained.tokens or len(trained.input_shape) != 1:
        raise ConfigError("the model was trained on no text: only one with tokens for inputs can be sampled from")
    of_bytes = len(names) == 256 and any(len(name) > 1 for name in names)
    letters: Sequence[Any] = [*prompt.encode()] if of_bytes else [*prompt]
    numbers = {i: i for i in range(256)} if of_bytes else {name: i for i, name in enumerate(names)}
    if unknown := sorted({letter for letter in letters if letter not in numbers}):
        raise ConfigError(f"the prompt has {unknown[0]!r}, which the text that was learned from has not; leave it out")
    if not letters:
        raise ConfigError("the prompt is empty; it wants one character at least to go on from")
    return [numbers[letter] for letter in letters]


def _write(tokens: Sequence[int], trained: Trained) -> str:
    names = trained.classes or ()
    if len(names) == 256 and any(len(name) > 1 for name in names):
        return bytes(tokens).decode("utf-8", "replace")
    return "".join(names[token] for token in tokens)
