"""What shape arrays will have, before they have been computed."""

from __future__ import annotations

from engine.nn.activations import ReLU, Softmax
from engine.nn.layers import Dense
from engine.nn.parameters import parameter_names
from engine.training.machine import Machine

PER_ROW = "inputs", "y_pred", "output", "dvalues", "dinputs", "activation.inputs"

Shape = tuple[int, ...]


def expected_shapes(machine: Machine) -> dict[str, Shape]:
    """Return the shapes of arrays for a whole batch, by names such as ``dense_1.output``.

    What a layer of a person's own gives is not known before it has done so.
    """
    rows, width = machine.batch_size, machine.data.features
    found: dict[str, Shape] = {"loss.y_true": (rows,), "loss.value": ()}
    known: int | None = width
    for name, layer in zip(machine.network.names, machine.network.layers, strict=True):
        for parameter in parameter_names(layer):
            shape = getattr(layer, parameter).shape
            found |= {f"{name}.{parameter}": shape, f"{name}.d{parameter}": shape}
        if known is not None:
            found |= {f"{name}.{array}": (rows, known) for array in ("inputs", "dinputs")}
        if isinstance(layer, Dense):
            known = layer.weights.shape[1]
        elif type(layer) not in (ReLU, Softmax):
            known = None
        if known is not None:
            found |= {f"{name}.{array}": (rows, known) for array in ("output", "dvalues")}
    if known is not None:
        found |= {f"loss.{array}": (rows, known) for array in (*PER_ROW, "activation.output")}
    return found
