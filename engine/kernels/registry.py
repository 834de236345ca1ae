"""Which parts of a network have kernels: those of the classes of `engine.nn`, and of no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import DTypeLike

from engine.kernels.arena import Arena
from engine.kernels.dense import DenseKernel
from engine.kernels.losses import CrossEntropyKernel, SoftmaxCrossEntropyKernel
from engine.kernels.optimizers import GradientDescentKernel
from engine.kernels.relu import ReLUKernel
from engine.kernels.softmax import SoftmaxKernel
from engine.nn.activations import ReLU, Softmax
from engine.nn.layers import Dense
from engine.nn.losses import CrossEntropyLoss, SoftmaxCrossEntropy
from engine.nn.optimizers import GradientDescent
from engine.nn.parameters import parts_of

LAYERS: dict[type, Any] = {ReLU: ReLUKernel, Softmax: SoftmaxKernel}
LOSSES: dict[type, Any] = {
    CrossEntropyLoss: CrossEntropyKernel,
    SoftmaxCrossEntropy: SoftmaxCrossEntropyKernel,
}
KNOWN = {Dense, *LAYERS, *LOSSES, GradientDescent}

LayerKernels = DenseKernel | ReLUKernel | SoftmaxKernel
LossKernels = CrossEntropyKernel | SoftmaxCrossEntropyKernel


@dataclass(frozen=True)
class Kernels:
    """The kernels of a network, its loss and its optimizer; None where the formula runs.

    Attributes
    ----------
    layers : tuple of LayerKernel or None
    loss : LossKernel or None
    optimizer : GradientDescentKernel or None
    """

    layers: tuple[LayerKernels | None, ...]
    loss: LossKernels | None
    optimizer: GradientDescentKernel | None

    def forget(self) -> None:
        """Look at everything anew in the next pass, since an array was changed in place.

        Kernels see by themselves when an attribute is bound to another array.
        """
        for kernel in (*self.layers, self.loss):
            if kernel is not None:
                kernel.forget()


def kernels_for(layers: Sequence[Any], loss: Any, optimizer: Any, dtype: DTypeLike) -> Kernels:
    """Return kernels for those parts that have one.

    Where a part of another class comes next, it is given new arrays at each pass, as the formulas
    give, since it might keep them. If the optimizer is of another class, it may know the layers'
    arrays already: parameters stay where they are, and Dense layers have no kernels.

    Parameters
    ----------
    layers : sequence
    loss, optimizer : object
    dtype : float64 or float32
        Of the parameters.
    """
    trains = type(optimizer) is GradientDescent
    within = [part for a in layers for _, part in parts_of(a, "", layers) if part is not a]
    arena = Arena(layers if trains else [], [*within, loss, optimizer], dtype)
    known = [True, *(type(part) in KNOWN for part in (*layers, loss))]
    kernels = tuple(
        _layer_kernel(
            layer,
            arena,
            needs_dinputs=number > 0,
            copies_output=not known[number + 2],
            copies_dinputs=not known[number],
        )
        for number, layer in enumerate(layers)
    )
    make_loss = LOSSES.get(type(loss))
    return Kernels(
        kernels,
        make_loss(loss, copies_dinputs=not known[-2]) if make_loss else None,
        GradientDescentKernel(optimizer, [*layers, *within], arena) if arena.slots else None,
    )


def _layer_kernel(
    layer: Any, arena: Arena, needs_dinputs: bool, **copies: Any
) -> LayerKernels | None:
    slot = arena.slot(layer)
    if slot is not None:
        return DenseKernel(layer, slot, needs_dinputs, **copies)
    make = LAYERS.get(type(layer))
    return make(layer, **copies) if make else None
