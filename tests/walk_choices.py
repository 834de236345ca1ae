"""What a random walk chooses from: numbers, changes, conditions."""

import math

from hypothesis import strategies as st

RATE = 0.3
SAMPLES, CLASSES = 5, 3
UNITS = st.sampled_from(["operation", "batch", "epoch"])
TURNS = st.integers(0, 12)

ORDINARY = st.floats(-3, 3)
EXTREME = st.sampled_from(
    [1e308, -1e308, 1e39, 1e38, 1e200, math.nan, math.inf, -math.inf, -0.0, 5e-324, 1e-45, 1e20]
)
NUMBERS = ORDINARY | ORDINARY | EXTREME
EDITS = st.one_of(
    st.tuples(
        st.sampled_from(
            [
                *("dense_1.weights[0, 1]", "dense_1.biases[0, 2]"),
                *("dense_2.weights[1, 0]", "dense_2.biases[0, 1]"),
                *(f"data.X[{row}, {column}]" for row in (0, 7, 14) for column in (0, 1)),
            ]
        ),
        NUMBERS,
    ),
    st.tuples(st.sampled_from(["data.y[0]", "data.y[8]"]), st.integers(-1, CLASSES).map(float)),
    st.tuples(st.just("learning_rate"), st.sampled_from([0.0, 0.01, 1.0, 5.0, 1e300, -1.0])),
)
RATES = st.sampled_from([1e-9, 0.01, 0.1, 1.0, 20.0, 1e6])

COMPARED = st.one_of(
    st.tuples(
        st.sampled_from(["loss", "acc", "accuracy", "previous(loss)", "previous(acc)"]),
        st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
        st.sampled_from(["0.4", "1", "1.0986", "previous(loss)", "0.5 * previous(acc)", "loss"]),
    ).map(" ".join),
    st.tuples(st.sampled_from(["epoch", "lr * 10", "batch"]), st.sampled_from(["==", ">", "!="]))
    .flatmap(lambda start: st.integers(0, 25).map(lambda n: f"{start[0]} {start[1]} {n}")),
    st.tuples(
        st.sampled_from(["grad_norm()", "grad_norm('dense_1')", "grad_norm('dense_2')"]),
        st.sampled_from(["> 0.01", "> 0.1", "< 0.05", "!= 0"]),
    ).map(" ".join),
    st.sampled_from(
        [
            *("weight_norm() > 0.5", "weight_norm('dense_1') < 0.2", "dead('relu_1') > 0.3"),
            *("isnan(loss)", "isfinite(loss)", "0.2 < loss < 1.0", "isnan(grad_norm())"),
        ]
    ),
)  # fmt: skip
OPERATIONS = st.sampled_from(
    [
        *("dense_1.forward", "relu_1.forward", "loss.forward"),
        *("loss.backward", "dense_1.backward", "optimizer.update"),
    ]
)
CONDITIONS = st.one_of(
    COMPARED,
    st.tuples(COMPARED, st.sampled_from([" and ", " or ", " and not "]), COMPARED).map("".join),
    OPERATIONS,
    st.tuples(OPERATIONS, st.just("and"), COMPARED).map(" ".join),
    st.tuples(OPERATIONS, st.integers(0, 3)).map(lambda t: f"{t[0]} and epoch == {t[1]}"),
    st.tuples(OPERATIONS, st.just("or"), OPERATIONS, st.just("and"), COMPARED).map(" ".join),
)
ENDINGS = st.sampled_from(["", "", "", " once", " after 2", " after 3 once"])
