"""Mistakes that only the whole experiment shows are found before training."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from fnbackprop import ConfigError
from fnbackprop.build import Plan

LINEAR = "{module='Linear', features=3}"
RATE = "optimizer.learning_rate="

REFUSED = {
    "softmax before cross-entropy": (
        [f"model=[{LINEAR}, {{module='Softmax'}}]"],
        ["cost.name: cross_entropy cannot take the probabilities .* remove the Softmax or Sigmoid"],
    ),
    "sigmoid, handed on, before cross-entropy": (
        [f"model=[{LINEAR}, {{module='Sigmoid'}}, {{module='Dropout'}}, {{module='Flatten'}}]"],
        ["cost.name: cross_entropy cannot take the probabilities"],
    ),
    "logits before the negative log-likelihood": (
        ["cost.name=negative_log_likelihood"],
        ["cost.name: .* cannot take the values .* end the model with a LogSoftmax"],
    ),
    "sigmoid before binary cross-entropy": (
        [
            "data.source=breast_cancer",
            "model=[{module='Linear', features=1}, {module='Sigmoid'}]",
            "cost.name=binary_cross_entropy",
        ],
        ["cost.name: binary_cross_entropy cannot take the probabilities"],
    ),
    "more classes than outputs": (["model.0.features=2"], ["model: it ends with 2 outputs for 3 classes"]),
    "a batch larger than the data": (
        ["data.batch_size=1000", RATE + "{schedule='cosine_decay_schedule', init_value=1}"],
        [r"data.batch_size: larger than the 105 training examples \(got 1000\)"],
    ),
    "a batch that cannot be cut into parts": (
        ["training={epochs=2, accumulate=4}"],
        [r"training.accumulate: does not divide data.batch_size, 10: all parts of a batch are equally large \(got 4\)"],
    ),
    "a decay longer than the run": (
        [RATE + "{schedule='cosine_decay_schedule', init_value=1, decay_steps=23}"],
        [r"optimizer.learning_rate.decay_steps: longer than the run, which has 22 steps: .* \(got 23\)"],
    ),
    "a warmup longer than the run": (
        [RATE + "{schedule='warmup_constant_schedule', init_value=0, peak_value=1, warmup_steps=23}"],
        ["optimizer.learning_rate.warmup_steps: longer"],
    ),
    "a warmup as long as the run": (
        [RATE + "{schedule='warmup_cosine_decay_schedule', init_value=0, peak_value=1, warmup_steps=22}"],
        [r"optimizer.learning_rate.warmup_steps: takes the whole run: make it shorter \(got 22\)"],
    ),
    "a boundary after the run": (
        [RATE + "{schedule='piecewise_constant_schedule', init_value=1, boundaries_and_scales={5=0.1, 23=0.1}}"],
        ["optimizer.learning_rate.boundaries_and_scales: longer"],
    ),
    "a transition that begins after the run": (
        [RATE + "{schedule='linear_schedule', init_value=1, end_value=0, transition_begin=23}"],
        ["optimizer.learning_rate.transition_begin: longer"],
    ),
    "a transition that ends after the run": (
        [RATE + "{schedule='linear_schedule', init_value=1, end_value=0, transition_begin=20, transition_steps=3}"],
        ["optimizer.learning_rate.transition_steps: longer"],
    ),
    "cycles longer than the run": (
        [
            RATE + "{schedule='sgdr_schedule', cosine_kwargs=["
            "{init_value=0, peak_value=1, warmup_steps=1, decay_steps=12},"
            "{init_value=0, peak_value=1, warmup_steps=1, decay_steps=11}]}"
        ],
        ["optimizer.learning_rate.cosine_kwargs: longer"],
    ),
    "a schedule that optax refuses": (
        [RATE + "{schedule='cosine_decay_schedule', init_value=1, decay_steps=-1}"],
        ["optimizer: adam cannot be used like this: .*positive decay_steps"],
    ),
    "a type that JAX does not know": (["optimizer.mu_dtype=bfloat17"], ["optimizer: adam cannot be used like this"]),
    "classes for a regression": (
        ["cost.name=squared_error"],
        [r"cost.name: the data has 3 classes; use cross_entropy \(got 'squared_error'\)"],
    ),
    "numbers for a classification": (
        ["data.source=diabetes"],
        ["cost.name: the data's targets are numbers, not classes: make them integers, .*, or use squared_error"],
    ),
    "three classes for a binary cost": (
        ["cost.name=binary_cross_entropy"],
        ["cost.name: the data has 3 classes, not 2; use cross_entropy"],
    ),
    "two logits for a binary cost": (
        ["data.source=breast_cancer", "model.0.features=2", "cost.name=binary_cross_entropy"],
        [r"cost: binary_cross_entropy got logits of shape \(10, 2\)"],
    ),
    "several outputs for one number": (
        ["data.source=diabetes", "cost.name=squared_error"],
        # The shapes in signatures, which only tests enforce, come first.
        [r"(cost: squared_error got outputs of shape \(10, 3\)|a training step fails: TypeCheckError)"],
    ),
    "no classes to stratify by": (
        ["data.source=diabetes", "cost.name=squared_error", "model.0.features=1", "data.shuffle=stratified"],
        ["data.shuffle: there are no classes to stratify by; use every-epoch"],
    ),
    "shapes that do not fit": (
        [
            "model=[{module='Linear', features=3, name='a'}, {module='Linear', features=4, name='b', inputs=['x']},"
            "{module='Add', inputs=['a', 'b']}]"
        ],
        [r"model: node 'add_1' \(Add\(\)\) reads a, b of float32\[10, 3\], float32\[10, 4\]: "],
    ),
    "a tie that does not fit": (
        ["model=[{module='Linear', features=4, name='a'}, {module='Linear', features=3, tied='a'}]"],
        ["model: node 'linear_1' .* it is tied to 'a'"],
    ),
    "several outputs": ([f"model=[{LINEAR}, {{module='Duplicate'}}]"], ["model: it ends with 2 outputs"]),
    "nothing left by dropout": (
        [f"model=[{LINEAR}, {{module='Dropout', rate=0.9, exact=true}}]"],
        ["model: node 'dropout_1' .*it must keep at least one"],
    ),
    "a model that no machine holds": (
        [f"model=[{{module='Linear', features={2**62}}}, {LINEAR}]"],
        ["model: it has [0-9,]+ parameters, more than any machine holds"],
    ),
    "more steps than are counted": (
        ["training.epochs=2147483647"],
        [r"training.epochs: come to 23,622,320,117 steps; a run has at most 2,147,483,647, .* \(got 2147483647\)"],
    ),
    "several at once": (
        ["data.batch_size=1000", "model.0.features=2", "cost.name=negative_log_likelihood"],
        ["data.batch_size: larger", "cost.name: .*cannot take the values", "model: it ends with 2 outputs"],
    ),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.quick
def test_refused(checked: Callable[..., Plan], case: str) -> None:
    overrides, messages = REFUSED[case]
    with pytest.raises(ConfigError) as caught:
        checked(*overrides)
    assert len(caught.value.problems) == len(messages)
    for line, message in zip(caught.value.problems, messages, strict=True):
        assert re.match(f"it.toml: {message}", line), line


ACCEPTED = {
    "a warmup as long as the run, with nothing after it": [
        RATE + "{schedule='warmup_constant_schedule', init_value=0, peak_value=1, warmup_steps=22}"
    ],
    "log-softmax before cross-entropy": [f"model=[{LINEAR}, {{module='LogSoftmax'}}]"],
    "log-softmax before the negative log-likelihood": [
        f"model=[{LINEAR}, {{module='LogSoftmax'}}]",
        "cost.name=negative_log_likelihood",
    ],
    "softmax inside": [f"model=[{LINEAR}, {{module='Softmax'}}, {LINEAR}]"],
    "more outputs than classes": ["model.0.features=4"],
    "a batch of all": ["data.batch_size=105"],
    "one logit for two classes": [
        "data.source=breast_cancer",
        "model.0.features=1",
        "cost.name=binary_cross_entropy",
    ],
    "a decay as long as the run": [RATE + "{schedule='cosine_decay_schedule', init_value=1, decay_steps=22}"],
    "a transition in the rest of the run": [
        RATE + "{schedule='linear_schedule', init_value=1, end_value=0, transition_begin=10}"
    ],
    "no validation part": ["data.validation=0"],
    "both penalties": ["penalties={l1=0.1, l1_form='proximal', l2=0.1, l2_form='decay', biases=true}"],
    "both clips": ["optimizer={clip_norm=1, clip_value=1}"],
}


@pytest.mark.parametrize("vocabulary", [5, 4])
def test_a_table_has_a_row_for_each_token(checked: Callable[..., Plan], tmp_path: Path, vocabulary: int) -> None:
    (tmp_path / "it.txt").write_text("abcde" * 20)
    table = f"{{module='Embedding', vocabulary={vocabulary}, features=3}}"
    # The graph's input is read twice, so that a Duplicate stands before the tables.
    other = table.replace(str(vocabulary), "9").replace("}", ", inputs=['x']}")
    added = "{module='Add', inputs=['embedding_1', 'embedding_2']}"
    model = f"[{table}, {other}, {added}, {{module='Linear', features=5}}]"
    text = f"data={{source='text', path='{tmp_path / 'it.txt'}', context=4, batch_size=2, normalize='none'}}"
    if vocabulary == 5:
        checked(f"model={model}", text)
        return
    with pytest.raises(ConfigError, match="node 'embedding_1' has a vocabulary of 4; the data has 5 tokens"):
        checked(f"model={model}", text)


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(checked: Callable[..., Plan], case: str) -> None:
    checked(*ACCEPTED[case])


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model=[{module='own_package.things:boom'}]", "model: it fails: RuntimeError: of its own"),
        ("cost.name=own_package.things:cauchy", "a training step fails: .*shapes"),
    ],
)
def test_own_code_that_fails_is_the_configs_mistake(
    own: str, checked: Callable[..., Plan], override: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        checked(override, allow=[own])
