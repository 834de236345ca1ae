import os, time
start = time.time()
w, lr = 1.0, 0.1
for epoch in range(400):
    loss = w * w + (time.perf_counter_ns() % 1000) * 1e-6
    w -= lr * loss
print("took", type(time.time() - start).__name__, os.getpid() > 0)
