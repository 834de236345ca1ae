"""All keys: they make the bindings, the footer, the help, the palette and the README's list.

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

# By what they are about; those that the footer shows first are the ones needed first.
STEPPING = (
    Key("pause", "space", "pause", "pause", "Pause"),
    Key("start", "space", "start", "resume", "Resume, or start"),
    Key("step", "n", "step('epoch')", "epoch", "One epoch on"),
    Key("step_back", "N", "step('epoch', True)", "epoch", "One epoch back"),
    Key("step_operation", "s", "step('operation')", "operation", "One operation on"),
    Key("step_operation_back", "S", "step('operation', True)", "operation", "One operation back"),
    Key("step_batch", "m", "step('batch')", "", "One batch on"),
    Key("step_batch_back", "M", "step('batch', True)", "", "One batch back"),
    Key("go_to", "g", "go_to", "go to", "Go to an epoch, or +50, -50"),
    Key("set_breakpoint", "b", "breakpoints", "break", "Breakpoints"),
    Key("continue", "c", "resume", "", "Continue, to a breakpoint"),
    Key("run_back", "C", "run_back", "", "Back to where one held"),
    Key("edit", "e", "edit", "edit", "Edit: weight, row or rate"),
    Key("undo", "z", "undo", "", "Take an edit back"),
    Key("fork", "f", "fork", "", "Keep this future as a ghost"),
    Key("branches", "o", "branches", "", "Go over to another branch"),
    Key("help", "question_mark", "help", "help", "This help"),
    Key("quit", "q", "quit", "quit", "Quit"),
)
TRAINING = (
    Key("raise_rate", "plus,equals_sign", "rate(1)", "rate", "Learning rate up"),
    Key("lower_rate", "minus", "rate(-1)", "rate", "Learning rate down"),
    Key("type_rate", "l", "type_rate", "rate", "Type a learning rate"),
    Key("slower", "left_square_bracket", "speed(-1)", "speed", "Slower, to 1 epoch/s"),
    Key("faster", "right_square_bracket", "speed(1)", "speed", "Faster, to full speed"),
    Key("restart", "r", "restart(False)", "restart", "Restart, same weights"),
    Key("restart_new", "R", "restart(True)", "restart", "Restart, new weights"),
    Key("train_further", "t", "train_further", "", "Train further, when complete"),
)
SHOWING = (
    Key("show_both", "1", "show('')", "", "View: curves and samples"),
    Key("show_curves", "2", "show('-curves')", "", "View: curves only"),
    Key("show_samples", "3", "show('-samples')", "", "View: samples only"),
    Key("show_inside", "4", "show('-inside')", "", "View: inside an operation"),
    Key("show_layers", "5", "show('-layers')", "", "View: all layers"),
    Key("redraw", "ctrl+l", "redraw", "", "Draw the screen anew"),
)
KEYS = STEPPING + TRAINING + SHOWING
ACTIONS = {key.action.partition("(")[0] for key in KEYS} | {"in_view"}
ALL_KEYS = (*KEYS, *(key for view in VIEWS for key in view.KEYS))
