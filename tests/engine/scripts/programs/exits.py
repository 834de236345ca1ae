import atexit, sys
atexit.register(print, "at exit")
w = 1.0
for epoch in range(10):
    w -= 0.1 * w
    lr = 0.1
    w = w - lr * w
    print(epoch, w)
    if epoch == 4:
        sys.exit(3)
