"""Layers, losses, optimizers and callbacks as people write them, in a trainer each."""

import random

import numpy as np

from engine import (
    CrossEntropyLoss,
    Dataset,
    Dense,
    GradientDescent,
    Network,
    ReLU,
    Softmax,
    SoftmaxCrossEntropy,
    Trainer,
)
from tests.strangers import layers as module
from tests.strangers.callbacks import Averaging, plateau, schedule, steering
from tests.strangers.layers import (
    Affine,
    BatchNorm,
    Containers,
    Dropout,
    GivenDropout,
    GlobalDropout,
    InDictionary,
    InPlace,
    InPlaceNorm,
    LateScale,
    Lazy,
    ModuleDropout,
    OldDropout,
    PReLU,
    Property,
    PythonDropout,
    Remembering,
    Residual,
    Returning,
    Scale,
    Slots,
    Squares,
    Transposed,
    Whole,
)
from tests.strangers.optimizers import (
    Decay,
    MomentumByLayer,
    MomentumOnLayers,
    Noisy,
    Rebinding,
    SquaredError,
)


def with_layer(layer, width=8):
    return lambda: (
        [Dense(2, 8), layer(), ReLU(), Dense(width, 2)],
        SoftmaxCrossEntropy(),
        GradientDescent(0.5),
    )


def with_optimizer(optimizer):
    return lambda: ([Dense(2, 8), ReLU(), Dense(8, 2)], SoftmaxCrossEntropy(), optimizer())


STRANGERS = {
    layer.__name__: with_layer(layer)
    for layer in (
        *(Dropout, OldDropout, GlobalDropout, PythonDropout, ModuleDropout, GivenDropout),
        *(BatchNorm, InPlaceNorm, Containers, PReLU, Returning, InPlace, Remembering),
        *(Transposed, Scale, Whole, LateScale, Affine, InDictionary),
        *(Lazy, Slots, Residual, Property),
    )
}

STRANGERS |= {
    optimizer.__name__: with_optimizer(optimizer)
    for optimizer in (MomentumOnLayers, MomentumByLayer, Rebinding, Decay, Noisy)
}

STRANGERS["PReLU"] = lambda: (
    [Dense(2, 8), PReLU(), Dense(8, 2)],
    SoftmaxCrossEntropy(),
    GradientDescent(0.5),
)

STRANGERS["Squares"] = lambda: (
    [Squares(), Dense(4, 8), ReLU(), Squares(), Dense(16, 2)],
    SoftmaxCrossEntropy(),
    GradientDescent(0.5),
)

STRANGERS["SquaredError"] = lambda: (
    [Dense(2, 8), ReLU(), Dense(8, 2), Softmax()],
    SquaredError(),
    GradientDescent(0.5),
)

STRANGERS["apart"] = lambda: (
    [Dense(2, 8), InPlace(), Softmax(), InPlace(), Dense(8, 2), Softmax()],
    CrossEntropyLoss(),
    GradientDescent(0.5),
)

CALLBACKS = {
    "schedule": schedule,
    "plateau": plateau,
    "steering": steering,
    "Averaging": Averaging,
}

STRANGERS |= dict.fromkeys(CALLBACKS, with_optimizer(lambda: GradientDescent(1.0)))


def build(name, dtype="float64", kernels=True, **options):
    """Build a trainer, always the same one."""
    module.passes, Containers.count, module.kept["mask"] = 0, 0, None
    module.drawn_from.seed(5)
    random.seed(4)
    np.random.seed(0)
    X = np.random.uniform(-1, 1, (20, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    layers, loss, optimizer = STRANGERS[name]()
    for layer in layers:
        if isinstance(layer, Dense):
            layer.weights *= 50
    Trainer.use_kernels = kernels
    try:
        trainer = Trainer(
            Network(layers, dtype), loss, optimizer, Dataset(X, y), epochs=200, **options
        )
    finally:
        Trainer.use_kernels = True
    if name in CALLBACKS:
        CALLBACKS[name](trainer)
    return trainer
