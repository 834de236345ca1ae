"""Callbacks that change what trains."""

import numpy as np

from engine import (
    EpochCompleted,
    EpochMeasured,
)


def schedule(trainer):
    def lower(event):
        trainer.optimizer.learning_rate = 1.0 / (1 + 0.05 * event.epoch)

    trainer.subscribe(EpochMeasured, lower)


def plateau(trainer):
    best, waited = np.inf, 0

    def lower(event):
        nonlocal best, waited
        waited = 0 if event.loss < best - 1e-3 else waited + 1
        best = min(best, event.loss)
        if waited == 2:
            trainer.optimizer.learning_rate *= 0.5
            waited = 0

    trainer.subscribe(EpochMeasured, lower)


def steering(trainer):
    """Change and pause, as a person would."""

    def look(event):
        trainer.change("learning_rate", 1.0 / (1 + event.epoch))

    trainer.subscribe(EpochCompleted, look)


class Averaging:
    """Puts a moving average into the weights every third epoch."""

    def __init__(self, trainer):
        self.layer, self.average, self.epochs = trainer.network.layers[0], 0.0, []
        trainer.subscribe(EpochCompleted, self.look)

    def look(self, event):
        self.epochs.append(event.epoch)
        self.average = 0.5 * self.average + 0.5 * self.layer.weights
        if len(self.epochs) % 3 == 0:
            self.layer.weights[:] = self.average
