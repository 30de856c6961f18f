"""The search for cycles is off only for as long as it is not wanted."""

import gc

import pytest

from eks_access_probe.collector.interpreter import set_for_long_lists


@pytest.mark.parametrize("was_on", [True, False])
def test_the_search_for_cycles_is_afterwards_as_it_was_also_after_an_error(was_on: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if was_on else gc.disable)()
        with pytest.raises(KeyboardInterrupt):
            _interrupted()
        assert gc.isenabled() is was_on
    finally:
        (gc.enable if before else gc.disable)()


def _interrupted() -> None:
    with set_for_long_lists():
        assert not gc.isenabled(), "off while it is not wanted"
        raise KeyboardInterrupt
