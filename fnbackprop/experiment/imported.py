"""A run that begins with weights from elsewhere."""

from collections.abc import Sequence
from pathlib import Path

import jax
from rich.console import Console

from .. import build, records, training
from ..core.arrays import load_arrays
from ..core.atomic import write_atomically
from ..core.errors import ConfigError, DataError
from ..core.stopping import StopWish
from ..data.digest import data_digest
from .keeper import Keeper
from .run import Run
from .same_run import UNTRAINED
from .start import Start


def begin_with(
    config: str | Path,
    weights: str | Path,
    overrides: Sequence[str] = (),
    *,
    run: str | Path,
    allow: Sequence[str] = (),
    console: Console | None = None,
) -> Path:
    """Make a run of `config` whose model has the weights of a safetensors file, untrained; its folder.

    It can be evaluated, asked for predictions, and trained: `train(config, run=…)` goes on from step 0 with these
    weights. Inputs are normalised by the config's data.
    """
    plan, data = build.prepare(config, overrides, allow)
    variables, state = _start(plan, data, Path(weights))  # first: wrong weights leave no folder
    folder = records.RunFolder.at(Path(run))
    with records.disk_errors(folder.path), folder.locked():
        if any(part.exists() for part in (folder.config, folder.metrics, folder.checkpoints)):
            raise ConfigError(f"{folder.path} holds a run; give --run a folder that is free")
        log = records.Log(folder.log, console or Console())
        digests = build.config_digest(build.comparable_tables(plan, data)), data_digest(data.splits)
        it = Run(build.config_name(config), plan, data, folder, log, StopWish(), *digests)
        metrics = records.MetricsLog(folder.metrics, Start().metrics)
        Keeper(it, Start(), metrics, records.environment()).save(state, records.Averages(), None)
        training.save_trained(folder.model, it.trained(variables))
        write_atomically(folder.config, build.config_text(plan, data))
        records.Status(folder.status, 0, saved=0).tell("stopped", UNTRAINED)
    return folder.path


def _start(plan: build.Plan, data: build.Data, weights: Path) -> tuple[training.Variables, training.TrainState]:
    recipe = build.build_recipe(plan, data)
    key, _ = jax.random.split(jax.random.key(plan.config.seed))
    inputs, _ = data.specs(plan.config.data.batch_size)
    fresh = training.initializer(plan.model, inputs)(key)
    arrays, metadata = load_arrays(weights)
    if "data_digest" in metadata:
        raise DataError(f"{weights} is a run's own model; import what `fnbackprop export RUN -o FILE` writes of it")
    variables = training.inside_weights(arrays, fresh, plan.model, inputs)
    # Optimizers and averages may begin with a copy of the parameters.
    return variables, training.start_state(recipe, variables)
