import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context

def square(x):
    y = x * x
    return y

if __name__ == "__main__":
    w, lr = 1.0, 0.1
    with get_context("fork").Pool(2) as pool, ThreadPoolExecutor(1) as threads:
        for epoch in range(6):
            losses = pool.map(square, [w, w / 2])
            losses += threads.map(square, [w])
            w -= lr * sum(losses)
            print(epoch, w)
