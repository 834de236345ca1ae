import pytest

from engine.data.files import load
from engine.data.options import ReadingOptions


@pytest.fixture
def write(tmp_path):
    """Write a file and return its path."""

    def writer(content, name="rows.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return writer


@pytest.fixture
def read(write):
    """Write a file and load it."""

    def reader(content, name="rows.csv", encoding="utf-8", seed=0, **options):
        return load(write(content, name, encoding), ReadingOptions(**options), seed)

    return reader
