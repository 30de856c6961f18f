"""Leftovers of one module's tests do not reach the next one's."""

import gc
from collections.abc import Iterator

import pytest
from hypothesis import settings

# How long an example takes depends on what else the machine does.
settings.register_profile("default", deadline=None)
settings.load_profile("default")


@pytest.fixture(scope="module", autouse=True)
def collected() -> Iterator[None]:
    """Let go of programs that were refused, with the futures that nobody awaited, when their module is done.

    asyncio logs such a future with its traceback, wherever the collector finds it, and formatting one parses source.
    Inside another `ast.parse` Python 3.11 takes that for a broken interpreter: https://github.com/python/cpython/issues/106905
    """
    yield
    gc.collect()
