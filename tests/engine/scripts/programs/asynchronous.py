import asyncio
import numpy as np


async def batches(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield np.random.default_rng(i).random(8)


async def train():
    w = 0.0
    for epoch in range(10):
        async for x in batches(3):
            grad = np.mean(2 * (w * x - 3 * x) * x)
            w -= 0.3 * grad if epoch else 0.1 * grad
            learning_rate = 0.1
            w = w - learning_rate * grad
        loss = (w - 3) ** 2
        print(epoch, loss)
    async with asyncio.timeout(5):
        return w


print(asyncio.run(train()))
