"""A fake account, with the API servers of its clusters on the loopback interface."""

from collections.abc import Iterator

import pytest

from tests.support.account import FakeAccount, serving
from tests.support.fixtures import _no_settings_of_the_machine
from tests.support.server_fixtures import loopback_only

_no_network = loopback_only

__all__ = ["_no_network", "_no_settings_of_the_machine"]


@pytest.fixture
def account() -> Iterator[FakeAccount]:
    with serving(FakeAccount()) as served:
        yield served
