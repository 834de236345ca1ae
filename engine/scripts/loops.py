"""Which loop of a file trains, and which loops in it are over batches."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.scripts.marks import Function, Loop, Marks, inside

COUNTER = re.compile(r"(?:\w+_)?(epochs?|iter(ation)?s?|i|step|t|e|n)")


class LoopError(ValueError):
    """It cannot be told which loop trains; ``loops`` are those that there are."""

    def __init__(self, message: str, loops: list[Found]) -> None:
        super().__init__(message)
        self.loops = loops


class AmbiguousLoopError(LoopError):
    """More than one loop seems to train."""


@dataclass(eq=False)
class Found:
    """A loop.

    Attributes
    ----------
    node : a loop's node
    function : str
        The function it is in.
    text : str
        Its first line.
    batches : list of loop's nodes
        The loops over batches that its iterations go through.
    """

    node: Loop
    function: str
    text: str
    batches: list[Loop] = field(default_factory=list)

    @property
    def line(self) -> int:
        """The line that it begins at."""
        return self.node.lineno

    @property
    def counter(self) -> str:
        """The name that counts its iterations, or none."""
        if isinstance(self.node, ast.While):
            counted = [
                target.id
                for node in inside(self.node)
                if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add)
                if isinstance(target := node.target, ast.Name) and COUNTER.fullmatch(target.id)
            ]
            return min(counted, key=lambda name: "epoch" not in name, default="")
        first: ast.expr = self.node.target
        if isinstance(first, ast.Tuple):
            first = first.elts[0]
        return first.id if isinstance(first, ast.Name) else ""


def find_loop(tree: ast.Module, line: int | None = None) -> Found:
    """Return the loop that trains, or the one at a line.

    Raises
    ------
    LoopError
        If there is no such loop, or more than one.
    """
    marks = Marks(tree)
    loops = list(_loops(tree, "<module>"))
    found = _at(loops, line) if line is not None else _training(tree, loops, marks)
    found.batches = list(_batches(found.node, marks))
    return found


def _loops(node: ast.AST, function: str) -> Iterator[Found]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Loop):
            text = ast.unparse(child).partition("\n")[0]
            yield Found(child, function, text)
        yield from _loops(child, child.name if isinstance(child, Function) else function)


def _at(loops: list[Found], line: int) -> Found:
    for loop in loops:
        if loop.line == line:
            return loop
    raise LoopError(f"no loop begins at line {line}", loops)


def _training(tree: ast.Module, loops: list[Found], marks: Marks) -> Found:
    training = [loop for loop in loops if marks.of(loop.node.body)]
    within = {
        id(inner)
        for loop in training
        for node in (*loop.node.body, *marks.reached(loop.node.body))
        for inner in ast.walk(node)
    }
    outermost = [loop for loop in training if id(loop.node) not in within]
    run = [statement for statement in tree.body if not isinstance(statement, Function)]
    called = {id(node) for function in marks.reached(run) for node in ast.walk(function)}
    used = [
        loop for loop in outermost if loop.function == "<module>" or id(loop.node) in called
    ] or outermost
    if len(used) == 1:
        return used[0]
    if not used:
        raise LoopError("no loop seems to train", [x for x in loops if id(x.node) not in within])
    raise AmbiguousLoopError("more than one loop seems to train", used)


def _batches(loop: Loop, marks: Marks) -> Iterator[Loop]:
    """Yield the outermost loops in a loop that do all that it does to train."""
    all_of_it = marks.of(loop.body)
    if not all_of_it:
        return
    seen: set[int] = set()
    for node in (*loop.body, *marks.reached(loop.body)):
        for child in ast.walk(node):
            if isinstance(child, Loop) and id(child) not in seen and marks.of(child.body):
                within = (*child.body, *marks.reached(child.body))
                seen |= {id(inner) for statement in within for inner in ast.walk(statement)}
                if marks.of(child.body) >= all_of_it:
                    yield child
