import pytest

from tests import oracle


@pytest.fixture(scope="session")
def newest() -> oracle.Oracle:
    """The authenticator whose parsing is that of the newest sources."""
    return oracle.build(oracle.NEWEST)


@pytest.fixture(scope="session")
def authenticators(newest: oracle.Oracle) -> list[oracle.Oracle]:
    """The releases whose readings are compared."""
    return [newest, oracle.build(oracle.SANDBOX)]
