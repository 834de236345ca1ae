"""All parameters of the Dense layers of a network in one flat vector, and all gradients in another.

So that an optimizer moves them in one call, and a product can read ``[weights; biases]`` as one
matrix.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from engine.kernels.arrays import is_like, is_matrix, share_memory, zeros
from engine.nn.arrays import Array
from engine.nn.layers import Dense

PARAMETERS, GRADIENTS = ("weights", "biases"), ("dweights", "dbiases")


class Slot:
    """The place of one layer.

    Parameters
    ----------
    layer : Dense
        Its weights and biases are moved here: they become views.
    parameters, gradients : array, shape (n,)
    parts : sequence
        All parts of the training, which may share an array with the layer.

    Attributes
    ----------
    matrix, dmatrix : array, shape (n_inputs + 1, n_neurons)
        ``[weights; biases]`` and their gradients.
    views : dict
        The views of these, by the layer's attribute that they belong to.
    """

    def __init__(
        self, layer: Dense, parameters: Array, gradients: Array, parts: Sequence[Any] = ()
    ) -> None:
        self.layer = layer
        self._parts = parts
        n_inputs, n_neurons = layer.weights.shape
        self.matrix, self.dmatrix = (
            flat.reshape(n_inputs + 1, n_neurons) for flat in (parameters, gradients)
        )
        self.weights, self.biases = self.matrix[:-1], self.matrix[-1:]
        self.dweights, self.dbiases = self.dmatrix[:-1], self.dmatrix[-1:]
        self.sums = self.dmatrix[-1]
        self.views = {name: getattr(self, name) for name in PARAMETERS + GRADIENTS}
        for name in PARAMETERS:
            np.copyto(self.views[name], getattr(layer, name))
            setattr(layer, name, self.views[name])

    def take_over(self, names: Iterable[str] = PARAMETERS) -> bool:
        """Move here what was bound to these attributes since; return whether all are here now.

        An array that does not fit stays where it is, as does one that another part shares: moved
        here, it would no longer follow the other. Nor is anything moved to a place that another
        part has taken as its own.
        """
        attributes = vars(self.layer)
        for name in names:
            view, value = self.views[name], attributes.get(name)
            if value is view:
                continue
            if value is None or not is_like(value, view):
                return False
            if name in PARAMETERS and any(
                _is_shared(array, self.layer, name, self._parts) for array in (value, view)
            ):
                return False
            np.copyto(view, value)
            attributes[name] = view
        return True


class Arena:
    """One vector for the parameters of all Dense layers, and one for their gradients.

    A layer of another class has no place here, nor has one that shares its arrays, or whose
    arrays lie in memory in another order.

    Parameters
    ----------
    layers : sequence
    others : sequence
        Loss and optimizer.
    dtype : float64 or float32

    Attributes
    ----------
    parameters, gradients : array, shape (n,)
    slots : list of Slot
    """

    def __init__(
        self, layers: Sequence[Any], others: Sequence[Any] = (), dtype: DTypeLike = np.float64
    ) -> None:
        parts = [*layers, *others]
        found = [layer for layer in layers if _fits(layer, np.dtype(dtype), parts)]
        sizes = [layer.weights.size + layer.biases.size for layer in found]
        self.parameters, self.gradients = (zeros(1, sum(sizes), dtype)[0] for _ in range(2))
        starts = np.cumsum(sizes)[:-1]
        self.slots = [
            Slot(layer, parameters, gradients, parts)
            for layer, parameters, gradients in zip(
                found,
                np.split(self.parameters, starts),
                np.split(self.gradients, starts),
                strict=False,
            )
        ]

    def slot(self, layer: Any) -> Slot | None:
        """Return the place of a layer; None if it has none."""
        return next((slot for slot in self.slots if slot.layer is layer), None)


def _fits(layer: Any, dtype: np.dtype[Any], parts: Sequence[Any]) -> bool:
    if type(layer) is not Dense:
        return False
    arrays = [getattr(layer, name) for name in PARAMETERS]
    return (
        all(is_matrix(a) and a.dtype == dtype and a.flags.writeable for a in arrays)
        and layer.biases.shape == (1, layer.weights.shape[1])
        and sum(part is layer for part in parts) == 1
        and not any(
            _is_shared(array, layer, name, parts)
            for name, array in zip(PARAMETERS, arrays, strict=True)
        )
    )


def _is_shared(array: Array, layer: Dense, name: str, parts: Sequence[Any]) -> bool:
    """Whether another attribute of the layer, or one of another part, shares this memory."""
    return any(
        isinstance(other, np.ndarray) and share_memory(array, other)
        for part in parts
        for key, other in getattr(part, "__dict__", {}).items()
        if not (part is layer and key == name)
    )
