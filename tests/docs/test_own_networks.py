"""The page about networks of one's own: its files train, and its tables name what there is."""

import inspect
from typing import get_args

import engine
from engine.protocol.events import TrainerEvent
from tests.docs.pages import blocks, codes, play, read, table

PAGE = read("own-networks.md")


def test_its_files_do_what_it_says(tmp_path):
    assert play(PAGE, tmp_path) == 5


def test_its_own_metric_is_measured_and_stops():
    (code,) = (block.text for block in blocks(PAGE) if block.file == "mine.py")
    names = {}
    exec(code, names)
    trainer = names["trainer"]
    trainer.breakpoints.add("margin > 0.5")
    trainer.run()
    assert trainer.paused
    trainer.breakpoints.remove(1)
    trainer.run()
    assert trainer.measured.accuracy > 0.95
    assert 0.5 < trainer.measured.margin < 1


def test_the_arguments_of_a_metric_are_known():
    parameters = inspect.signature(engine.Trainer.metric).parameters
    for row in table(PAGE, heading="## Metrics"):
        for code in codes(row[0])[0].split(", "):
            assert code.partition("=")[0] in parameters


def test_the_events_are_all_that_a_trainer_emits():
    named = {codes(row[0])[0] for row in table(PAGE, heading="## Callbacks")}
    assert named == {event.__name__ for event in get_args(TrainerEvent)}
    assert named <= set(engine.__all__)
