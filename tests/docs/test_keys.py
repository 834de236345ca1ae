"""The page of keys is written from the tables of keys."""

import re

from docs import keys
from tests.docs.pages import read
from tui.keys import ALL_KEYS


def test_it_is_what_the_tables_give():
    assert read("keys.md") == keys.page(), "write it anew: python docs/keys.py"


def test_each_key_stands_in_it_once():
    names = re.findall(r"\| `([\w.]+)` \|$", read("keys.md"), re.MULTILINE)
    assert sorted(names) == sorted(key.id for key in ALL_KEYS)
