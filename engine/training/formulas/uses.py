"""What a method reads and writes, as its class declares it."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Any

from engine.training.formulas.objects import class_names, mro


@dataclass(frozen=True, slots=True)
class Uses:
    """What a method reads and writes of what is there before and after it.

    Attributes
    ----------
    reads : tuple of str
        In order of first appearance, as ``self.weights``, ``inputs``, ``layer.dweights`` or
        ``self.activation.output``. What the method itself has assigned before is not among them.
    writes : tuple of str
        What is assigned, changed in place, deleted, or written to as ``out=``.
    overwrites : frozenset of str
        Those of `writes` that are assigned whichever way the method takes, and of which nothing is
        needed that was there before.
    returns : bool
        Whether it returns a value.
    opaque : bool
        Whether it does something whose effect is not known, so that names may be missing.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    overwrites: frozenset[str] = frozenset()
    returns: bool = False
    opaque: bool = False


@dataclass(frozen=True, slots=True)
class Declared:
    """A method with a declaration of what it uses, or with a function that declares it."""

    uses: Uses | types.FunctionType
    parameters: tuple[str, ...]


def declaration(kind: type, name: str) -> Declared | None:
    """Return what a class declares of a method in its ``uses``, a dictionary by name.

    In it is a `Uses`, or a function of the object and the method's arguments that returns one.

    The declaration of a base does not hold for a method that overrides that of the base.
    """
    for base in mro(kind):
        names = class_names(base)
        declared: Any = names.get("uses")
        function = names.get(name)
        if type(declared) is dict and type(declared.get(name)) in (Uses, types.FunctionType):
            code = function.__code__ if type(function) is types.FunctionType else None
            parameters = code.co_varnames[1 : code.co_argcount] if code else ()
            return Declared(declared[name], parameters)
        if function is not None:
            return None
    return None
