"""An epoch of the notebook's network, beside the notebook's own loop."""

from collections.abc import Iterator
from time import perf_counter

from threadpoolctl import threadpool_limits

from benchmarks.measure import Row, in_turns
from engine.service.build import build_trainer
from engine.service.description import Description
from tests import notebook

BUDGETS = {"float64": 0.42, "float32": 0.35}


def rows(quick: bool) -> Iterator[Row]:
    """Measure both types on one thread, as the notebook's small products want it."""
    epochs, turns = (500, 7) if quick else (2000, 15)
    with threadpool_limits(1):
        for dtype, budget in BUDGETS.items():
            yield in_turns(
                f"an epoch, 300×2 → 64 → 3, {dtype}",
                "the notebook's loop",
                lambda dtype=dtype: _notebook(dtype, epochs),
                lambda dtype=dtype: _trainer(dtype, epochs),
                turns,
                budget,
            )


def _notebook(dtype: str, epochs: int) -> float:
    X, y, dense, loss, optimizer = notebook.build()
    for layer in dense:
        layer.weights, layer.biases = layer.weights.astype(dtype), layer.biases.astype(dtype)
    start = perf_counter()
    for _ in notebook.loop(X.astype(dtype), y, dense, loss, optimizer, epochs):
        pass
    return (perf_counter() - start) / epochs


def _trainer(dtype: str, epochs: int) -> float:
    trainer = build_trainer(Description(epochs=epochs, dtype=dtype))
    start = perf_counter()
    trainer.run()
    return (perf_counter() - start) / epochs
