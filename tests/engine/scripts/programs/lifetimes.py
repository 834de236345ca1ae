class Logger:
    def __init__(self, name): self.name = name
    def __del__(self): print("closed", self.name)


def train(name):
    logger = Logger(name)
    w, lr = 1.0, 0.1
    for epoch, extra in ((Logger(f"{name} {i}"), i) for i in range(3)):
        w -= lr * w
        loss = w * w
        print(extra, loss)
    return w


print(train("first"))
print(train("second"))
