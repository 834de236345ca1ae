w, lr = 1.0, 0.1
for epoch in range(10):
    w -= lr * w
    if epoch == 4:
        raise SystemExit("not today: ä")
