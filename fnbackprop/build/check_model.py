"""Whether a model, its cost and the examples fit together, from shapes alone."""

import math

import jax

from ..core.errors import FnbackpropError, of_own_code
from ..core.module import Variables
from ..data import ExampleSpec
from ..modules import Duplicate, Embedding
from .data import batch_specs
from .plan import Plan
from .problems import Problems

# More than any machine holds; with numbers far above it the compiler cannot even reckon.
_MOST_NUMBERS = 2**40


def check_model(plan: Plan, example: ExampleSpec, problems: Problems) -> Variables | None:
    """The shapes of the model's variables; None where it does not fit the examples, with every mistake noted."""
    _check_meanings(plan, example, problems)
    _check_tokens(plan, example, problems)
    inputs, _ = batch_specs(example, plan.config.data.batch_size)
    try:
        variables = jax.eval_shape(lambda key: plan.model.init(key, inputs), jax.random.key(0))
        if (numbers := sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(variables))) > _MOST_NUMBERS:
            problems.add("model", f"it has {numbers:,} parameters, more than any machine holds; make it smaller")
            return None
        for size in plan.config.data.sizes[:-1]:
            shape = (inputs.shape[0], size, *inputs.shape[2:])
            jax.eval_shape(plan.model.apply, variables, jax.ShapeDtypeStruct(shape, inputs.dtype))
        outputs, _ = jax.eval_shape(plan.model.apply, variables, inputs)
    except FnbackpropError as error:
        problems.add("model", str(error))
        return None
    except Exception as error:  # a user's own module may raise anything
        problems.add("model", f"it fails: {of_own_code(error)}")
        return None
    if len(outputs) != 1:
        problems.add("model", f"it ends with {len(outputs)} outputs, where a cost takes one: join them")
        return None
    width = outputs[0].shape[-1] if outputs[0].ndim > 1 else 1
    if plan.cost.targets == "classes" and example.classes is not None and width < example.classes:
        problems.add(
            "model", f"it ends with {width} outputs for {example.classes} classes; the last node needs as many"
        )
    return variables


def _check_tokens(plan: Plan, example: ExampleSpec, problems: Problems) -> None:
    """Each table in which the data's tokens are looked up has a row for all: compiled code makes NaN of the rest."""
    if not example.tokens or example.classes is None:
        return
    tokens = set(plan.model.inputs)
    for node in plan.model.nodes:
        read = set(node.inputs) <= tokens
        if read and isinstance(node.module, Duplicate):
            tokens |= set(node.outputs)
        elif read and isinstance(node.module, Embedding) and node.module.vocabulary < example.classes:
            rows, names = node.module.vocabulary, example.classes
            problems.add("model", f"node '{node.name}' has a vocabulary of {rows}; the data has {names} tokens")


def _check_meanings(plan: Plan, example: ExampleSpec, problems: Problems) -> None:
    cost, name = plan.cost, plan.config.cost.name
    meaning = plan.model.produces
    if meaning in cost.remedies:
        problems.add(
            "cost.name", f"{name} cannot take the {meaning} that the model ends with: {cost.remedies[meaning]}"
        )
    if cost.targets == "values" and example.classes is not None:
        problems.add("cost.name", f"the data has {example.classes} classes; use cross_entropy", name)
    if cost.targets == "classes" and example.classes is None:
        remedy = "make them integers, in CSV by data.task, or use squared_error"
        problems.add("cost.name", f"the data's targets are numbers, not classes: {remedy}", name)
    if cost.targets == "binary" and example.classes not in (None, 2):
        problems.add("cost.name", f"the data has {example.classes} classes, not 2; use cross_entropy", name)
