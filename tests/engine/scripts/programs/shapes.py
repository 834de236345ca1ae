"""Many shapes of code, around and in a loop."""

from __future__ import annotations
from contextlib import contextmanager
import functools, inspect
import numpy as np

__all__ = ["run"]
calls: dict[str, int] = {}


def counted(f):
    @functools.wraps(f)
    def wrapper(*a, **k):
        calls[f.__name__] = calls.get(f.__name__, 0) + 1
        return f(*a, **k)
    return wrapper


@contextmanager
def section(name):
    """Announce."""
    try:
        yield name
    finally:
        calls[name] = -calls.get(name, 0)


class Meta(type):
    def __new__(mcls, name, bases, ns, **kw):
        ns["made"] = sorted(k for k in ns if not k.startswith("_"))
        return super().__new__(mcls, name, bases, ns)


class Linear(metaclass=Meta):
    """A line."""
    slope: float = 0.0
    if True:
        bias = 0.0
    for _i in range(2):
        bias += 0.25

    def __private(self): return self.slope

    @property
    def both(self):
        "A docstring."
        return self.__private(), self.bias

    @staticmethod
    @counted
    def predict(m, x): return m.slope * x + m.bias

    @counted
    def step(self, x, y, lr):
        global last
        e = self.predict(self, x) - y
        last = e
        def inner():
            nonlocal e
            e *= 2
            return (lambda z: z * e)(lr)
        self.slope -= inner() * x; self.bias -= lr * e
        return last ** 2


def stream(n):
    received = 0
    for i in range(n):
        got = yield i / n
        received += got or 0
    return received


def pairs(n):
    total = yield from stream(n)
    assert total == 0


def run(model):
    losses = []
    for epoch, rate in enumerate([0.1] * 20 + [0.05] * 20):
        with section("epoch") as name, section("again"):
            loss = sum(model.step(x, 2 * x + 1, rate) for x in pairs(8))
            if (n := len(losses)) and n % 10 == 0:
                print(n, f"{loss!r:>30}", [round(v, 3) for v in losses if v < 1][-2:])
            losses.append(loss)
            match epoch % 3:
                case 0 if loss > 1e9:
                    return "diverged"
                case 0 | 1:
                    pass
                case _:
                    try:
                        assert epoch < 38, name
                    except AssertionError as e:
                        print("stopped", e)
                        return losses
    else:
        print("not here")


m = Linear()
out = run(m)
print(len(out), m.both, m.made, calls, last)
print(inspect.getsource(stream).splitlines()[0], run.__doc__, Linear.step.__name__, section.__doc__)
print(Linear.both.__doc__, run.__code__.co_firstlineno, __doc__.strip())
