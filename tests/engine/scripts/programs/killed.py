import os, signal, sys
w, lr = 1.0, 0.1
for epoch in range(10):
    w -= lr * w
    print(w); sys.stdout.flush()
    if epoch == 4:
        os.kill(os.getpid(), signal.SIGKILL)
