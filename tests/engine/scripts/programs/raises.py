import numpy as np


class Net:
    def __init__(self):
        self.w = np.ones(3)

    def backward(self, epoch):
        if epoch == 7:
            try:
                self.w @ np.ones(4)
            except ValueError as error:
                raise RuntimeError("the shapes do not fit:"
                                   f" epoch {epoch}") from error
        self.w *= 0.9


def train(net):
    for epoch in range(10):
        net.backward(epoch)
        loss = net.w.sum()
        print(epoch, loss)


train(
    Net()
)
