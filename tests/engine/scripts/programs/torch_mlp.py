import torch
from torch import nn

torch.manual_seed(0)
torch.set_num_threads(1)
X = torch.randn(64, 2)
y = (X[:, 0] * X[:, 1] > 0).long()
model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for epoch in range(30):
    for start in range(0, 64, 16):
        optimizer.zero_grad()
        loss = criterion(model(X[start : start + 16]), y[start : start + 16])
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        accuracy = (model(X).argmax(1) == y).float().mean().item()
    if epoch % 10 == 0:
        print(epoch, loss.item(), accuracy)
