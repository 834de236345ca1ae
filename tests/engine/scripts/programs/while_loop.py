"""A while loop that is left early, within try and finally."""
import numpy as np

rng = np.random.RandomState(5)
X = rng.rand(50, 4); true = np.array([1., -2., 3., .5]); y = X @ true
w, lr, epoch = np.zeros(4), 0.5, 0
try:
    while True:
        if epoch > 500:
            raise RuntimeError("too long")
        grad = 2 * X.T @ (X @ w - y) / len(y)
        w -= lr * grad
        mse = np.mean((X @ w - y) ** 2)
        epoch += 1
        if epoch % 10 == 0: print(epoch, mse)
        if mse < 1e-2:
            break
        else:
            continue
    else:
        print("never")
finally:
    print("done", epoch)
for k in range(3):
    try:
        if k == 1: continue
        print(k)
    finally:
        print("after", k)
print(w)
