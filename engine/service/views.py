"""What the views of the clients are answered."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from engine.debugging.inspection import Inspector
from engine.debugging.layer_history import LayerHistory
from engine.debugging.trainer import Trainer
from engine.protocol.commands import Query
from engine.protocol.frames import Answer
from engine.protocol.metrics import ACCURACY
from engine.protocol.views.curves import Curves, CurvesQuery
from engine.protocol.views.inside import InsideQuery
from engine.protocol.views.layers import LayersQuery
from engine.protocol.views.samples import Samples, SamplesQuery
from engine.service.answers import curves, layers
from engine.service.answers.samples import SamplesView
from engine.training.machine import Evaluation

MOST_STOPS = 200  # that are remembered


class Views:
    """Answers the queries of the views, from the latest state of a trainer.

    Parameters
    ----------
    trainer : Trainer
    wake : callable
        Called in another thread when there is more to be shown of the same state.

    Attributes
    ----------
    inspector : Inspector
    layers : LayerHistory
    """

    def __init__(self, trainer: Trainer, wake: Callable[[], None]) -> None:
        self.trainer = trainer
        self.inspector = Inspector(trainer)
        self.layers = LayerHistory(trainer)
        self._samples_view = SamplesView(wake)
        self._stops: deque[curves.Stop] = deque(maxlen=MOST_STOPS)
        self._last: tuple[object, Curves] | None = None

    def remember_stop(self, epoch: int, text: str) -> None:
        """Remember what the training has stopped at, to be marked on the charts."""
        self._stops.append(curves.Stop(self.trainer.timeline.branch, epoch, text))

    def answer(
        self, query: Query, running: bool, predicted: Evaluation | None, changes: int
    ) -> Answer:
        """Answer what a view asks for.

        Parameters
        ----------
        query : Query
        running : bool
            Whether the training goes on.
        predicted : Evaluation or None
            What the network says of all samples after an edit, which is then shown.
        changes : int
            Grows whenever there is something else to be shown.
        """
        match query:
            case CurvesQuery():
                return self._curves(query, changes)
            case SamplesQuery():
                return self._samples(query, running, predicted)
            case InsideQuery():
                return self.inspector.look(query, not running)
            case LayersQuery():
                return layers.answer(self.layers, query)

    def _curves(self, query: CurvesQuery, changes: int) -> Curves:
        """Return the curves, which are put together once for all clients that show the same."""
        timeline = self.trainer.timeline
        branch, branches = timeline.branch, len(timeline.branches)
        state = query, changes, branch, branches, branch.history.epochs, len(branch.changes)
        if self._last is None or self._last[0] != state:
            self._last = state, curves.answer(timeline, query, self._stops)
        return self._last[1]

    def _samples(
        self, wanted: SamplesQuery, running: bool, predicted: Evaluation | None
    ) -> Samples:
        trainer = self.trainer
        if predicted:
            said, accuracy = predicted.probabilities, predicted.accuracy
        elif trainer.measured:
            said, accuracy = trainer.probabilities, trainer.measured.metrics.get(ACCURACY.name, 0.0)
        else:
            return Samples(0, 0, 0, [])
        state = None if running else trainer.revision
        return self._samples_view.look(said, trainer.data, wanted, state, accuracy)
