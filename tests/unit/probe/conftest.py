"""The fake AWS and clusters that these tests run against."""

from tests.support.fixtures import (
    _no_network,
    _no_settings_of_the_machine,
    _one_loader,
    certificate_authority,
    manifest_file,
    world,
)

__all__ = [
    "_no_network",
    "_no_settings_of_the_machine",
    "_one_loader",
    "certificate_authority",
    "manifest_file",
    "world",
]
