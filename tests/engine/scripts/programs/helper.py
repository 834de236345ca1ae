import random


def make(n):
    """Points above a line."""
    points = []
    for _ in range(n):
        a, b = random.random(), random.random()
        points.append(((a, b), float(a + b > 1)))
    return points
