"""The explicit state of a training: snapshots, rewinding, replay and checkpoints are made of it."""

from engine.training.state.state import State
from engine.training.state.storage import StateError

__all__ = ["State", "StateError"]
