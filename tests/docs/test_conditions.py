"""The page about conditions: each example is understood, asked when it says, and stops."""

import math

import pytest

from engine import ConditionError
from engine.debugging.breakpoints import Facts
from engine.runs.build import build_trainer
from engine.runs.description import Description
from tests.docs.pages import codes, play, read, table

PAGE = read("conditions.md")
EXAMPLES = {codes(row[0])[0]: row[1] for row in table(PAGE, heading="## Examples")}
# What must be so in a run of 12 epochs for an example to hold; those not named here hold in it.
LATER = {
    "loss < 0.5": "loss < 2",
    "accuracy >= 0.9 and epoch > 100": "accuracy >= 0.1 and epoch > 10",
    "0.3 < loss < 0.4": "0.3 < loss < 4",
    "loss > 1.5 * previous(loss)": "loss > 0.5 * previous(loss)",
    "abs(loss - previous(loss)) < 1e-6": "abs(loss - previous(loss)) < 1",
    "isnan(loss) or isinf(loss)": "isfinite(loss)",
    "learning_rate < 0.01": "learning_rate < 1",
    "epoch == 500 once": "epoch == 5 once",
    "loss > previous(loss) after 10": "loss != previous(loss) after 10",
    "grad_norm() < 1e-4": "grad_norm() < 1e4",
    "grad_norm('dense_1') > 10": "grad_norm('dense_1') > 1e-10",
    "weight_norm('dense_2') > 100": "weight_norm('dense_2') > 0.001",
    "dead('relu_1') > 0.3": "dead('relu_1') >= 0",
    "optimizer.update and epoch == 20": "optimizer.update and epoch == 2",
    "not accuracy > 0.5 and epoch > 1_000": "not accuracy > 1 and epoch > 1_0",
}


def build(**fields):
    return build_trainer(Description(seed=0, batch_size=64, epochs=12, **fields))


@pytest.mark.parametrize("condition", EXAMPLES)
def test_each_example_is_understood_and_stops_where_it_holds(condition):
    build().breakpoints.add(condition)
    trainer = build()
    breakpoint = trainer.breakpoints.add(LATER.get(condition, condition))
    trainer.run()
    assert trainer.paused
    within = bool(breakpoint.condition.operations)
    assert (trainer.operation > 0) == within
    assert breakpoint.condition.holds(Facts(trainer, within))


def test_it_stops_after_the_epoch_that_it_names():
    trainer = build()
    trainer.breakpoints.add("epoch == 5 once")
    trainer.run()
    assert trainer.measured.epoch == 5


def test_after_stops_from_that_time_on():
    trainer = build()
    trainer.breakpoints.add("epoch > 2 after 3")
    trainer.run()
    assert trainer.measured.epoch == 5
    trainer.run()
    assert trainer.measured.epoch == 6


def test_it_is_asked_when_it_says():
    trainer = build()
    trainer.breakpoints.add("dense_2.backward and batch == 3")
    trainer.run()
    assert (trainer.epoch, trainer.batch) == (0, 3)
    assert trainer.program[trainer.operation].name == "dense_2.backward"
    trainer.run()
    assert (trainer.epoch, trainer.batch) == (1, 3)


@pytest.mark.parametrize("heading", ["## Numbers", "## Functions"])
def test_its_names_are_all_that_there_are(heading):
    trainer = build()
    vocabulary = trainer.breakpoints.vocabulary
    rows = table(PAGE, heading=heading)
    names = {code.partition("(")[0] for row in rows for cell in row for code in codes(cell)}
    known = vocabulary.words - {*vocabulary.layers, *vocabulary.operations}
    known -= {"and", "or", "not", "once", "after"}
    numbers = {*vocabulary.numbers, "acc", "lr"}
    assert names == (numbers if heading == "## Numbers" else known - numbers)
    for row in rows:
        first = codes(row[0])[0]
        text = first if first.startswith("is") else f"{first} > 0"
        assert trainer.breakpoints.add(text).text == text


def test_its_arithmetic_is_that_of_numpy():
    trainer = build()
    trainer.run(1)
    facts = Facts(trainer, False)
    for text in ("1 / 0 > 1e300", "isnan(0 / 0)", "not 0 / 0 < 1", "0 / 0 != 1", "log(0) < 0"):
        assert trainer.breakpoints.add(text).condition.holds(facts)
    assert math.isnan(facts.previous("loss"))


def test_once_switches_it_off():
    trainer = build()
    breakpoint = trainer.breakpoints.add("loss < 2 after 3 once")
    trainer.run()
    assert (trainer.measured.epoch, breakpoint.on) == (2, False)
    trainer.run()
    assert trainer.done


def test_validation_sets_and_short_names_are_understood():
    trainer = build(validation="0.2")
    for name in ("validation_loss", "val_loss", "validation_accuracy", "val_acc", "acc", "lr"):
        trainer.breakpoints.add(f"{name} > 0")


@pytest.mark.parametrize("row", table(PAGE, heading="## What is wrong with it"))
def test_its_errors_are_what_is_answered(row):
    with pytest.raises(ConditionError) as error:
        build().breakpoints.add(codes(row[0])[0])
    assert str(error.value) == row[1]


def test_its_commands_print_what_it_says(tmp_path):
    assert play(PAGE, tmp_path) == 1
