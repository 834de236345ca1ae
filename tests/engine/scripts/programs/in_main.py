#!/usr/bin/env python
"""A loop in main(), with arguments and a module beside it."""
from __future__ import annotations

import argparse
import random
import sys

import helper
from engine import Neuron  # the person's own


def train_one_epoch(neuron: Neuron, data, lr):
    total = 0.0
    for x, target in data:
        error = neuron(x) - target
        total += error**2
        neuron.update_weights(x, error, lr)
    return total / len(data)


def evaluate(neuron, data):
    for x, target in data:
        yield (neuron(x) > 0.5) == (target > 0.5)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--lr", type=float, default=0.1)
    args = parser.parse_args()
    random.seed(3)
    data = helper.make(40)
    neuron = Neuron(2)
    best = None
    for epoch in range(args.epochs):
        random.shuffle(data)
        loss = train_one_epoch(neuron, data, args.lr)
        hits = list(evaluate(neuron, data))
        acc = sum(hits) / len(hits)
        if best is None or loss < best:
            best = loss
            print(epoch, f"{loss:.17g} {acc:.3f}", end="\r\n")
        else:
            print("no better", file=sys.stderr)
    return 0 if best < 1 else 2


if __name__ == "__main__":
    sys.exit(main())
