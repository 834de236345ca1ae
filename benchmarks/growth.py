"""``python -m benchmarks.growth`` shows how time and memory grow, one size after the other.

Each size is trained in a process of its own, whose greatest memory is read at its end. The table
goes to the standard output, and a picture to ``docs/growth.svg``. It needs the ``bench`` extra.
"""

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path
from time import perf_counter

PICTURE = Path(__file__).parents[1] / "docs" / "growth.svg"
PLAIN = {"samples": 300, "width": 64, "depth": 1, "epochs": 0}
SIZES = {
    "samples": [10**k for k in range(2, 7)],
    "width": [8, 64, 512, 4096],
    "depth": [1, 2, 4, 8, 16, 32],
    "epochs": [10**k for k in range(3, 8)],
}
QUICK = {"samples": 10**5, "width": 512, "depth": 32, "epochs": 10**5}
SECONDS = 1.0  # each size is trained for, unless its epochs are given


def main() -> None:
    """Measure all sizes, print the table, draw the picture."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out the largest sizes")
    quick = parser.parse_args().quick
    print(
        "| what grows | to | µs an epoch | ns a multiply-add | memory, MB |\n|---|---|---|---|---|"
    )
    measured: dict[str, list[dict[str, float]]] = {}
    for name, sizes in SIZES.items():
        measured[name] = []
        for size in sizes:
            if quick and size > QUICK[name]:
                continue
            one = _in_a_process({**PLAIN, name: size})
            measured[name].append({"size": size, **one})
            cost = f"{one['seconds'] * 1e6:,.1f} | {one['seconds'] / one['products'] * 1e9:.3f}"
            print(f"| {name} | {size:,} | {cost} | {one['memory'] / 1e6:,.0f} |", flush=True)
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
        begun = perf_counter()
        trainer.run(2 + sizes["epochs"] if sizes["epochs"] else None, begun + SECONDS)
        while sizes["epochs"] and trainer.epoch < sizes["epochs"]:
            trainer.run(sizes["epochs"])
        seconds = (perf_counter() - begun) / (trainer.epoch - 2)
    products = 3 * samples * network.parameters.size
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "products": products, "memory": memory}))


def _draw(measured: dict[str, list[dict[str, float]]]) -> None:
    """Draw time and memory over each size, on logarithmic axes."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, len(measured), figsize=(11, 5), layout="constrained")
    for column, (name, points) in enumerate(measured.items()):
        sizes = [point["size"] for point in points]
        for row, (what, unit) in enumerate((("seconds", 1e6), ("memory", 1e-6))):
            axes[row][column].loglog(sizes, [p[what] * unit for p in points], "o-", color="#0757b8")
            axes[row][column].grid(alpha=0.3)
        axes[0][column].set_ylim(10, 1e6)
        axes[1][column].set_ylim(10, 1e4)
        axes[1][column].set_xlabel(name)
    axes[0][0].set_ylabel("µs an epoch")
    axes[1][0].set_ylabel("memory, MB")
    figure.savefig(PICTURE, metadata={"Date": None})


if __name__ == "__main__":
    main()
