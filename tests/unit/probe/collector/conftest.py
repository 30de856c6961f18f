"""API servers on the loopback interface, for the collector's tests."""

from tests.support.server_fixtures import api, aws, behind, loopback_only

_no_network = loopback_only

__all__ = ["_no_network", "api", "aws", "behind"]
