"""The toy datasets: what is drawn, from which generator, and what is kept apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nnfs.datasets import spiral_data, vertical_data
from numpy.random import RandomState

from engine.data.catalogue import TOYS
from engine.data.dataset import DataError
from engine.data.toys import DRAW, toy, with_validation
from engine.runs.build import build_trainer
from engine.runs.description import Description


def classes_of(name):
    return TOYS[name].most_classes or 3


def test_each_toy_of_the_catalogue_can_be_drawn_and_no_other():
    assert DRAW.keys() == TOYS.keys()


@pytest.mark.parametrize(("name", "draw"), [("spiral", spiral_data), ("vertical", vertical_data)])
def test_those_of_the_book_are_the_books_to_the_bit(name, draw):
    np.random.seed(5)
    X, y = draw(samples=40, classes=4)
    after = np.random.random()
    random = RandomState(5)
    data = toy(name, 40, 4, random)
    assert np.array_equal(data.X, X)
    assert np.array_equal(data.y, y)
    assert random.random_sample() == after, "the weights are drawn from elsewhere"


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(list(TOYS)),
    samples=st.integers(1, 40),
    noise=st.none() | st.floats(0, 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_toy_has_its_shape_and_depends_on_the_generator_alone(name, samples, noise, seed):
    classes = classes_of(name)
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    data, again = (toy(name, samples, classes, RandomState(seed), noise) for _ in range(2))
    assert data.X.shape == (samples * classes, 2)
    assert np.bincount(data.y).tolist() == [samples] * classes
    assert np.array_equal(data.X, again.X)
    assert np.array_equal(np.random.get_state()[1], before)


@pytest.mark.parametrize("name", TOYS)
def test_noise_has_the_deviation_that_was_asked_for(name):
    classes = classes_of(name)
    plain = toy(name, 4000, classes, RandomState(3), 0)
    noisy = toy(name, 4000, classes, RandomState(3), 0.7)
    added = noisy.X - plain.X
    assert np.allclose(added.std(axis=0), 0.7, rtol=0.05)
    assert np.allclose(added.mean(axis=0), 0, atol=0.05)


def test_without_noise_each_shape_is_exact():
    circles, moons, gaussians, xor = (
        toy(name, 50, classes_of(name), RandomState(1), 0)
        for name in ("circles", "moons", "gaussians", "xor")
    )
    assert np.allclose(np.hypot(*circles.X.T), np.where(circles.y == 0, 1, 0.5))
    centres = np.where(moons.y[:, None] == 0, [0, 0], [1, 0.5])
    assert np.allclose(np.hypot(*(moons.X - centres).T), 1)
    assert len(np.unique(gaussians.X.round(9), axis=0)) == 3
    assert np.array_equal(xor.X[:, 0] * xor.X[:, 1] < 0, xor.y == 1)
    assert {tuple(signs) for signs in np.sign(xor.X).astype(int).tolist()} == {
        (-1, -1),
        (-1, 1),
        (1, -1),
        (1, 1),
    }


@pytest.mark.parametrize("name", [name for name, kind in TOYS.items() if kind.most_classes])
def test_a_toy_of_two_classes_has_no_third(name):
    with pytest.raises(DataError, match=f"{name} has 2 classes, not 3"):
        toy(name, 10, 3, RandomState(0))


@pytest.mark.parametrize("name", TOYS)
def test_a_validation_set_leaves_the_weights_and_all_samples_as_they_are(name):
    options = {"source": name, "classes": classes_of(name), "seed": 7}
    whole = build_trainer(Description(**options))
    parts = build_trainer(Description(**options, validation="0.25"))
    assert np.array_equal(whole.network.parameters, parts.network.parameters)
    training, apart = parts.data, parts.data.validation
    assert len(apart.X) == len(whole.data.X) // 4
    assert len(set(np.bincount(apart.y).tolist())) == 1, "it is not stratified"
    both = np.concatenate([training.X, apart.X])
    assert np.array_equal(np.unique(both, axis=0), np.unique(whole.data.X, axis=0))


def test_a_share_that_leaves_nothing_gets_one_line():
    with pytest.raises(DataError, match="leaves no sample for validation"):
        with_validation(toy("spiral", 1, 3, RandomState(0)), 0.5, 0)
