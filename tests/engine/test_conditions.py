"""Conditions mean what Python would mean by them, and each mistake is told where it is."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.debugging.conditions import ConditionError, Vocabulary
from engine.debugging.parser import DEPTH, LENGTH, parse
from engine.protocol.metrics import BUILT_IN

OPERATIONS = ("dense_1.forward", "relu_1.forward", "loss.forward", "dense_1.backward")
NORMS = {"grad_norm", "weight_norm"}
WORDS = Vocabulary({"dense_1": NORMS, "relu_1": {"dead"}, "dense_2": NORMS}, OPERATIONS, BUILT_IN)
NUMBERS = {"loss": 0.4, "accuracy": 0.95, "epoch": 101.0, "batch": 0.0, "learning_rate": 0.1}
OF_LAYER = {
    ("grad_norm", "dense_1"): 12.0,
    ("grad_norm", ""): 15.0,
    ("weight_norm", "dense_1"): 4.0,
    ("weight_norm", ""): 7.0,
    ("dead", "relu_1"): 0.5,
}


class Told:
    """Facts that are these."""

    def __init__(self, operation=None, previous=math.nan, of_layer=OF_LAYER, **numbers):
        self.operation, self.before, self.layers = operation, previous, of_layer
        self.numbers = NUMBERS | numbers

    def number(self, name):
        return self.numbers[name]

    def previous(self, name):
        assert name in ("loss", "accuracy")
        return self.before

    def of_layer(self, function, layer):
        return self.layers[function, layer]

    def at(self, operation):
        return operation == self.operation


def holds(text, **facts):
    answer = parse(text, WORDS).holds(Told(**facts))
    assert isinstance(answer, bool)
    return answer


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("loss < 0.5", {}, {"loss": 0.5}),
        ("loss<=.5", {"loss": 0.5}, {"loss": 0.51}),
        ("accuracy >= 0.9 and epoch > 100", {}, {"epoch": 100.0}),
        ("loss > 9 or epoch == 1_0", {"epoch": 10.0}, {}),
        ("loss != 4e-1", {"loss": 4.0}, {}),
        ("grad_norm('dense_1') > 10", {}, {"of_layer": {("grad_norm", "dense_1"): 10.0}}),
        ('grad_norm ( "dense_1" ) > 10', {}, {"of_layer": {("grad_norm", "dense_1"): 10.0}}),
        ("grad_norm() > 14", {}, {"of_layer": {("grad_norm", ""): 14.0}}),
        ("weight_norm('dense_1') < 5", {}, {"of_layer": {("weight_norm", "dense_1"): 5.0}}),
        ("weight_norm() > 5", {}, {"of_layer": {("weight_norm", ""): 5.0}}),
        ("dead('relu_1') > 0.3", {}, {"of_layer": {("dead", "relu_1"): 0.3}}),
        ("isnan(loss)", {"loss": math.nan}, {"loss": math.inf}),
        ("isinf(loss)", {"loss": -math.inf}, {"loss": math.nan}),
        ("isfinite(loss)", {}, {"loss": math.nan}),
        ("loss > 1.5 * previous(loss)", {"previous": 0.2}, {"previous": 0.3}),
        ("dense_1.backward", {"operation": "dense_1.backward"}, {"operation": "loss.forward"}),
        (
            "dense_1.backward and epoch > 100",
            {"operation": "dense_1.backward"},
            {"operation": "dense_1.backward", "epoch": 3.0},
        ),
        ("not (loss < 0.5 or batch > 3)", {"loss": 1.0}, {"batch": 4.0}),
        ("0.1 < loss < 0.5", {}, {"loss": 0.1}),
        ("abs(-loss) == loss and sqrt(learning_rate * 10) == 1", {}, {"learning_rate": 1.0}),
        ("min(loss, accuracy, 3) < max(1, batch)", {}, {"batch": -1.0, "loss": 1, "accuracy": 1}),
        ("log(loss) < -1 - -0.5", {}, {"loss": 1.0}),
    ],
)
def test_examples(text, yes, no):
    assert holds(text, **yes)
    assert not holds(text, **no)


@pytest.mark.parametrize(
    ("text", "without", "once", "after"),
    [
        ("loss < 0.5", "loss < 0.5", False, 1),
        ("  loss\t<  0.5   once ", "loss < 0.5", True, 1),
        ("isnan(loss) after 3", "isnan(loss)", False, 3),
        ("isnan(loss)after 1_0 once", "isnan(loss)", True, 10),
        ("isnan(loss) once after 3", "isnan(loss)", True, 3),
    ],
)
def test_endings(text, without, once, after):
    condition = parse(text, WORDS)
    assert (condition.text, condition.once, condition.after) == (without, once, after)
    assert condition.operations == frozenset()


def test_operations_are_those_it_names():
    text = "dense_1.backward and loss < 1 or not (loss.forward or dense_1.backward)"
    assert parse(text, WORDS).operations == {"dense_1.backward", "loss.forward"}


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">=", "=="])
def test_before_the_first_epoch_there_is_no_number(sign):
    assert not holds(f"loss {sign} previous(loss)")
    assert not holds(f"accuracy {sign} 2 * previous(accuracy) - 1")
    assert holds("isnan(previous(loss)) and loss != previous(loss)")


@pytest.mark.parametrize(
    "text",
    [
        "isnan(0 / 0) and isnan(sqrt(-1)) and isnan(log(-1)) and isnan(min(1, 0/0))",
        "1 / 0 > 1e308 and 1 / -0.0 < -1e308 and -1 / 0 < 0 and log(0) < -1e308",
        "isinf(1e999) and isinf(1e200 * 1e200) and isinf(1e308 / 1e-9) and isnan(1e999 - 1e999)",
        f"isinf({'9' * 400})",
        "isnan(max(0 / 0, 1)) and isnan(max(1, 0 / 0))",
    ],
)
def test_arithmetic_has_infinities_and_no_exceptions(text):
    assert holds(text)


def test_a_whole_number_of_epochs_becomes_infinite_as_a_float_does():
    assert holds(f"isinf({'epoch*' * 80}0.5)", epoch=10**6)


def test_it_asks_no_more_than_it_needs():
    assert not holds("loss > 1 and grad_norm() > 3", of_layer={})
    assert holds("loss < 1 or grad_norm() > 3", of_layer={})
    assert not holds("1 < loss < grad_norm()", of_layer={})


def test_the_longest_and_the_deepest():
    assert holds(f"{'1+' * 247}1 > 0")
    assert not holds("<".join("1" * 250))
    assert holds(f"{'(' * DEPTH}1{')' * DEPTH} > 0")
    assert holds(f"{'not ' * DEPTH}1 > 0")
    assert holds(f"{'-' * DEPTH}1 > 0")


# -- against Python --------------------------------------------------------------------------------


def both(text, python=None):
    return [(text, python or text)]


def joined(parts, signs):
    """Put operators between, with no parentheses: precedence is for the two parsers to know."""
    several = st.lists(st.tuples(signs, parts), min_size=1, max_size=3)
    return st.tuples(parts, several).map(
        lambda both: both[0] + [t for sign, part in both[1] for t in [(sign, sign), *part]]
    )


def around(before, parts, after):
    return parts.map(lambda part: both(before) + part + (both(after) if after else []))


literals = st.sampled_from(["0", "1", "2.", ".5", "3", "1e-3", "1_0", "1E+2", "0.25"])
atoms = st.one_of(
    literals.map(lambda text: both(text, f"F({text})")),
    st.sampled_from(list(NUMBERS)).map(both),
    st.sampled_from([("acc", "accuracy"), ("lr", "learning_rate")]).map(lambda names: [names]),
    st.sampled_from(["loss", "accuracy", "acc"]).map(lambda m: both(f"previous({m})", "before")),
    st.just(both("grad_norm()", "F(15)")),
)
calculated = st.recursive(
    atoms,
    lambda parts: st.one_of(
        joined(parts, st.sampled_from("+-*/")),
        around("-", parts, ""),
        around("(", parts, ")"),
        st.sampled_from(["abs(", "sqrt(", "log("]).flatmap(lambda f: around(f, parts, ")")),
        st.tuples(st.sampled_from(["min(", "max("]), parts, parts).map(
            lambda t: both(t[0]) + t[1] + both(",") + t[2] + both(")")
        ),
    ),
    max_leaves=6,
)
truths = st.recursive(
    st.one_of(
        joined(calculated, st.sampled_from(["<", "<=", ">", ">=", "==", "!="])),
        st.sampled_from(["isnan(", "isinf(", "isfinite("]).flatmap(
            lambda f: around(f, calculated, ")")
        ),
        st.sampled_from(OPERATIONS).map(lambda o: both(o, f"(operation == {o!r})")),
    ),
    lambda parts: st.one_of(
        joined(parts, st.sampled_from(["and", "or"])),
        around("not", parts, ""),
        around("(", parts, ")"),
    ),
    max_leaves=5,
)


@st.composite
def written(draw, parts=truths):
    """An expression as a person may type it, and as Python is to read it."""
    tokens = draw(parts)
    text = ""
    for token, _ in tokens:
        glued = text[-1:].isalnum() or text[-1:] == "."
        least = glued and (token[0].isalnum() or token[0] == ".")
        text += draw(st.sampled_from([" ", "  ", "\t"] if least else ["", " "])) + token
    return text, " ".join(python for _, python in tokens)


ORACLE = {
    "F": np.float64,
    "log": lambda x: np.float64(math.log(x)) if x > 0 else np.log(x),
    **{"abs": np.abs, "sqrt": np.sqrt, "min": np.minimum, "max": np.maximum},
    **{name: getattr(np, name) for name in ("isnan", "isinf", "isfinite")},
}
floats = st.floats() | st.sampled_from([0.0, -0.0, 1.0, 0.5, 10.0, math.nan, math.inf])
some_numbers = st.fixed_dictionaries(dict.fromkeys(NUMBERS, floats))


def oracle(python, numbers, before, operation=None):
    names = {name: np.float64(value) for name, value in numbers.items()}
    names |= ORACLE | {"before": np.float64(before), "operation": operation}
    with np.errstate(all="ignore"):
        return eval(python, names)


def fits(texts):
    return len(texts[0]) <= LENGTH - 30


endings = st.sampled_from([("", 1, False), (" once", 1, True), (" once after 3", 3, True)])


@given(written().filter(fits), endings, some_numbers, floats, st.sampled_from(OPERATIONS))
def test_it_means_what_python_means(texts, ending, numbers, before, operation):
    text, python = texts
    expected = bool(oracle(python, numbers, before, operation))
    condition = parse(text + ending[0], WORDS)
    assert (condition.after, condition.once) == ending[1:]
    assert condition.holds(Told(operation, before, **numbers)) == expected
    assert condition.operations == {o for o in OPERATIONS if o in text}


@given(written(calculated).filter(fits), some_numbers, floats)
@example(("8/4*2 - 3-1", "8/4*2 - 3-1"), {}, 0.0)
@example(("2 + 6/4 - 2*3", "2 + 6/4 - 2*3"), {}, 0.0)
def test_it_calculates_what_numpy_calculates(texts, numbers, before):
    text, python = texts
    value = float(oracle(python, numbers, before))
    literal = repr(value).replace("inf", "1e999")
    text = f"isnan({text})" if math.isnan(value) else f"{text} == {literal}"
    assert parse(text, WORDS).holds(Told(None, before, **numbers))


# -- mistakes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "a number or a name is expected first, as in loss < 0.5"),
        ("   ", 4, "a number or a name is expected first"),
        ("loss < ", 8, "a number or a name is expected after '<'"),
        ("loss <", 7, "a number or a name is expected after '<'"),
        ("loss < and", 8, "a number or a name is expected after '<'"),
        ("loss < 'a\nb'", 8, "a number or a name is expected after '<'"),
        ("()", 2, "a number or a name is expected after '('"),
        ("once", 1, "a number or a name is expected first"),
        ("los < 3", 1, "there is no 'los'; did you mean 'loss'?"),
        ("1 < LOSS", 5, "there is no 'LOSS'; did you mean 'loss'?"),
        ("__class__", 1, "there is no '__class__'; there are loss, accuracy, epoch"),
        (f"{'x' * 300} < 1", 1, f"there is no '{'x' * 39}…'; there are loss"),
        ("loss", 1, "'loss' is a number: compare it, as in loss < 0.5"),
        ("loss + 1", 1, "'loss + 1' is a number: compare it"),
        ("0.5 and loss", 1, "'0.5' is a number: compare it"),
        ("loss < 1 and  (loss)", 15, "'(loss)' is a number: compare it"),
        ("not loss", 5, "'loss' is a number: compare it"),
        ("1 + isnan( loss )", 5, "'isnan( loss )' is true or false: put a number in its place"),
        ("(loss < 1) < 2", 1, "'(loss < 1)' is true or false"),
        ("-dense_1.forward", 2, "'dense_1.forward' is true or false"),
        ("abs(isnan(loss)) > 1", 5, "'isnan(loss)' is true or false"),
        ("loss = 0.5", 6, "use == to compare"),
        ("loss := 0.5", 6, "use == to compare"),
        ("loss => 0.5", 6, "use >="),
        ("loss ≤ 0.5", 6, "'≤' has no meaning here; use <="),
        ("loss < 1 && epoch > 2", 10, "use and"),
        ("!isnan(loss)", 1, "use not"),
        ("grad_norm('dense_1) > 1", 11, "the quote is not closed"),
        ("loss < 1\u2028", 9, "'\\u2028' has no meaning here; remove it"),
        ("lambda: 1", 7, "':' has no meaning here"),
        ("(loss).real < 1", 7, "'.' has no meaning here"),
        ("loss < 0.5)", 11, "it closes no '('"),
        ("(loss < 0.5", 12, "a ')' is missing for the '(' of column 1"),
        ("min(loss 1) < 3", 10, "a ')' is missing for the '(' of column 4"),
        ("loss 0.5", 6, "'0.5' is not expected after 'loss'; put an operator between"),
        ("loss < 1 AND epoch > 2", 10, "did you mean 'and'?"),
        ("(loss < 1 AND epoch > 2)", 11, "did you mean 'and'?"),
        ("loss < 1 onec", 10, "did you mean 'once'?"),
        ("loss < 1 if epoch else 2", 10, "'if' is not expected after '1'"),
        ("loss < 1 once once", 15, "the text ends with once, after N or both"),
        ("loss < 1 after 3 epoch", 18, "the text ends with once, after N or both"),
        ("loss < 1 after", 15, "a whole number from 1 to 1,000,000,000 is expected"),
        ("loss < 1 after 0", 16, "a whole number from 1"),
        ("loss < 1 after 2.0", 16, "a whole number from 1"),
        (f"loss < 1 after {'9' * 480}", 16, "a whole number from 1"),
        ("loss < 1 after -1", 16, "a whole number from 1"),
        ("dense_1", 1, "'dense_1' is a layer; name an operation, as in dense_1.forward"),
        (
            "dense_1.bakward",
            1,
            "there is no operation 'dense_1.bakward'; there are dense_1.backward, dense_1.forward,"
            " relu_1.forward, loss.forward",
        ),
        ("loss.__class__", 1, "there is no operation 'loss.__class__'; there are "),
        ("grad_norm > 1", 1, "'grad_norm' is a function; write grad_norm('dense_1')"),
        ("isnan loss", 1, "'isnan' is a function; write isnan(loss)"),
        ("grad_norm(dense_1) > 1", 11, "a layer in quotes is expected: grad_norm('dense_1')"),
        ("dead() > 1", 6, "a layer in quotes is expected: dead('relu_1')"),
        (
            "grad_norm('relu_1') > 1",
            11,
            "there is no layer 'relu_1' with grad_norm; there are dense_1, dense_2",
        ),
        ("dead('dense_2') > 1", 6, "there is no layer 'dense_2' with dead; there are relu_1"),
        ("previous(epoch) > 1", 10, "previous takes one of loss, accuracy"),
        ("previous(loss + 1) > 1", 15, "a ')' is missing for the '(' of column 9"),
        ("min(loss) < 1", 9, "min takes two numbers or more, as in min(loss, 1)"),
        ("abs(loss, 1) < 1", 9, "abs takes one number, as in abs(loss)"),
        ("epoch() > 1", 6, "'(' is not expected after 'epoch'"),
        (f"{'(' * (DEPTH + 1)}1", DEPTH + 2, "this is nested more than 50 deep; make it simpler"),
        (f"{'not ' * 100}1 > 0", 4 * DEPTH + 5, "this is nested more than 50 deep"),
        ("1" * (LENGTH + 1), LENGTH + 1, "a condition has at most 500 characters"),
    ],
)
def test_a_mistake_is_told_where_it_is(text, column, message):
    with pytest.raises(ConditionError) as caught:
        parse(text, WORDS)
    check(caught.value, text)
    assert message in str(caught.value)
    assert caught.value.column == column


def test_a_long_list_is_cut():
    many = Vocabulary({}, tuple(f"dense_{i}.forward" for i in range(1000)), BUILT_IN)
    with pytest.raises(ConditionError, match=r"there are dense_77\.forward, .* …$") as caught:
        parse("dense_77.forwards", many)
    assert len(str(caught.value)) < 500


PIECES = """
    and or not once after 0 1 3 1e999 1_0 .5 dense_1 'dense_1' 'relu_1' isnan( previous( grad_norm(
    dead( min( log( isnan(loss) loss<1 sqrt(-1) (epoch/0) <= >= == != __class__ lambda é
"""
soup = st.lists(st.sampled_from([*NUMBERS, *OPERATIONS, *PIECES.split(), *"+-*/()<>=,.'\"!&|_ \n"]))
damaged = st.tuples(written(), st.integers(0, 200), st.integers(0, 3), soup.map("".join)).map(
    lambda t: t[0][0][: t[1]] + t[3][:9] + t[0][0][t[1] + t[2] :]
)


def check(error, text):
    assert 1 <= error.column <= len(text) + 1
    assert str(error).splitlines() == [str(error)]
    assert str(error).startswith(f"column {error.column}: ")


@given(
    st.one_of(
        st.text(), st.text(st.characters(codec="ascii")), soup.map("".join), soup.map(" ".join),
        damaged,
    ),
    some_numbers,
    floats,
)  # fmt: skip
@example("1" * 499 + "e9 < 1", {}, 0.0)
@example("\ud800", {}, 0.0)
def test_any_text_is_understood_or_refused(text, numbers, other):
    try:
        condition = parse(text, WORDS)
    except ConditionError as error:
        check(error, text)
        return
    facts = Told("loss.forward", other, dict.fromkeys(OF_LAYER, other), **numbers)
    facts.layers |= {(norm, "dense_2"): other for norm in NORMS}
    answer = condition.holds(facts)
    assert isinstance(answer, bool)
    again = parse(condition.text, WORDS)
    assert again.holds(facts) == answer
    assert (again.text, again.operations) == (condition.text, condition.operations)
