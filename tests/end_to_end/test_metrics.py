"""A person's own metric on a real screen."""

import pytest

MINE = """
import numpy as np
from engine import Dataset, Dense, GradientDescent, Network, ReLU, SoftmaxCrossEntropy, Trainer

random = np.random.default_rng(0)
X = random.uniform(-1, 1, (40, 2))
y = (X[:, 0] * X[:, 1] > 0).astype(int)
network = Network([Dense(2, 8), ReLU(), Dense(8, 2)])
trainer = Trainer(
    network, SoftmaxCrossEntropy(), GradientDescent(0.5), Dataset(X, y), epochs=2000
)
trainer.metric("margin", lambda t: abs(t.probabilities[:, 0] - 0.5).mean(), direction="more")
"""


@pytest.mark.parametrize("size", [(120, 35), (200, 50)])
def test_its_chart_is_below_the_others_where_there_is_room(start, tmp_path, size):
    (tmp_path / "mine.py").write_text(MINE)
    t = start(str(tmp_path / "mine.py"), size=size)
    t.until("runs the same weights")
    found = t.until(r"margin (0\.\d{4})")
    assert float(found[1]) > 0.1
    t.until(r"(?s)─ loss .*\n.*─ margin .*[\u2801-\u28ff]{9}")
    t.press("b", *"margin<0.1", "enter")
    t.until(r"1 +margin<0\.1")
    t.press("escape")
    t.until("stop where", gone=True)
    t.press("C")
    t.until(r"breakpoint 1: margin<0\.1")
    assert float(t.until(r"margin (0\.\d{4})")[1]) <= 0.1
    t.press("q")
    assert t.wait() == 0


def test_a_small_screen_has_no_room_for_it(start, tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    t = start(str(tmp_path / "mine.py"), size=(80, 24))
    t.until("runs the same weights")
    assert "margin" not in t.text()
    t.press("2")
    t.until(r"margin 0\.\d{4}")
    t.press("q")
    assert t.wait() == 0
