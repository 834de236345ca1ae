"""How a person's file comes to run as in plain Python, with hooks in it."""

from __future__ import annotations

import ast
import gc
import os
import sys
import types
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from typing import Any

from engine.scripts.loops import Found
from engine.scripts.rewriting import rewritten

_INSTALLED = ("site-packages", "dist-packages")
_OURS = os.path.dirname(__file__) + os.sep


class OwnFiles:
    """Finds the modules beside a script, and puts hooks into them."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: Any = None
    ) -> ModuleSpec | None:
        """Find a module as Python does; none where it is not a person's own file."""
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or type(spec.loader) is not SourceFileLoader or not spec.origin:
            return None
        inside = os.path.realpath(spec.origin)
        if not inside.startswith(self._folder + os.sep):
            return None
        if any(part in _INSTALLED for part in inside[len(self._folder) :].split(os.sep)):
            return None
        try:
            tree = rewritten(ast.parse(Path(spec.origin).read_bytes(), spec.origin))
        except (SyntaxError, ValueError, OSError):
            return None
        spec.loader = _Loader(name, spec.origin, tree)
        return spec


class _Loader(SourceFileLoader):
    """Compiles a tree that has hooks, and leaves the files of compiled code alone."""

    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self._tree = tree

    def path_stats(self, path: str) -> Any:
        raise OSError

    def source_to_code(self, data: Any, path: Any, **_: Any) -> Any:  # type: ignore[override]
        return compile(self._tree, path, "exec", dont_inherit=True)


def run_as_main(
    path: str,
    arguments: Sequence[str],
    find: Callable[[ast.Module], Found],
    ready: Callable[[Found], None],
) -> None:
    """Run a file as ``python path arguments`` does.

    Parameters
    ----------
    path, arguments : str, sequence of str
    find : callable
        Returns the loop that trains.
    ready : callable
        Called before the first statement, with the loop.
    """
    absolute = os.path.abspath(path)
    folder = os.path.dirname(os.path.realpath(absolute))
    sys.argv[:] = [path, *arguments]
    if not sys.flags.safe_path:
        sys.path[0] = folder
    main = types.ModuleType("__main__")
    main.__dict__.update(
        __file__=absolute,
        __loader__=SourceFileLoader("__main__", absolute),
        __builtins__=sys.modules["builtins"],
        __annotations__={},
        __cached__=None,
    )
    sys.modules["__main__"] = main
    _hide_ourselves()
    with open(absolute, "rb") as file:
        tree = ast.parse(file.read(), absolute)
    loop = find(tree)
    code = compile(rewritten(tree, loop), absolute, "exec", dont_inherit=True)
    sys.meta_path.insert(0, OwnFiles(folder))
    ready(loop)
    del tree, loop
    gc.collect()
    gc.freeze()  # so that ours are not looked through when the script's own are collected
    try:
        exec(code, main.__dict__)
    except BaseException:
        _show_their_lines_only(main)
        raise


def _hide_ourselves() -> None:
    """A person may have an ``engine`` of their own."""
    for name in list(sys.modules):
        if name.partition(".")[0] == "engine":
            del sys.modules[name]


def _show_their_lines_only(main: types.ModuleType) -> None:
    """Have tracebacks begin at the person's file, as in plain Python."""
    show = sys.excepthook

    def shown(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        while trace and trace.tb_frame.f_globals is not main.__dict__:
            trace = trace.tb_next
        last = trace
        while last and last.tb_next:
            if last.tb_next.tb_frame.f_code.co_filename.startswith(_OURS):
                last.tb_next = None  # as by an interrupt from the keyboard in a hook
            last = last.tb_next
        show(kind, error.with_traceback(trace), trace)

    sys.excepthook = shown
