"""All keys: they make the bindings, the footer, the tabs, the help, the palette and the docs' list.

Those of a view are in its own table. Here is what is bound unless a config file says otherwise.
"""

from __future__ import annotations

from tui.key import Key
from tui.views.curves.view import CurvesView
from tui.views.inside.view import InsideView
from tui.views.layers.view import LayersView
from tui.views.samples.view import SamplesView
from tui.views.view import View

VIEWS: tuple[type[View], ...] = (CurvesView, SamplesView, InsideView, LayersView)

# Which views each arrangement of the screen shows; the first is that of the beginning.
MODES = {
    "": ("curves", "samples"),
    "-curves": ("curves",),
    "-samples": ("samples",),
    "-inside": ("inside",),
    "-layers": ("layers",),
}

TRAIN = (
    Key("pause", "space", "pause", "Pause", "pause, resume", "pause"),
    Key("start", "space", "start", "Resume, or start", "pause, resume", "resume"),
    Key("continue", "c", "resume", "Continue, to a breakpoint", "continue"),
    Key("raise_rate", "plus,equals_sign", "rate(1)", "Learning rate up", "learning rate", "rate"),
    Key("lower_rate", "minus", "rate(-1)", "Learning rate down", "learning rate", "rate"),
    Key("type_rate", "l", "type_rate", "Type a learning rate", "type a rate"),
    Key("slower", "left_square_bracket", "speed(-1)", "Slower, to 1 epoch/s", "speed", "speed"),
    Key("faster", "right_square_bracket", "speed(1)", "Faster, to full speed", "speed", "speed"),
    Key("restart", "r", "restart(False)", "Restart, same weights", "restart, new too", "restart"),
    Key("restart_new", "R", "restart(True)", "Restart, new weights", "restart, new too", "restart"),
    Key(
        "train_further",
        "t",
        "train_further",
        "Train further, when complete",
        "train further",
        "train further",
    ),
)
MOVE = (
    Key("step", "n", "step('epoch')", "One epoch on", "epoch on, back", "epoch"),
    Key("step_back", "N", "step('epoch', True)", "One epoch back", "epoch on, back", "epoch"),
    Key("step_operation", "s", "step('operation')", "One operation on", "operation", "operation"),
    Key(
        "step_operation_back",
        "S",
        "step('operation', True)",
        "One operation back",
        "operation",
        "operation",
    ),
    Key("step_batch", "m", "step('batch')", "One batch on", "batch"),
    Key("step_batch_back", "M", "step('batch', True)", "One batch back", "batch"),
    Key("go_to", "g", "go_to", "Go to an epoch, or +50, -50", "go to an epoch", "go to"),
)
STOP = (
    Key("set_breakpoint", "b", "breakpoints", "Breakpoints: stop when ...", "breakpoints", "break"),
    Key("run_back", "C", "run_back", "Back to the previous breakpoint hit", "previous hit"),
)
EDIT = (
    Key("edit", "e", "edit", "Edit a weight, a sample, the rate", "edit a number", "edit"),
    Key("undo", "z", "undo", "Undo the last edit", "undo"),
)
RUN = (
    Key("fork", "f", "fork", "Keep this future as a ghost", "keep as a ghost"),
    Key("branches", "o", "branches", "Switch to another branch", "switch branch"),
    Key("export", "D", "export", "Export the curves, as HTML, CSV, ...", "export"),
    Key("detach", "d", "detach", "Detach: leave it without a screen", "detach"),
    Key("quit", "q", "quit", "Quit", "quit", "quit"),
)
LOOK = (
    Key("show_both", "1", "show('')", "View: curves and samples", "the views", "both"),
    Key("show_curves", "2", "show('-curves')", "View: curves", "the views", "curves"),
    Key("show_samples", "3", "show('-samples')", "View: samples", "the views", "samples"),
    Key(
        "show_inside",
        "4",
        "show('-inside')",
        "View: inside, the weights and gradients of an operation",
        "the views",
        "inside",
    ),
    Key("show_layers", "5", "show('-layers')", "View: layers", "the views", "layers"),
    Key("help", "question_mark", "help", "This help", "help", "help"),
    Key("redraw", "ctrl+l", "redraw", "Draw the screen anew", "draw anew"),
)
TABLES = {
    "train": TRAIN,
    "move": MOVE,
    "stop": STOP,
    "edit": EDIT,
    "run": RUN,
    "look": LOOK,
}
KEYS = tuple(key for table in TABLES.values() for key in table)
ACTIONS = {key.action.partition("(")[0] for key in KEYS} | {"in_view"}
ALL_KEYS = (*KEYS, *(key for view in VIEWS for key in view.KEYS))
