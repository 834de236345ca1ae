"""A network that trains, and tells. It knows nothing of any screen.

All public names are found here, each loaded when it is first asked for (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "engine.protocol.events": (
        "BreakpointHit",
        "Branched",
        "Changed",
        "EpochCompleted",
        "EpochMeasured",
        "LossNotFinite",
        "MetricsChanged",
        "OperationCompleted",
        "Position",
        "Restarted",
        "TrainingCompleted",
    ),
    "engine.protocol.metrics": ("ACCURACY", "LOSS", "Metric"),
    "engine.nn.activations": ("ReLU", "Softmax"),
    "engine.nn.layers": ("Dense",),
    "engine.nn.losses": ("CrossEntropyLoss", "Loss", "SoftmaxCrossEntropy"),
    "engine.nn.network": ("Network", "multilayer_perceptron"),
    "engine.nn.optimizers": ("GradientDescent",),
    "engine.data.dataset": ("DataError", "Dataset"),
    "engine.data.toys": ("toy",),
    "engine.debugging.branches": ("Branch",),
    "engine.debugging.breakpoints": ("Breakpoint", "Breakpoints"),
    "engine.debugging.changes": ("ChangeError",),
    "engine.debugging.conditions": ("Condition", "ConditionError"),
    "engine.training.history": ("History",),
    "engine.training.machine": ("Machine",),
    "engine.training.metrics": ("MetricError",),
    "engine.training.program": ("Operation", "compile_program"),
    "engine.debugging.timeline": ("Timeline",),
    "engine.debugging.trainer": ("Trainer",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
