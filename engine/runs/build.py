"""From a description to a trainer."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
from threadpoolctl import threadpool_limits

from engine.data.dataset import Dataset
from engine.data.files import load
from engine.data.options import ReadingOptions
from engine.data.toys import toy, with_validation
from engine.debugging.branches import BEGINNING
from engine.debugging.changes import find_target
from engine.debugging.conditions import ConditionError
from engine.debugging.trainer import Trainer
from engine.nn.losses import SoftmaxCrossEntropy
from engine.nn.network import multilayer_perceptron
from engine.nn.optimizers import GradientDescent
from engine.runs.description import Description, SourceError
from engine.runs.inputs import own_name
from engine.runs.own_file import run_file
from engine.runs.run import Run
from engine.runs.weights import load_weights


def build_run(run: Run) -> Trainer:
    """Build the trainer of a run; SourceError, in terms of what the person has named."""
    try:
        trainer = build_trainer(run.located)
    except SourceError as error:
        raise SourceError(run.in_own_words(str(error))) from None
    _name_as_given(trainer.data, run)
    return trainer


def _name_as_given(data: Dataset, run: Run) -> None:
    """Name data that were read from copies as the person has named what these are of."""
    given, located = run.description, run.located
    if data.reading is None:
        return
    names = {}
    if given.source != located.source:
        names["file"] = data.name = own_name(given.source)
    if given.validation != located.validation and data.validation is not None:
        names["validation_from"] = data.validation.name = own_name(given.validation)
    data.reading = msgspec.structs.replace(data.reading, **names)


def build_trainer(description: Description) -> Trainer:
    """Build the trainer that a description asks for; SourceError if that cannot be done."""
    with threadpool_limits(description.threads or 1, "blas"):
        return _build(description)


def _build(description: Description) -> Trainer:
    Trainer.use_kernels = description.kernels
    if description.is_python:
        return _set(_from_file(description), description)
    random = np.random.RandomState(description.seed)
    try:
        return _train_on(_load(description, random), description, random)
    except MemoryError:
        raise SourceError("there is not enough memory for a network of that size") from None
    except ValueError as error:
        raise SourceError(str(error)) from None


def _load(description: Description, random: np.random.RandomState) -> Dataset:
    if not description.is_toy:
        return load(Path(description.source), reading_options(description), description.seed)
    data = toy(
        description.source, description.samples, description.classes, random, description.noise
    )
    if description.validation:
        return with_validation(data, float(description.validation), description.seed)
    return data


def reading_options(description: Description) -> ReadingOptions:
    """Return what a description says of how a file is read."""
    return ReadingOptions(
        label=description.label,
        features=description.features,
        drop=description.drop,
        missing=description.missing,
        classes_from_numbers=description.classes_from_numbers,
        validation=description.validation,
    )


def _train_on(data: Dataset, description: Description, random: np.random.RandomState) -> Trainer:
    network = multilayer_perceptron(
        data.features, description.hidden, data.classes, random, description.dtype
    )
    trainer = Trainer(
        network,
        SoftmaxCrossEntropy(),
        GradientDescent(),
        data,
        batch_size=description.batch_size,
        seed=description.seed,
    )
    return _set(trainer, description)


def _set(trainer: Trainer, description: Description) -> Trainer:
    """Set what may be said of any trainer."""
    if description.weights:
        if trainer.position > BEGINNING:
            raise SourceError(f"--weights: {description.source} must leave the training to nntui")
        load_weights(trainer.network, Path(description.weights))
    if description.epochs is not None:
        trainer.epochs = description.epochs
    if description.learning_rate is not None:
        find_target(trainer, "learning_rate").write(description.learning_rate)
    trainer.timeline.memory = description.memory * 1024 * 1024
    for condition in description.breakpoints:
        try:
            trainer.breakpoints.add(condition)
        except ConditionError as error:
            raise SourceError(f"--break {condition!r}: {error}") from None
    return trainer


def _from_file(description: Description) -> Trainer:
    """Run a person's file and return the ``trainer`` that it built."""
    path = Path(description.source)
    Trainer.default_seed = description.seed
    trainer = run_file(path, description.arguments, description.seed).get("trainer")
    if not isinstance(trainer, Trainer):
        found = "it has none" if trainer is None else f"it is a {type(trainer).__name__}"
        raise SourceError(f"{path} must build an engine.Trainer named 'trainer', but {found}")
    return trainer
