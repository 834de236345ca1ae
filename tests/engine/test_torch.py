"""Layers, losses and the optimizer against PyTorch's, where it is installed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import (
    CrossEntropyLoss,
    Dataset,
    Dense,
    EpochMeasured,
    GradientDescent,
    Network,
    ReLU,
    Softmax,
    SoftmaxCrossEntropy,
    Trainer,
)
from tests.docs.test_layers import EXAMPLES

torch = pytest.importorskip("torch")

sizes = {
    "seed": st.integers(0, 1000),
    "samples": st.integers(2, 20),
    "n_in": st.integers(1, 12),
    "n_out": st.integers(2, 12),
}
some = settings(max_examples=20, deadline=None)


def tensor(array):
    return torch.tensor(array, dtype=torch.float64, requires_grad=True)


def compare(layer, function, inputs, weigh, parameters=(), **further):
    """Compare an output and all gradients with those of a function of tensors."""
    theirs, *tensors = (tensor(a) for a in (inputs, *(getattr(layer, n) for n in parameters)))
    output = function(theirs, *tensors)
    (output * torch.tensor(weigh)).sum().backward()
    layer.forward(inputs, **further)
    layer.backward(weigh)
    np.testing.assert_allclose(layer.output, output.detach().numpy(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(layer.dinputs, theirs.grad.numpy(), rtol=1e-7, atol=1e-10)
    for name, found in zip(parameters, tensors, strict=True):
        ours = getattr(layer, f"d{name}")
        np.testing.assert_allclose(ours, found.grad.numpy(), rtol=1e-7, atol=1e-10)


@some
@given(**sizes)
def test_layers(seed, samples, n_in, n_out):
    random = np.random.default_rng(seed)
    inputs = random.standard_normal((samples, n_in))
    weigh = random.standard_normal((samples, n_out))
    dense = Dense(n_in, n_out, np.random.RandomState(seed))
    compare(dense, lambda x, w, b: x @ w + b, inputs, weigh, ("weights", "biases"))
    values = random.standard_normal((samples, n_out))
    compare(ReLU(), torch.relu, values, weigh)
    compare(Softmax(), lambda x: torch.softmax(x, 1), values, weigh)


@some
@given(**sizes)
def test_the_layers_of_the_page(seed, samples, n_in, n_out):
    random = np.random.default_rng(seed)
    values, weigh = random.standard_normal((2, samples, n_out))
    compare(EXAMPLES["Sigmoid"](), torch.sigmoid, values, weigh)

    def batch_norm(x, gamma, beta):
        return torch.nn.functional.batch_norm(x, None, None, gamma[0], beta[0], True, eps=1e-5)

    layer = EXAMPLES["BatchNorm"](n_out)
    layer.gamma, layer.beta = random.standard_normal((2, 1, n_out))
    compare(layer, batch_norm, values, weigh, ("gamma", "beta"), training=True)


@some
@given(**sizes)
def test_losses(seed, samples, n_in, n_out):
    random = np.random.default_rng(seed)
    logits, labels = random.standard_normal((samples, n_out)), random.integers(n_out, size=samples)
    theirs = tensor(logits)
    expected = torch.nn.functional.cross_entropy(theirs, torch.tensor(labels))
    expected.backward()
    loss = SoftmaxCrossEntropy()
    assert loss.forward(logits, labels) == pytest.approx(expected.item(), rel=1e-9)
    loss.backward(loss.output, labels)
    np.testing.assert_allclose(loss.dinputs, theirs.grad.numpy(), rtol=1e-7, atol=1e-10)
    probabilities = loss.output
    theirs = tensor(probabilities)
    expected = torch.nn.functional.nll_loss(torch.log(theirs), torch.tensor(labels))
    expected.backward()
    loss = CrossEntropyLoss()
    assert loss.calculate(probabilities, labels) == pytest.approx(expected.item(), rel=1e-9)
    loss.backward(probabilities, labels)
    np.testing.assert_allclose(loss.dinputs, theirs.grad.numpy(), rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("kernels", [True, False])
def test_a_whole_training(kernels, monkeypatch):
    monkeypatch.setattr(Trainer, "use_kernels", kernels)
    random = np.random.RandomState(3)
    X, y = random.standard_normal((60, 2)), random.randint(3, size=60)
    layers = [Dense(2, 16, random), ReLU(), Dense(16, 3, random)]
    for layer in layers[::2]:
        layer.weights *= 50
    parameters = [tensor(a) for layer in layers[::2] for a in (layer.weights, layer.biases)]
    w1, b1, w2, b2 = parameters
    descent, expected = torch.optim.SGD(parameters, lr=0.5), []
    for _ in range(100):
        descent.zero_grad()
        output = torch.relu(torch.tensor(X) @ w1 + b1) @ w2 + b2
        loss = torch.nn.functional.cross_entropy(output, torch.tensor(y))
        loss.backward()
        descent.step()
        expected.append(loss.item())
    network = Network(layers)
    trainer = Trainer(network, SoftmaxCrossEntropy(), GradientDescent(0.5), Dataset(X, y))
    losses = []
    trainer.observe(EpochMeasured, lambda event: losses.append(event.loss))
    trainer.run(100)
    assert losses == pytest.approx(expected, rel=1e-8)
    assert losses[-1] < losses[0]
