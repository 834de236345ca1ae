"""Which code is a user's own, and which globals it names."""

from __future__ import annotations

import builtins
import dis
import site
import sys
import sysconfig
import types
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

_LIBRARIES = tuple(
    {
        str(Path(folder).resolve()) + "/"
        for folder in (
            *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
            *site.getsitepackages(),
            site.getusersitepackages(),
            str(Path(__file__).parents[2]),
        )
    }
)
_GLOBAL = {"LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_NAME", "STORE_NAME"}

# Names that a piece of code and those within it use: globals, attributes, imported modules.
Names = tuple[frozenset[str], frozenset[str], frozenset[str]]
_names: WeakKeyDictionary[types.CodeType, Names] = WeakKeyDictionary()


@lru_cache(maxsize=4096)
def is_own_file(file: str) -> bool:
    """Whether a file is neither of the standard library, nor installed, nor of the engine."""
    return not file.startswith("<frozen ") and not str(Path(file).resolve()).startswith(_LIBRARIES)


def is_own_function(function: types.FunctionType) -> bool:
    """Whether a function was written by a user; made at run time, its module's file decides."""
    file = function.__code__.co_filename
    if file.startswith("<"):
        file = function.__globals__.get("__file__") or file
    return is_own_file(file)


def is_own_class(class_: type) -> bool:
    """Whether a class was written by a user."""
    module = sys.modules.get(class_.__module__)
    if class_.__module__ == "__main__" or (module is None and class_.__module__ != "builtins"):
        return True
    return module is not None and is_own_module(module)


@lru_cache(maxsize=1024)
def own_bases(class_: Any) -> tuple[type, ...]:
    """Return those of a class and its bases that were written by a user."""
    return tuple(filter(is_own_class, class_.__mro__))


def is_own_module(module: types.ModuleType) -> bool:
    """Whether a module is a file of the user."""
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and is_own_file(file)


def named_globals(function: types.FunctionType) -> Iterator[tuple[dict[str, Any], frozenset[str]]]:
    """Yield namespaces, and the names in them that a function reads or writes.

    Besides its own globals these are the user's modules that it mentions.
    """
    code, namespace = function.__code__, function.__globals__
    names = _names.get(code)
    if names is None:
        names = _names[code] = _names_in(code)
    globals_, attributes, imported = names
    yield namespace, globals_
    modules = [
        value for name in sorted(globals_) if type(value := namespace.get(name)) is types.ModuleType
    ]
    modules += [
        value
        for cell in function.__closure__ or ()
        if type(value := _value_of(cell)) is types.ModuleType
    ]
    modules += [sys.modules[name] for name in sorted(imported) if name in sys.modules]
    for module in modules:
        if is_own_module(module):
            yield vars(module), attributes


def _value_of(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def counts(namespace: dict[str, Any], name: str) -> bool:
    """Whether a global may be a training's: no name of a builtin, of a module or of a library."""
    if name not in namespace:
        return not hasattr(builtins, name)
    value = namespace[name]
    class_ = type(value)
    if class_ is types.FunctionType:
        return is_own_function(value)
    if issubclass(class_, type):
        return is_own_class(value)
    return class_ is not types.ModuleType


def _names_in(code: types.CodeType) -> Names:
    globals_, attributes, imported = set[str](), set(code.co_names), set[str]()
    for instruction in dis.get_instructions(code):
        if instruction.opname in _GLOBAL:
            globals_.add(instruction.argval)
        elif instruction.opname == "IMPORT_NAME":
            imported.add(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            inner = _names_in(constant)
            globals_ |= inner[0]
            attributes |= inner[1]
            imported |= inner[2]
    return frozenset(globals_), frozenset(attributes), frozenset(imported)
