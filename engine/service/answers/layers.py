"""All layers with their figures, and what is beyond the usual."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.debugging.concerns import RULES
from engine.debugging.layer_history import LayerHistory
from engine.debugging.layers import kind_and_shape, layers_of
from engine.nn.arrays import Array
from engine.protocol.views.layers import FIGURES, Concern, LayerRow, Layers, LayersQuery
from engine.service.answers.curves import gaps


def answer(history: LayerHistory, query: LayersQuery) -> Layers:
    """Return the layers as they are, with what they were over the epochs."""
    layers = layers_of(history.trainer)
    now = history.now()
    rows = [
        LayerRow(
            name,
            *kind_and_shape(layer),
            dict(zip(FIGURES, gaps(now[k].tolist()), strict=True)),
            _curves(history, k, query),
        )
        for k, (name, layer) in enumerate(layers.items())
    ]
    return Layers(rows, list(_concerns(history, layers, now)))


def _curves(history: LayerHistory, layer: int, query: LayersQuery) -> dict[str, list[float | None]]:
    if not query.points or not query.span:
        return {}
    curve = history.series.curve
    return {name: gaps(curve(layer, name, query.span, query.points)) for name in FIGURES}


def _concerns(history: LayerHistory, layers: dict[str, Any], now: Array) -> Iterator[Concern]:
    """Yield what is to be said, by how serious it is, and then in the order of the layers."""
    named = list(layers.items())
    for rule in RULES:
        for k, (name, layer) in enumerate(named):
            if rule.applies(now[k]):
                known = history.series.since(k, rule.at_least_as(now[k]))
                since, exact = known or (history.trainer.epoch, True)
                text = rule.say(name, layer, rule.of(now[k]))
                yield Concern(name, rule.figure, text, rule.meaning, since, exact)
