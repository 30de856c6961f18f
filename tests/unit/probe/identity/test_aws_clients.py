"""AWS clients are created without what no call needs."""

from typing import Any

import pytest

from eks_access_probe.identity.aws_clients import Aws


@pytest.mark.parametrize("service", ["iam", "eks", "sts"])
def test_service_models_are_loaded_without_their_documentation(service: str) -> None:
    model = Aws("http://127.0.0.1:9")._loader.load_service_model(service, "service-2")
    assert model["operations"], "the operations are there"
    assert not list(_documentation(model))


def _documentation(value: Any) -> Any:
    for key, each in value.items() if isinstance(value, dict) else enumerate(value):
        if key == "documentation" and isinstance(each, str):
            yield each
        elif isinstance(each, dict | list):
            yield from _documentation(each)
