"""Weights in files: what is saved is what comes back, and what does not fit changes nothing."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import RandomState

from engine import Dense, Network, ReLU
from engine.nn.network import multilayer_perceptron
from engine.runs.build import build_trainer
from engine.runs.description import Description, SourceError
from engine.runs.run import Run
from engine.runs.weights import (
    NotSavedError,
    load_weights,
    save_last_weights,
    save_weights,
)


def network(seed=0, hidden=(5,), dtype="float64"):
    return multilayer_perceptron(2, hidden, 3, RandomState(seed), dtype)


@settings(max_examples=25, deadline=None)
@given(
    hidden=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    dtype=st.sampled_from(["float64", "float32"]),
)
def test_what_is_saved_comes_back_to_the_bit(tmp_path_factory, hidden, dtype):
    file = tmp_path_factory.mktemp("weights") / "w.npz"
    first, second = network(1, hidden, dtype), network(2, hidden, dtype)
    save_weights(first, file)
    load_weights(second, file)
    assert first.parameters.tobytes() == second.parameters.tobytes()
    assert second.dtype == dtype
    with np.load(file) as saved:
        assert "dense_1.weights" in saved.files


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_weights_that_are_no_numbers_do_not_take_the_place_of_good_ones(tmp_path, bad):
    file = tmp_path / "w.npz"
    save_weights(network(), file)
    before = file.read_bytes()
    broken = network()
    broken.layers[2].biases[0] = bad
    with pytest.raises(NotSavedError, match=r"dense_2\.biases is not finite"):
        save_weights(broken, file)
    assert file.read_bytes() == before
    assert os.listdir(tmp_path) == ["w.npz"]


def unfit(tmp_path):
    """Files that do not fit, and what is said of each."""
    good = {
        f"dense_{k}.{name}": array
        for k, layer in ((1, network().layers[0]), (2, network().layers[2]))
        for name, array in (("weights", layer.weights), ("biases", layer.biases))
    }
    files = {
        "other shape": ({**good, "dense_1.weights": np.zeros((3, 5))}, "in the file of (3, 5)"),
        "one more": (
            {**good, "dense_3.weights": np.zeros(2)},
            "the network has the arrays dense_1.weights, dense_1.biases, dense_2.weights, "
            "dense_2.biases; the file holds dense_1.weights, dense_1.biases, dense_2.weights and "
            "2 more",
        ),
        "one less": ({"dense_1.weights": good["dense_1.weights"]}, "the network has the arrays"),
        "text": ({**good, "dense_1.biases": np.array([["a"] * 5])}, "not finite numbers"),
        "nan": ({**good, "dense_1.biases": np.full((1, 5), np.nan)}, "not finite numbers"),
        "pickled": ({**good, "dense_1.biases": np.array([None])}, "it holds pickled objects"),
    }
    for name, (arrays, says) in files.items():
        np.savez(tmp_path / f"{name}.npz", **arrays)
        yield tmp_path / f"{name}.npz", says
    (tmp_path / "text.npz").write_text("weights")
    yield tmp_path / "text.npz", "it is not an NPZ file"
    np.save(tmp_path / "array.npy", np.zeros(3))
    yield tmp_path / "array.npy", "it is not an NPZ file"
    whole = (tmp_path / "nan.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    yield tmp_path / "cut.npz", "it is not an NPZ file"
    (tmp_path / "flipped.npz").write_bytes(whole.replace(b"NUMPY", b"NUMPU"))
    yield tmp_path / "flipped.npz", ""
    yield tmp_path / "absent.npz", "cannot be read"


def test_a_file_that_does_not_fit_gets_one_line_and_changes_nothing(tmp_path):
    own = network()
    before = own.parameters.tobytes()
    for file, says in unfit(tmp_path):
        with pytest.raises(SourceError) as raised:
            load_weights(own, file)
        assert says in str(raised.value), file
        assert "\n" not in str(raised.value), file
        assert own.parameters.tobytes() == before


def test_a_training_begins_where_the_other_ended(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    file = tmp_path / "w.npz"
    run = Run.create(Description(seed=1, weights=str(file), name="first"))
    trainer = build_trainer(run.located)
    trainer.run(50)
    save_last_weights(trainer, run)
    later = Run.create(Description(seed=2, weights=str(file), name="second"))
    file.unlink()  # the run has a copy
    again = build_trainer(later.located)
    assert again.network.parameters.tobytes() == trainer.network.parameters.tobytes()


def test_weights_of_a_loss_that_is_no_number_are_not_saved(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    file = tmp_path / "w.npz"
    run = Run.create(Description(seed=1, weights=str(file), learning_rate=1e300))
    trainer = build_trainer(run.located)
    with np.errstate(all="ignore"):
        trainer.run(5)
    with pytest.raises(NotSavedError, match="the loss is nan"):
        save_last_weights(trainer, run)
    assert not file.exists()
    assert not (run.directory / "weights.npz").exists()


def test_layers_within_layers_have_names_of_their_own(tmp_path):
    class Block:
        def __init__(self):
            self.inner = Dense(3, 3)

        def forward(self, inputs):
            self.inner.forward(inputs)
            self.output = inputs + self.inner.output

        def backward(self, dvalues):
            self.inner.backward(dvalues)
            self.dinputs = dvalues + self.inner.dinputs

    first, second = (Network([Dense(2, 3), Block(), ReLU(), Dense(3, 2)]) for _ in range(2))
    save_weights(first, tmp_path / "w.npz")
    load_weights(second, tmp_path / "w.npz")
    assert first.parameters.tobytes() == second.parameters.tobytes()
    with np.load(tmp_path / "w.npz") as saved:
        assert "block_1.inner.weights" in saved.files
