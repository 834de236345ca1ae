"""On how many threads a training multiplies its matrices."""

from __future__ import annotations

from threadpoolctl import threadpool_limits

from engine.training.trainer import Trainer

# Multiply-adds of a product from which on OpenBLAS wakes a second thread. A product on two may
# round otherwise than on one, so larger ones take as many as a notebook's would.
WORTH_A_THREAD = 2**18


def limit_threads(trainer: Trainer) -> threadpool_limits:
    """Return a context in which small products stay on one thread, and large ones take all."""
    largest = max(layer.n_inputs * layer.n_neurons for layer in trainer.network.dense)
    small = largest * trainer.batch_size < WORTH_A_THREAD
    return threadpool_limits(1 if small else None)
