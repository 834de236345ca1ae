"""``python -m benchmarks.growth`` shows how time and memory grow, one size after the other.

Beside each epoch, in turns with it, only its products of matrices are computed, in the same arrays.
Each size is trained in a process of its own, whose greatest memory is read at its end. The table
goes to the standard output, and a picture to ``docs/growth.svg``. It needs the ``bench`` extra.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

PICTURE = Path(__file__).parents[1] / "docs" / "growth.svg"
PLAIN = {"samples": 300, "width": 64, "depth": 1, "epochs": 0}
SIZES = {
    "samples": [10**k for k in range(2, 7)],
    "width": [8, 64, 512, 4096],
    "depth": [1, 2, 4, 8, 16, 32],
    "epochs": [10**k for k in range(3, 8)],
}
QUICK = {"samples": 10**5, "width": 512, "depth": 32, "epochs": 10**5}
SECONDS = 0.3  # of each turn, or one epoch if that takes longer
TURNS = 5
HEAD = """\
| what grows | to | µs an epoch | its products alone, µs | ratio | memory, MB |
|---|---|---|---|---|---|"""


def main() -> None:
    """Measure all sizes, print the table, draw the picture."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out the largest sizes")
    quick = parser.parse_args().quick
    print(HEAD)
    measured: dict[str, list[dict[str, float]]] = {}
    for name, sizes in SIZES.items():
        measured[name] = []
        for size in sizes:
            if quick and size > QUICK[name]:
                continue
            one = _in_a_process({**PLAIN, name: size})
            measured[name].append({"size": size, **one})
            cells = [f"{one[what] * 1e6:,.1f}" for what in ("seconds", "products")]
            cells += [f"{one['ratio']:.1f}", f"{one['memory'] / 1e6:,.0f}"]
            print(f"| {name} | {size:,} | {' | '.join(cells)} |", flush=True)
    _draw(measured)


def _in_a_process(sizes: dict[str, int]) -> dict[str, float]:
    command = [sys.executable, "-c", f"from benchmarks import growth; growth.train({sizes})"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def train(sizes: dict[str, int]) -> None:
    """Train a network of these sizes on one thread, and print what it took."""
    import numpy as np
    from threadpoolctl import threadpool_limits

    from engine import Dataset, GradientDescent, SoftmaxCrossEntropy, Trainer
    from engine.nn.network import multilayer_perceptron

    samples, hidden = sizes["samples"], [sizes["width"]] * sizes["depth"]
    if sizes["epochs"]:
        samples, hidden = 6, [2]  # so that only the number of epochs counts
    random = np.random.default_rng(0)
    data = Dataset(random.standard_normal((samples, 2)), np.arange(samples) % 3)
    network = multilayer_perceptron(2, hidden, 3)
    trainer = Trainer(network, SoftmaxCrossEntropy(), GradientDescent(0.01), data, epochs=10**9)
    with threadpool_limits(1):
        trainer.run(2)
        if sizes["epochs"]:
            trainer.run(sizes["epochs"])
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        turns = [(_epochs(trainer), _products(network)) for _ in range(TURNS)]
    seconds, products = (statistics.median(column) for column in zip(*turns, strict=True))
    ratio = statistics.median(whole / part for whole, part in turns)
    told = {"seconds": seconds, "products": products, "ratio": ratio, "memory": memory}
    print(json.dumps(told))


def _epochs(trainer: Any) -> float:
    """Return the seconds that an epoch takes."""
    first, begun = trainer.epoch, perf_counter()
    trainer.run(deadline=begun + SECONDS)
    if trainer.operation:  # a long one is left between its operations
        trainer.step_epoch()
    return (perf_counter() - begun) / (trainer.epoch - first)


def _products(network: Any) -> float:
    """Return the seconds that all products of matrices of an epoch take."""
    import numpy as np

    count, begun = 0, perf_counter()
    while perf_counter() < begun + SECONDS:
        for layer in network.trained.values():
            np.matmul(layer.inputs, layer.weights, out=layer.output)
            np.matmul(layer.inputs.T, layer.output, out=layer.dweights)
            if hasattr(layer, "dinputs"):
                np.matmul(layer.output, layer.weights.T, out=layer.dinputs)
        count += 1
    return (perf_counter() - begun) / count


def _draw(measured: dict[str, list[dict[str, float]]]) -> None:
    """Draw time and memory over each size, on logarithmic axes."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, len(measured), figsize=(11, 5), layout="constrained")
    for column, (name, points) in enumerate(measured.items()):
        sizes = [point["size"] for point in points]
        lines = (0, "seconds", 1e6, "o-"), (0, "products", 1e6, ".:"), (1, "memory", 1e-6, "o-")
        for row, what, unit, form in lines:
            values = [point[what] * unit for point in points]
            axes[row][column].loglog(sizes, values, form, color="#0757b8")
            axes[row][column].grid(visible=True, alpha=0.3)
        axes[0][column].set_ylim(1, 1e6)
        axes[1][column].set_ylim(10, 1e4)
        axes[1][column].set_xlabel(name)
    axes[0][0].set_ylabel("µs an epoch; dotted, its products")
    axes[1][0].set_ylabel("memory, MB")
    figure.savefig(PICTURE, metadata={"Date": None})


if __name__ == "__main__":
    main()
