"""What the kernels of all layers have in common: when they may run, and when the formula must."""

from __future__ import annotations

from functools import cache
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.random import default_rng

from engine.kernels.arrays import Workspaces, is_like, share_memory, zeros
from engine.kernels.trial import agree, draw, tried_rows
from engine.nn.arrays import Array


class Workspace:
    """Arrays for batches of one shape."""

    def __init__(self, samples: int, width: int, dtype: np.dtype[Any]) -> None:
        self.output, self.dinputs = (zeros(samples, width, dtype) for _ in range(2))


L = TypeVar("L")
W = TypeVar("W", bound="Workspace")


class LayerKernel(Generic[L, W]):
    """A layer without allocating.

    Arrays are known by identity: whether they fit is looked at only when others come than in the
    pass before. `backward` runs only after a `forward` of this kernel, and else the formula does.

    Parameters
    ----------
    layer : object
    workspaces : Workspaces, optional
        Of shapes that have been tried, if not given.
    copies_output, copies_dinputs : bool
        Whether these are new arrays at each pass, as the formula's are: for a neighbour that
        might keep them.
    """

    workspace: type[W]
    _work: W
    _inputs: Array | None = None
    _dvalues: Array | None = None

    def __init__(
        self,
        layer: L,
        workspaces: Workspaces[W] | None = None,
        copies_output: bool = False,
        copies_dinputs: bool = False,
    ) -> None:
        self.layer = layer
        self.copies_output, self.copies_dinputs = copies_output, copies_dinputs
        self._workspaces = workspaces or self.tried_workspaces()

    def tried_workspaces(self) -> Workspaces[W]:
        """Return workspaces for shapes where the kernel has given what the formula gives."""
        workspace: type[W] = self.workspace
        kinds: Any = type(self), type(self.layer)
        return Workspaces(lambda *shape: workspace(*shape) if _is_equal(*kinds, *shape) else None)

    def forget(self) -> None:
        """Look at everything anew in the next pass, since an array was changed in place.

        What was copied of it is not used again: until the next `forward`, the formula runs.
        """
        self._inputs = None

    def _take(self, inputs: Array) -> bool:
        """Find the workspace for these inputs; return whether the kernel can run."""
        work = self._workspaces.of(inputs)
        if work is None or share_memory(inputs, work.output, work.dinputs):
            return False
        self._inputs, self._work, self._dvalues = inputs, work, None
        return True

    def _take_dvalues(self, dvalues: Array) -> bool:
        """Return whether the kernel can run with these."""
        work = self._work
        if not is_like(dvalues, work.output) or share_memory(dvalues, work.dinputs):
            return False
        self._dvalues = dvalues
        return True


@cache
def _is_equal(
    kernel: type[Any], layer: type[Any], samples: int, width: int, dtype: np.dtype[Any]
) -> bool:
    """Try a kernel that works on each row by itself."""
    random = default_rng(0)
    shape = tried_rows(samples, width), width
    inputs, dvalues = (draw(random, shape, dtype, special=True) for _ in range(2))

    def run(performer: Any) -> None:
        performer.forward(inputs)
        performer.backward(dvalues)

    return agree(layer, lambda part: kernel(part, Workspaces(kernel.workspace)), run)
