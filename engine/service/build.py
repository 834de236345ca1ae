"""From a description to a trainer."""

from __future__ import annotations

import runpy
import sys
import traceback
from pathlib import Path

import numpy as np

from engine.data.dataset import Dataset
from engine.data.files import load
from engine.data.toys import toy
from engine.nn.losses import SoftmaxCrossEntropy
from engine.nn.network import multilayer_perceptron
from engine.nn.optimizers import GradientDescent
from engine.service.description import TOY_SOURCES, Description, SourceError
from engine.training.conditions import ConditionError
from engine.training.trainer import Trainer


def build_trainer(description: Description) -> Trainer:
    """Build the trainer that a description asks for; SourceError if that cannot be done."""
    if description.source.endswith(".py"):
        np.random.seed(description.seed)  # a file that draws without a seed can be told again
        return _set(_run_file(Path(description.source)), description)
    random = np.random.RandomState(description.seed)
    try:
        return _train_on(_load(description, random), description, random)
    except MemoryError:
        raise SourceError("there is not enough memory for a network of that size") from None
    except ValueError as error:
        raise SourceError(str(error)) from None


def _load(description: Description, random: np.random.RandomState) -> Dataset:
    if description.source in TOY_SOURCES:
        return toy(description.source, description.samples, description.classes, random)
    return load(Path(description.source))


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
    if description.epochs is not None:
        trainer.epochs = description.epochs
    if description.learning_rate is not None:
        trainer.optimizer.learning_rate = description.learning_rate
    trainer.timeline.memory = description.memory * 1024 * 1024
    for condition in description.breakpoints:
        try:
            trainer.breakpoints.add(condition)
        except ConditionError as error:
            raise SourceError(f"--break {condition!r}: {error}") from None
    return trainer


def _run_file(path: Path) -> Trainer:
    """Run a person's file and return the ``trainer`` that it built."""
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        trainer = runpy.run_path(str(path)).get("trainer")
    except (Exception, SystemExit) as error:
        raise SourceError(f"{path} raised:\n{_own_traceback(error, folder)}") from None
    if not isinstance(trainer, Trainer):
        found = "it has none" if trainer is None else f"it is a {type(trainer).__name__}"
        raise SourceError(f"{path} must build an engine.Trainer named 'trainer', but {found}")
    return trainer


def _own_traceback(error: BaseException, folder: str) -> str:
    """Format an error with the lines of the person's own files only."""
    report = traceback.TracebackException.from_exception(error)
    report.stack = traceback.StackSummary.from_list(
        [frame for frame in report.stack if _is_own(Path(frame.filename), folder)]
    )
    report.__context__ = report.__cause__ = None
    return "".join(report.format()).rstrip()


def _is_own(file: Path, folder: str) -> bool:
    """Whether a file is a person's own, and no library that lies in a folder below theirs."""
    place = file.resolve()
    libraries = (Path(sys.prefix), Path(__file__).parents[1])
    return (
        file.is_file()
        and place.is_relative_to(folder)
        and not any(place.is_relative_to(library) for library in libraries)
    )
