import numpy as np
from sklearn.datasets import make_classification
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss

X, y = make_classification(300, 8, random_state=0)
clf = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.01, random_state=0)
rng = np.random.default_rng(0)
for epoch in range(12):
    for batch in np.array_split(rng.permutation(200), 5):
        clf.partial_fit(X[batch], y[batch], classes=[0, 1])
    proba = clf.predict_proba(X)
    train_loss = log_loss(y[:200], proba[:200])
    val_score = clf.score(X[200:], y[200:])
    print(epoch, train_loss, val_score)
