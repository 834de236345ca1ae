"""The program that a script's process runs: ``python running.py CHANNEL KEEPER LINE SCRIPT ...``.

It imports little, and nothing that a script might want to set up first.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

_ROOT = str(Path(__file__).resolve().parents[2])


def _main() -> None:
    sys.path.insert(0, _ROOT)
    from engine.scripts.channel import Channel
    from engine.scripts.forks import die_with
    from engine.scripts.importing import run_as_main
    from engine.scripts.loops import Found, LoopError, find_loop
    from engine.scripts.serving import Server

    sys.path.remove(_ROOT)
    number, keeper, line, script, *arguments = sys.argv[1:]
    channel = Channel.inherited(int(number))
    die_with(int(keeper))

    def find(tree: ast.Module) -> Found:
        try:
            return find_loop(tree, int(line) or None)
        except LoopError as error:
            loops = [(loop.line, loop.text, loop.function) for loop in error.loops]
            channel.send(("loops", str(error), loops))
            raise SystemExit(1) from None

    def ready(loop: Found) -> None:
        channel.send(("ready", loop.line, loop.text, loop.function))
        Server(channel, int(keeper), loop)

    run_as_main(script, arguments, find, ready)


_main()
