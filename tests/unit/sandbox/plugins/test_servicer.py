"""How differences reach the engine: each by its path, or as the names of the properties."""

from typing import Any
from unittest.mock import Mock

import pytest
from pulumi.runtime.proto import provider_pb2

from sandbox.plugins.diff import Change
from sandbox.plugins.plugin import Difference
from sandbox.plugins.servicer import PluginServicer

TAG = Change(("tags", "a.b"), "update")
PATH = Change(("path",), "update", replaces=True)


def answer(*changes: Change, detailed: bool, **difference: Any) -> provider_pb2.DiffResponse:
    plugin = Mock(**{"diff.return_value": Difference(changes, **difference)})
    servicer = PluginServicer(plugin, "1.0.0", detailed=detailed)
    request = provider_pb2.DiffRequest(urn="urn:pulumi:dev::p::aws:iam/role:Role::r")
    return servicer.Diff(request, Mock())


def test_a_detailed_difference_has_the_path_of_each_change() -> None:
    found = answer(TAG, PATH, detailed=True)
    assert found.hasDetailedDiff
    assert {path: diff.kind for path, diff in found.detailedDiff.items()} == {
        'tags["a.b"]': provider_pb2.PropertyDiff.UPDATE,
        "path": provider_pb2.PropertyDiff.UPDATE_REPLACE,
    }


@pytest.mark.parametrize("detailed", [True, False])
def test_both_forms_have_the_names_of_what_changes_and_of_what_replaces(detailed: bool) -> None:
    found = answer(TAG, PATH, detailed=detailed, delete_before_replace=True)
    assert (list(found.diffs), list(found.replaces)) == (["path", "tags"], ["path"])
    assert found.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert found.deleteBeforeReplace


def test_without_details_the_names_are_all() -> None:
    found = answer(TAG, PATH, detailed=False)
    assert not found.hasDetailedDiff
    assert not found.detailedDiff
