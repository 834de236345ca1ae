import sys
rate = float(input("rate? "))
w, lr = 1.0, rate
for line in sys.stdin:
    w -= lr * float(line)
    loss = w * w
    print(w)
