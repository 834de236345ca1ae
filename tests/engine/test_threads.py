"""Small products stay on one thread."""

import pytest
from threadpoolctl import threadpool_info

from engine.service.build import build_trainer
from engine.service.description import Description
from engine.service.threads import limit_threads


def threads():
    return max((i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"), default=1)


@pytest.mark.parametrize(("options", "one"), [({}, True), ({"hidden": (64, 32)}, False)])
def test_only_large_products_take_all_threads(options, one):
    before = threads()
    with limit_threads(build_trainer(Description(**options))):
        assert threads() == (1 if one else before)
    assert threads() == before
