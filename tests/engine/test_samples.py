"""The rows that are shown, against a plain reading of all of them."""

import statistics
import subprocess
import sys
from queue import Empty, SimpleQueue
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.protocol import commands
from engine.protocol.commands import Subscribe
from engine.service.build import build_trainer
from engine.service.description import Description
from engine.service.samples import MOST_LOOKED_AT, Ordering, SamplesView
from engine.service.session import Session

ORDERS = ("all", "wrong", "uncertain")


def draw(samples, classes, seed=0):
    random = np.random.default_rng(seed)
    said = random.dirichlet(np.ones(classes), samples)
    return said, random.integers(classes, size=samples)


def accuracy(said, true):
    return float((said.argmax(axis=1) == true).mean())


class Looked:
    """A view, and how to look once more when it says that there is more to be seen."""

    def __init__(self):
        self.calls = SimpleQueue()
        self.look = SamplesView(lambda: self.calls.put(None)).look

    def look_again(self, *wanted):
        self.calls.get(timeout=20)
        return self.look(*wanted)


def expected(said, true, order):
    """The rows in that order."""
    if order == "wrong":
        return [i for i in range(len(true)) if said[i].argmax() != true[i]]
    if order == "uncertain":
        return sorted(range(len(true)), key=lambda i: said[i].max())
    return list(range(len(true)))


@given(
    samples=st.integers(1, 60),
    first=st.integers(0, 70),
    rows=st.integers(1, 20),
    order=st.sampled_from(ORDERS),
    state=st.none() | st.just(7),
)
def test_rows_are_those_of_the_order(samples, first, rows, order, state):
    said, true = draw(samples, 3)
    seen = Looked().look(said, true, Subscribe(0, 0, first, rows, order), state, 0.0)
    all_rows = expected(said, true, order)
    at = max(0, min(first, len(all_rows) - rows))
    assert [row.row for row in seen.rows] == all_rows[at : at + rows]
    assert (seen.first, seen.total, seen.every) == (at, len(all_rows), 1)
    assert seen.wrong == len(expected(said, true, "wrong"))
    for row in seen.rows:
        assert row.probabilities == said[row.row].tolist()
        assert (row.true_class, row.predicted) == (true[row.row], said[row.row].argmax())


@pytest.mark.parametrize("order", ORDERS)
def test_of_very_many_rows_a_part_is_looked_at_until_the_training_stands_still(order):
    said, true = draw(50_000, 3)
    view, wanted = Looked(), Subscribe(0, 0, 0, 9, order)
    seen = view.look(said, true, wanted, None, accuracy(said, true))
    assert seen.wrong == len(expected(said, true, "wrong"))
    if order == "all":
        assert (seen.total, seen.every) == (50_000, 1)
    else:
        part = slice(None, None, seen.every)
        assert said[part].size <= 2 * MOST_LOOKED_AT
        rows = expected(said[part], true[part], order)
        assert [row.row for row in seen.rows] == [k * seen.every for k in rows[:9]]
        assert seen.total == len(rows)
    now = said, true, wanted, 1, accuracy(said, true)
    assert view.look(*now) == seen
    still = view.look_again(*now)
    assert [row.row for row in still.rows] == expected(said, true, order)[:9]
    assert still.every == 1
    assert still.wrong == len(expected(said, true, "wrong"))


def test_another_state_is_put_in_order_anew():
    (said, true), (others, _) = draw(40, 3), draw(40, 3, seed=1)
    view, wanted = Looked(), Subscribe(0, 0, 0, 40, "uncertain")
    for state, values in ((1, said), (2, others)):
        seen = view.look(values, true, wanted, state, 0.0)
        assert [row.row for row in seen.rows] == expected(values, true, "uncertain")


def test_what_was_put_in_order_for_an_earlier_state_is_dropped():
    (said, true), (others, _) = draw(50_000, 3), draw(50_000, 3, seed=1)
    view, wanted = Looked(), Subscribe(0, 0, 0, 40, "uncertain")
    view.look(said, true, wanted, 1, 0.0)
    now = others, true, wanted, 2, 0.0
    seen = view.look(*now)
    while seen.every > 1:
        seen = view.look_again(*now)
    assert [row.row for row in seen.rows] == expected(others, true, "uncertain")[:40]


def test_each_order_is_made_once_a_state_though_clients_want_different_ones():
    said, true = draw(50_000, 3)
    view = Looked()
    wanted = [Subscribe(0, 0, 0, 9, order) for order in ORDERS]
    for _ in ORDERS:
        for each in wanted:
            view.look(said, true, each, 1, 0.5)
        view.calls.get(timeout=20)
    looks = [view.look(said, true, each, 1, 0.5) for each in wanted]
    assert {seen.every for seen in looks} == {1}
    assert {seen.wrong for seen in looks} == {len(expected(said, true, "wrong"))}
    with pytest.raises(Empty):
        view.calls.get(timeout=0.2)


@pytest.mark.parametrize("still", [False, True])
@pytest.mark.parametrize("order", ORDERS)
def test_looking_at_300_000_rows_costs_little_beside_putting_them_in_order(order, still):
    said, true = draw(300_000, 3)
    view, wanted = Looked(), Subscribe(0, 0, 1000, 40, order)

    def seconds(function):
        begun = perf_counter()
        function()
        return perf_counter() - begun

    looks = []
    for number in range(15):
        state = number if still else None
        looks.append(seconds(lambda state=state: view.look(said, true, wanted, state, 0.5)))
    in_order = [seconds(lambda: Ordering(said, true, order)) for _ in range(15)]
    assert statistics.median(looks) < statistics.median(in_order) / 2
    if still:
        seen = view.look(said, true, wanted, 14, 0.5)
        while seen.wrong == 150_000:  # as the accuracy says, until they have been counted
            seen = view.look_again(said, true, wanted, 14, 0.5)
        assert seen.every == 1
        rows = {
            "all": np.arange(300_000),
            "wrong": np.flatnonzero(said.argmax(axis=1) != true),
            "uncertain": np.argsort(said.max(axis=1), kind="stable"),
        }
        assert [row.row for row in seen.rows] == rows[order][1000:1040].tolist()


@pytest.mark.parametrize("batch_size", [None, 20_000])
def test_a_session_has_rows_put_in_order_anew_only_where_others_may_be_predicted(batch_size):
    description = Description(samples=10_000, hidden=(4,), paused=True, batch_size=batch_size)
    session, calls = Session(build_trainer(description), description), SimpleQueue()
    session.wake = lambda: calls.put(None)
    trainer, wanted = session.trainer, Subscribe(0, 0, 0, 9, "uncertain")

    def is_put_in_order(command, probabilities):
        """Do a command; return whether it took a while until all rows were in order."""
        session.handle(command)
        while session.running:
            session.advance(1)
        seen = session.frame(wanted).samples
        if takes_a_while := seen.every > 1:
            calls.get(timeout=20)
            seen = session.frame(wanted).samples
        said = probabilities()
        assert seen.every == 1
        assert [row.row for row in seen.rows] == np.argsort(said.max(1), kind="stable")[:9].tolist()
        assert seen.wrong == np.count_nonzero(said.argmax(1) != trainer.data.y)
        return takes_a_while

    assert is_put_in_order(commands.Step("epoch"), lambda: trainer.probabilities)
    for operation in trainer.program:
        anew = is_put_in_order(commands.Step("operation"), lambda: trainer.probabilities)
        assert anew == (operation.name in ("dense_2.forward", "loss.forward"))
    for edit in ("dense_2.biases[1] = 0.5", "data.y[0] = 2"):
        assert is_put_in_order(commands.Edit(edit), lambda: trainer.evaluate().probabilities)
    assert is_put_in_order(commands.Undo(), lambda: trainer.evaluate().probabilities)
    assert is_put_in_order(commands.Undo(), lambda: trainer.probabilities)
    assert not is_put_in_order(commands.Pause(), lambda: trainer.probabilities)
    assert is_put_in_order(commands.Step("epoch", back=True), lambda: trainer.probabilities)


ENDLESS = """
import threading, numpy as np
from engine.protocol.commands import Subscribe
from engine.service.samples import SamplesView

class Endless(np.ndarray):
    def argmax(self, **options):
        if len(self) == 300_000:
            threading.Event().wait()
        return super().argmax(**options)

said = np.zeros((300_000, 3)).view(Endless)
view = SamplesView(lambda: None)
view.look(said, np.zeros(300_000, int), Subscribe(0, 0, 0, 9, "uncertain"), 1, 0.5)
assert threading.active_count() == 2
print("done")
"""


def test_a_process_ends_while_rows_are_put_in_order():
    command = [sys.executable, "-c", ENDLESS]
    assert subprocess.run(command, capture_output=True, text=True, timeout=60).stdout == "done\n"
