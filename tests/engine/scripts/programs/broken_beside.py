w, lr = 1.0, 0.1
for epoch in range(3):
    w -= lr * w
import broken
