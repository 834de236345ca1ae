"""Scripts that know nothing of any debugger, and how they run in plain Python."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True)
class Program:
    """A script, with what it is started with.

    Attributes
    ----------
    metrics : tuple of str
        What is measured without being asked for.
    loop : str
        The text of its loop.
    """

    name: str
    loop: str = "for epoch in range(10):"
    metrics: tuple[str, ...] = ()
    arguments: tuple[str, ...] = field(default=())
    stdin: str = ""

    @property
    def path(self):
        return PROGRAMS / f"{self.name}.py"

    def __str__(self):
        return self.name


TRAINING = [
    Program("momentum", "for epoch in range(121):", ("loss", "accuracy")),
    Program("in_class", "for epoch in range(1, epochs + 1):",
            ("total_loss", "val_error", "self.train_loss")),
    Program("in_main", "for epoch in range(args.epochs):", ("loss", "acc"),
            ("--lr", "0.2")),
    Program("while_loop", "while True:", ("mse",)),
    Program("shapes", "for epoch, rate in enumerate([0.1] * 20 + [0.05] * 20):", ("loss",)),
    Program("asynchronous", metrics=("learning_rate", "loss")),
    Program("pure", "for step in range(40):", ("loss",)),
    Program("partial_fit", "for epoch in range(12):", ("train_loss", "val_score")),
    Program("torch_mlp", "for epoch in range(30):", ("loss", "accuracy")),
]  # fmt: skip
OTHERS = [
    Program("raises", metrics=("loss",)),
    Program("exits"),
    Program("says_why"),
    Program("interrupted"),
    Program("killed"),
    Program("reads", "for line in sys.stdin:", ("loss",), (), "0.1\n1\n2\n3\n4\n"),
    Program("reads", "for line in sys.stdin:", ("loss",), (), "high\n"),
    Program("clock", "for epoch in range(400):", ("loss",)),
    Program(
        "lifetimes",
        "for epoch, extra in ((Logger(f'{name} {i}'), i) for i in range(3)):",
        ("loss",),
    ),
    Program("pool", "for epoch in range(6):"),
    Program("environment", "for epoch in range(3):", (), ("a b", "-x")),
    Program("fails_beside", "for epoch in range(3):"),
    Program("broken_beside", "for epoch in range(3):"),
]


def plain(program, folder):
    """Run it in plain Python."""
    return subprocess.run(
        [sys.executable, str(program.path), *program.arguments],
        capture_output=True,
        cwd=folder,
        input=program.stdin.encode(),
    )
