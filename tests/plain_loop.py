"""The notebook's mathematics as a loop that can be stopped before any operation.

It is the oracle of the random walks, and imports nothing of the engine: all it computes, the
notebook's own classes compute, on arrays that nobody else holds.
"""

import itertools
import math
import re

import numpy as np

from tests import notebook


class PlainLoop:
    """A training from its beginning, with changes that are made on the way.

    Parameters
    ----------
    changes : list of (position, target, value)
        In the order in which they are made at the place that they name.
    """

    def __init__(self, changes=(), batch_size=None, dtype="float64", learning_rate=0.1, **options):
        state = np.random.get_state()
        self.X, self.y, self.dense, self.loss, self.optimizer = notebook.build(
            learning_rate=learning_rate, **options
        )
        np.random.set_state(state)
        self.changes, self.dtype, self.seed = list(changes), dtype, options.get("seed", 0)
        self.rows_seen = self.X.astype(dtype)  # what the network takes, where X is of float64
        self.samples = len(self.X)
        self.batch_size = batch_size or self.samples
        self.batches = math.ceil(self.samples / self.batch_size)
        self.layers = {"dense_1": self.dense[0]}
        for number, dense in enumerate(self.dense[1:], 1):
            self.layers |= {f"relu_{number}": notebook.ReLU(), f"dense_{number + 1}": dense}
        for dense in self.dense:
            dense.weights, dense.biases = dense.weights.astype(dtype), dense.biases.astype(dtype)
        self.operations = [
            *(f"{name}.forward" for name in self.layers),
            *("loss.forward", "loss.backward"),
            *(f"{name}.backward" for name in reversed(self.layers)),
            "optimizer.update",
        ]
        self.position = (0, 0, 0)
        self.done = set()  # operations that were done at least once
        self.rows = np.arange(self.samples)
        self.probabilities = np.full((self.samples, self.dense[-1].weights.shape[1]), np.nan, dtype)
        self.measured = self.previous = self.last_rate = None  # (epoch, loss, accuracy, rate)
        self.losses = []  # of all epochs
        self.batch_loss, self.was_finite = 0.0, True
        self._measured_rows = []
        self._make_changes()

    @property
    def next(self):
        """The operation that comes next."""
        return self.operations[self.position[2]]

    def go_to(self, position):
        """Go on to that position."""
        while self.position < position:
            self.step()
        assert self.position == position
        return self

    @np.errstate(all="ignore")
    def step(self):
        """Do the next operation, and make the changes that are made after it."""
        epoch, batch, operation = self.position
        if operation == 0:
            self._load_batch(epoch, batch)
        name, _, phase = self.next.partition(".")
        getattr(self, f"_{phase}")(name)
        self.done.add(self.next)
        operation += 1
        if operation == len(self.operations):
            batch, operation = batch + 1, 0
        if batch == self.batches:
            epoch, batch = epoch + 1, 0
        self.position = epoch, batch, operation
        self._make_changes()

    def _load_batch(self, epoch, batch):
        self.inputs, self.labels = self.rows_seen, self.y
        if self.batches > 1:
            order = np.random.default_rng((self.seed, epoch)).permutation(self.samples)
            self.rows = order[batch * self.batch_size : (batch + 1) * self.batch_size]
            self.inputs, self.labels = self.rows_seen[self.rows], self.y[self.rows]

    # -- operations --------------------------------------------------------------------------------

    def _forward(self, name):
        if name == "loss":
            return self._measure()
        before = list(self.layers)[: list(self.layers).index(name)]
        inputs = output_of(self.layers[before[-1]]) if before else self.inputs
        return self.layers[name].forward(inputs)

    def _measure(self):
        epoch, batch, _ = self.position
        loss = float(self.loss.forward(output_of(self.dense[-1]), self.labels))
        self.probabilities[self.rows] = self.loss.output
        self.was_finite, self.batch_loss = math.isfinite(self.batch_loss), loss
        correct = np.count_nonzero(np.argmax(self.loss.output, axis=1) == self.labels)
        self._measured_rows.append((loss, len(self.rows), correct))
        if batch == self.batches - 1:
            total = 0.0
            for value, rows, _ in self._measured_rows:
                total += value * rows  # sum() would add them more exactly
            mean = loss if self.batches == 1 else total / self.samples
            accuracy = sum(correct for _, _, correct in self._measured_rows) / self.samples
            self._measured_rows = []
            self.losses.append(mean)
            self.previous = self.measured
            self.measured = epoch, mean, accuracy, self.optimizer.learning_rate

    def _backward(self, name):
        if name == "loss":
            return self.loss.backward(self.loss.output, self.labels)
        after = list(self.layers)[list(self.layers).index(name) + 1 :]
        above = self.layers[after[0]] if after else self.loss
        return self.layers[name].backward(above.dinputs)

    def _update(self, name):
        for dense in self.dense:
            self.optimizer.update_parameters(dense)
        self.last_rate = self.optimizer.learning_rate

    def array(self, owner, name):
        """What a layer or the loss holds; None if it has nothing of that name yet."""
        part = self.loss if owner == "loss" else self.layers[owner]
        if (owner, name) == ("dense_1", "dinputs"):  # which nobody needs
            return None
        return getattr(
            part, "outputs" if hasattr(part, "outputs") and name == "output" else name, None
        )

    # -- changes -----------------------------------------------------------------------------------

    def _make_changes(self):
        for position, target, value in self.changes:
            if position == self.position:
                self._change(target, value)

    def _change(self, target, value):
        if target == "learning_rate":
            self.optimizer.learning_rate = value
        elif target == "seed":
            self._draw_weights(value)
        else:
            owner, name, *index = re.findall(r"\w+", target)
            index = tuple(map(int, index))
            with np.errstate(over="ignore"):
                getattr(self if owner == "data" else self.layers[owner], name)[index] = value
                self.rows_seen[:] = self.X

    def _draw_weights(self, seed):
        self.seed, random = seed, np.random.RandomState(seed)
        for dense in self.dense:
            dense.weights[:] = 0.01 * random.randn(*dense.weights.shape)
            dense.biases[:] = 0

    # -- what a condition asks ---------------------------------------------------------------------

    def holds(self, text):
        """Whether a condition holds here, as Python reads it."""
        asked_of = re.findall(r"(\w+\.(?:forward|backward|update))", text)
        epoch, batch, operation = self.position
        if self.next not in asked_of if asked_of else batch or operation or not epoch:
            return False
        nan = (math.nan,) * 4
        figures = dict(zip(("loss", "accuracy"), (self.measured or nan)[1:3], strict=True))
        before = dict(zip(("loss", "accuracy"), (self.previous or nan)[1:3], strict=True))
        words = {"acc": "accuracy", "lr": "learning_rate"}
        text = re.sub(r"\b(acc|lr)\b", lambda match: words[match[0]], text)
        text = re.sub(r"previous\((\w+)\)", r"before['\1']", text)
        text = re.sub(r"(\w+\.(?:forward|backward|update))", r"(next == '\1')", text)
        names = figures | {
            "before": before,
            "next": self.next,
            "epoch": epoch if asked_of else self.measured[0],
            "batch": batch,
            "learning_rate": self.optimizer.learning_rate,
            "grad_norm": self.grad_norm,
            "weight_norm": self.weight_norm,
            "dead": self.dead,
            "isnan": math.isnan,
            "isfinite": math.isfinite,
        }
        return bool(eval(text, names))

    def grad_norm(self, name=""):
        """That of a layer, or of all; NaN before it was computed for the first time."""
        if f"{name or 'dense_1'}.backward" not in self.done:
            return math.nan
        return norm((d.dweights, d.dbiases) for d in self._denses(name))

    def weight_norm(self, name=""):
        """That of a layer, or of all."""
        return norm((d.weights, d.biases) for d in self._denses(name))

    def _denses(self, name):
        return [self.layers[name]] if name else self.dense

    def dead(self, name):
        """The share of units that were active in no row of the batch that the layer did last."""
        if f"{name}.forward" not in self.done:
            return math.nan
        return 1 - (output_of(self.layers[name]) > 0).any(axis=0).mean()


def output_of(layer):
    """The notebook's dense layers have outputs, its activations an output."""
    return layer.outputs if hasattr(layer, "weights") else layer.output


def norm(pairs):
    """The length of all these arrays as one vector."""
    flat = np.concatenate([array.ravel() for array in itertools.chain.from_iterable(pairs)])
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.dot(flat, flat)))
