"""A person's own file runs as with ``python FILE.py``, without a screen and in a worker."""

import pytest

from engine.protocol import events
from tests.command import nntui
from tests.engine.own_files.conftest import DATA, TRAINER


def test_a_file_finds_its_own_arguments_only(own, tmp_path):
    text = DATA + "import sys; print('argv', sys.argv)\n" + TRAINER
    done, _ = own(text, "--epochs", 2, "--", "--rate", "0.1", "x")
    assert done.returncode == 0
    assert f"argv {[str(tmp_path / 'mine.py'), '--rate', '0.1', 'x']}" in done.stderr
    assert "argv ['" + str(tmp_path / "mine.py") + "']" in own(text)[0].stderr


def test_arguments_after_a_source_that_takes_none_are_refused():
    done = nntui("spiral", "--headless", "--", "--rate")
    assert (done.returncode, done.stderr) == (2, "nntui: only a FILE.py takes arguments: --rate\n")


def test_arguments_are_the_same_when_the_run_is_replayed(own):
    text = DATA + TRAINER.replace("0.5", "float(sys.argv[1])").replace("\nt", "\nimport sys\nt", 1)
    _, lines = own(text, "--name", "mine", "--", "0.25")
    assert lines[0]["learning_rate"] == 0.25
    again = nntui("replay", "mine")
    assert again.stdout == "main: 30 epochs and the state\nidentical\n"


def test_a_file_is_run_as_the_main_module_from_its_own_folder(own, tmp_path):
    (tmp_path / "selectors_of_mine.py").write_text("number = 30")
    main = "\nif __name__ == '__main__':\n    import selectors_of_mine" + TRAINER.replace(
        "\n", "\n    "
    )
    done, lines = own(DATA + main)
    assert (done.returncode, lines[-1]["status"]) == (0, "completed")


def test_a_file_whose_ending_is_in_capitals_runs(own):
    done, lines = own(DATA + TRAINER, name="UPPER.PY")
    assert (done.returncode, lines[-1]["status"]) == (0, "completed")


def test_what_a_file_prints_is_not_among_the_json_lines(own):
    noisy = "print('rows'); import os; os.system('echo from a shell')\n"
    callback = "trainer.subscribe(events.EpochMeasured, lambda e: print('epoch over'))\n"
    done, lines = own(DATA + noisy + TRAINER + "from engine.protocol import events\n" + callback)
    assert [line["type"] for line in lines] == ["run", *["epoch"] * 30, "end"]
    for printed in ("rows", "from a shell", "epoch over"):
        assert printed in done.stderr


ASKS = "name = input('Learning rate? ')\n"


def test_a_file_that_asks_gets_an_end_of_file_error_without_a_screen(own):
    done, _ = own(ASKS, input="0.1\n")
    assert done.returncode == 2
    assert ASKS.strip() in done.stderr
    assert "EOFError" in done.stderr
    assert "pass values as arguments, after --" in done.stderr


def test_a_file_that_asks_gets_an_end_of_file_error_in_a_worker(watched):
    failed = watched(ASKS).until(lambda event: isinstance(event, events.Failed))
    assert ASKS.strip() in failed.message
    assert "EOFError" in failed.message


def test_what_a_file_starts_without_a_screen_finds_standard_input_empty(own):
    text = "import subprocess; subprocess.run(['cat'])\n" + DATA + TRAINER
    done, lines = own(text, input="typed\n")
    assert lines[-1]["status"] == "completed"
    assert "typed" not in done.stderr


def test_what_a_file_starts_in_a_worker_finds_standard_input_empty(watched):
    client = watched("import subprocess; subprocess.run(['cat'])\n" + DATA + TRAINER)
    assert client.frame(lambda frame: frame.status == "completed").epoch == 29


def test_the_seed_that_was_drawn_is_shown_and_gives_the_same_run(own):
    text = "import random\n" + DATA + "print('random', random.random())" + TRAINER
    first, lines = own(text)
    again, same = own(text, "--seed", lines[0]["seed"])
    other, others = own(text)
    assert [line.get("loss") for line in lines] == [line.get("loss") for line in same]
    assert first.stderr == again.stderr != other.stderr
    assert others[0]["seed"] != lines[0]["seed"]


def test_a_seed_that_the_file_gives_its_trainer_is_shown(own):
    _, lines = own(DATA + TRAINER.replace("epochs=30", "epochs=30, seed=5"), "--seed", 7)
    assert lines[0]["seed"] == 5


LOSS = """
class Square:
    def forward(self, y_pred, y_true):
        self.targets = np.eye(y_pred.shape[1])[y_true]
        return np.mean((y_pred - self.targets) ** 2)
    def backward(self, dvalues, y_true):
        self.dinputs = 2 * (dvalues - self.targets) / dvalues.size
"""


DECAY = """
class Decay:
    learning_rate = np.float64(1)
    def update_parameters(self, layer):
        self.learning_rate = self.learning_rate * np.float64(0.99)
        layer.weights -= self.learning_rate * layer.dweights
        layer.biases -= self.learning_rate * layer.dbiases
"""

NUMPY = {
    "loss": DATA + LOSS + TRAINER.replace("SoftmaxCrossEntropy()", "Square()"),
    "rate": DATA + DECAY + TRAINER.replace("GradientDescent(0.5)", "Decay()"),
    "numbers": DATA
    + TRAINER.replace("30", "np.int64(30), seed=np.uint32(3), batch_size=np.float64(50)"),
}


@pytest.mark.parametrize("kind", NUMPY)
def test_numpy_scalars_are_taken_wherever_a_number_is_meant(own, watched, kind):
    frame = watched(NUMPY[kind]).frame(lambda frame: frame.status == "completed")
    assert frame.epoch == 29
    done, lines = own(NUMPY[kind])
    assert (done.returncode, lines[-1]["status"], len(lines)) == (0, "completed", 32)
