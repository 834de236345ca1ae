"""An epoch is a program: a flat list of named operations.

Running at full speed and stepping one operation at a time read the same list.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from engine.nn.losses import Loss
from engine.nn.network import Network
from engine.nn.optimizers import Optimizer

Phase = Literal["forward", "loss", "backward", "update"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One entry of the program.

    Attributes
    ----------
    name : str
        As ``dense_1.forward``.
    phase : Phase
    run : callable
        Does it, on the arrays that its layer is tied to.
    """

    name: str
    phase: Phase
    run: Callable[[], None]

    def __str__(self) -> str:
        return self.name

    @property
    def method(self) -> Any:
        """The method that does it, as ``Dense.compute_output`` of a layer."""
        return self.run.func if isinstance(self.run, partial) else self.run

    @property
    def formula(self) -> str:
        """The first sentence of its method's description, as ``output = max(0, inputs)``."""
        text = " ".join((inspect.getdoc(self.method) or "").split("\n\n")[0].split())
        sentence = re.split(r"\.(?:\s|$)", text, maxsplit=1)[0]
        return sentence[:1].lower() + sentence[1:]

    @property
    def source(self) -> str:
        """The text of its method, without what the formula says; or why there is none."""
        try:
            text = textwrap.dedent(inspect.getsource(self.method)).rstrip()
            described = "\n\n" in (inspect.getdoc(self.method) or "\n\n")
            return text if described else _undescribed(text)
        except (OSError, TypeError, SyntaxError):
            return "# its source is not available"


def _undescribed(text: str) -> str:
    """Leave out a function's docstring."""
    function, lines = ast.parse(text).body[0], text.split("\n")
    if isinstance(function, ast.FunctionDef) and ast.get_docstring(function):
        docstring = function.body[0]
        del lines[docstring.lineno - 1 : docstring.end_lineno]
    return "\n".join(lines)


def compile_program(network: Network, loss: Loss, optimizer: Optimizer) -> list[Operation]:
    """List the operations of one iteration, in order."""
    forward = [Operation(f"{a.name}.forward", "forward", a.compute_output) for a in network.layers]
    backward = [
        Operation(f"{a.name}.backward", "backward", a.compute_gradients)
        for a in reversed(network.layers)
    ]
    return [
        *forward,
        Operation("loss.forward", "loss", loss.compute_loss),
        Operation("loss.backward", "backward", loss.compute_gradients),
        *backward,
        Operation("optimizer.update", "update", partial(optimizer.update_parameters, network)),
    ]
