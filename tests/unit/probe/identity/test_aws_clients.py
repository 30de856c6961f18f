"""AWS clients are created without what no call needs, and with what every call needs."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.model import ServiceModel

from eks_access_probe.identity.aws_clients import Aws

WITH_CLIENT_PARAMETERS = ["s3", "s3control"]
"""Services that have parameters of their own for clients, which botocore reads with their documentation."""


def load_model(service: str) -> Any:
    return Aws("http://127.0.0.1:9")._loader.load_service_model(service, "service-2")


@pytest.mark.parametrize("service", ["iam", "eks", "sts", *WITH_CLIENT_PARAMETERS])
def test_service_models_are_loaded_without_their_documentation(service: str) -> None:
    model = load_model(service)
    assert model["operations"], "the operations are there"
    assert not any(find_documentation(model))


@pytest.mark.parametrize("service", ["iam", "ec2", "eks-auth", "secretsmanager", "ssm", *WITH_CLIENT_PARAMETERS])
def test_service_models_have_all_that_botocore_reads_of_them(service: str) -> None:
    model = ServiceModel(load_model(service), service)
    assert bool(model.client_context_parameters) is (service in WITH_CLIENT_PARAMETERS)
    operations = [model.operation_model(name) for name in model.operation_names]
    assert all(
        not operation.documentation and operation.static_context_parameters is not None for operation in operations
    )
    assert all(operation.input_shape is None or operation.input_shape.members is not None for operation in operations)


def find_documentation(value: Any) -> Iterator[str]:
    for key, each in value.items() if isinstance(value, dict) else enumerate(value):
        if key == "documentation" and isinstance(each, str):
            yield each
        elif isinstance(each, dict | list):
            yield from find_documentation(each)
