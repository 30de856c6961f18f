"""Concurrent writes to aws-auth: no mapping is lost, and every race has a defined outcome."""

import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

from eks_access.aws_auth import lifecycle
from eks_access.aws_auth.errors import AwsAuthConflictError, Code
from eks_access.aws_auth.mapping import RoleMapping
from eks_access.aws_auth.reader import read
from eks_access.kubernetes.client import FIELD_MANAGER, ApiError
from tests.support.aws_auth_cases import NODE, OURS
from tests.support.aws_auth_store import Store


def mapping(number: int) -> RoleMapping:
    return RoleMapping.of(f"arn:aws:iam::111122223333:role/writer-{number}", f"writer-{number}", ["writers"])


def once(method: str, action: Callable[[], None]) -> Callable[[str], None]:
    """A hook that runs `action` just before the first request with this method is served."""
    pending = [action]

    def before(seen: str) -> None:
        if seen == method and pending:
            pending.pop()()

    return before


def test_a_missing_config_map_is_created_with_our_entry_alone() -> None:
    store = Store()
    assert lifecycle.ensure(store, OURS).changed
    assert read(store.data).roles == {OURS.key: OURS.identity}


def test_a_config_map_that_is_created_concurrently_is_merged_into() -> None:
    store = Store()
    store.before = once("POST", lambda: store.put({"mapRoles": NODE}))
    lifecycle.ensure(store, OURS)
    assert store.data["mapRoles"].startswith(NODE), "the nodes that were mapped meanwhile keep their mapping"
    assert OURS.key in read(store.data).roles


def test_a_concurrent_write_is_read_again_and_kept() -> None:
    store = Store({"mapRoles": NODE})
    store.before = once("PUT", lambda: store.put({"mapRoles": NODE + "- rolearn: other\n  username: o\n"}))
    lifecycle.ensure(store, OURS)
    assert set(read(store.data).roles) >= {"other", OURS.key}
    assert store.requests.count("PUT") == 2


def test_a_config_map_that_is_deleted_between_read_and_write_is_created_again() -> None:
    store = Store({"mapRoles": NODE})
    store.before = once("PUT", lambda: setattr(store, "object", None))
    lifecycle.ensure(store, OURS)
    assert read(store.data).roles == {OURS.key: OURS.identity}


def test_an_entry_that_is_overwritten_at_once_is_written_again() -> None:
    store = Store({"mapRoles": NODE})
    reads: list[str] = []

    def overwrite_before_the_read_back(method: str) -> None:
        reads.append(method)
        if reads == ["GET", "PUT", "GET"]:
            store.put({"mapRoles": NODE})

    store.before = overwrite_before_the_read_back
    lifecycle.ensure(store, OURS)
    assert OURS.key in read(store.data).roles


def test_endless_conflicts_are_an_error_at_the_deadline() -> None:
    store = Store({"mapRoles": NODE})
    store.before = lambda method: store.put({"mapRoles": NODE}) if method == "PUT" else None
    with pytest.raises(lifecycle.WriteConflictError, match=r"within 0\.3 s, because other writers kept changing it"):
        lifecycle.ensure(store, OURS, deadline=0.3)
    assert store.data == {"mapRoles": NODE}


def test_a_mapping_that_is_already_as_wanted_is_not_written_again() -> None:
    store = Store()
    lifecycle.ensure(store, OURS)
    store.requests.clear()
    assert not lifecycle.ensure(store, OURS).changed, "the run before was killed after its write, or nothing changed"
    assert store.requests == ["GET"]


def test_a_preview_returns_the_plan_and_writes_nothing() -> None:
    store = Store({"mapRoles": NODE})
    assert lifecycle.preview(store, OURS).changed
    assert store.requests == ["GET"]
    assert store.data == {"mapRoles": NODE}


def test_removing_restores_the_text_byte_by_byte_and_never_deletes_the_config_map() -> None:
    store = Store({"mapRoles": f"# nodes\n{NODE}# end\n", "other": "kept"})
    lifecycle.ensure(store, OURS)
    assert lifecycle.remove(store, OURS).changed
    assert store.data == {"mapRoles": f"# nodes\n{NODE}# end\n", "other": "kept"}
    assert "DELETE" not in store.requests


def test_removing_a_mapping_that_was_changed_since_leaves_it_with_a_warning() -> None:
    store = Store()
    lifecycle.ensure(store, OURS)
    store.put({"mapRoles": store.data["mapRoles"].replace("vendor-readers", "admins")})
    outcome = lifecycle.remove(store, OURS)
    assert not outcome.changed
    assert "keeps access" in outcome.warnings[0]
    assert read(store.data).roles[OURS.key].groups == ("admins",)


def test_removing_from_a_config_map_that_is_gone_is_no_error() -> None:
    outcome = lifecycle.remove(Store(), OURS)
    assert not outcome.changed
    assert "is gone" in outcome.warnings[0]


def managed_by(manager: str, operation: str = "Update", field: str = "f:mapRoles") -> Store:
    entry = {"manager": manager, "operation": operation, "fieldsV1": {"f:data": {".": {}, field: {}}}}
    return Store({"mapRoles": NODE}, metadata={"managedFields": [entry]})


@pytest.mark.parametrize(
    ("manager", "operation"),
    [
        ("Terraform", "Update"),
        ("HashiCorp", "Update"),
        ("argocd-controller", "Update"),
        ("helm", "Update"),
        ("pulumi-kubernetes", "Update"),
        ("pulumi-resource-kubernetes", "Update"),
        ("pulumi-kubernetes-1a2b3c4d", "Apply"),
        ("kubectl-client-side-apply", "Update"),
        ("kubectl-replace", "Update"),
        ("kubectl-patch", "Update"),
        ("OpenAPI-Generator", "Update"),
        ("a-tool-of-tomorrow", "Update"),
        ("", "Update"),
        ("someone", "Apply"),
        ("eksctl", "Apply"),
        ("kubectl-edit", "Apply"),
    ],
)
def test_a_field_manager_that_is_not_known_to_be_careful_causes_a_warning(manager: str, operation: str) -> None:
    (warning,) = lifecycle.ensure(managed_by(manager, operation), OURS).warnings
    assert f"{manager!r}" in warning
    assert "removes this mapping at its next run" in warning
    assert lifecycle.preview(managed_by(manager, operation), OURS).warnings == (warning,)


@pytest.mark.parametrize(
    "manager",
    ["kubectl-edit", "eksctl", "vpcLambda", "Mozilla", "aws-auth", "aws-iam-authenticator", FIELD_MANAGER],
)
def test_a_writer_that_leaves_the_entries_of_others_causes_no_warning(manager: str) -> None:
    assert lifecycle.ensure(managed_by(manager), OURS).warnings == ()


def test_a_manager_of_another_section_causes_no_warning() -> None:
    assert lifecycle.ensure(managed_by("Terraform", field="f:mapUsers"), OURS).warnings == ()


def test_an_immutable_config_map_is_refused_before_the_write_and_an_ordinary_one_is_not() -> None:
    store = Store({"mapRoles": NODE}, immutable=True)
    with pytest.raises(AwsAuthConflictError) as refused:
        lifecycle.ensure(store, OURS)
    assert refused.value.code is Code.IMMUTABLE
    assert store.requests == ["GET"]
    assert lifecycle.ensure(Store({"mapRoles": NODE}, immutable=False), OURS).changed


# Whose a mapping is.


@pytest.mark.parametrize("status", [500, 503, 504])
def test_a_write_whose_response_is_lost_is_a_change(status: int) -> None:
    """The next attempt finds the mapping as wanted, because this one wrote it."""

    class LosesOneResponse(Store):
        lost = False

        def _serve(self, method: str, path: str, body: Any) -> Any:
            served = super()._serve(method, path, body)
            if method == "PUT" and not self.lost:
                self.lost = True
                raise ApiError(status, "ServerTimeout", "try again")
            return served

    assert lifecycle.ensure(LosesOneResponse({"mapRoles": NODE}), OURS).changed


def test_an_identical_mapping_that_another_writer_was_faster_with_is_no_change() -> None:
    other = Store({"mapRoles": NODE})
    lifecycle.ensure(other, OURS)
    store = Store({"mapRoles": NODE})
    store.before = once("PUT", lambda: store.put(other.data))
    outcome = lifecycle.ensure(store, OURS)
    assert not outcome.changed, "the API server refused our write"
    assert read(store.data).roles[OURS.key] == OURS.identity


@pytest.mark.parametrize(
    "text",
    ["%FOO 1\n---\n" + NODE, "\t- broken", "[]\n" + NODE, f"{NODE}---\n{NODE}", "mapRoles:\n" + NODE],
)
def test_whether_a_role_is_mapped_is_not_known_while_the_section_cannot_be_read(text: str) -> None:
    with pytest.raises(AwsAuthConflictError):
        lifecycle.read_identity(Store({"mapRoles": text}), OURS.rolearn)


@pytest.mark.parametrize("data", [{}, {"mapRoles": ""}, {"mapRoles": NODE}, {"mapRoles": NODE, "mapUsers": "\tx"}])
def test_a_role_that_is_not_in_a_section_that_can_be_read_is_not_mapped(data: dict[str, str]) -> None:
    assert lifecycle.read_identity(Store(data), OURS.rolearn) is None


class Refusing(Store):
    def __init__(self, error: ApiError) -> None:
        super().__init__({"mapRoles": NODE})
        self.error = error

    def _serve(self, method: str, path: str, body: object) -> object:
        if method == "PUT":
            raise self.error
        return super()._serve(method, path, body)


def test_an_object_that_is_too_large_for_the_server_is_a_conflict_with_that_code() -> None:
    error = ApiError(422, "Invalid", "[]: Too long: may not be more than 1048576 bytes")
    with pytest.raises(AwsAuthConflictError, match="too large") as refused:
        lifecycle.ensure(Refusing(error), OURS)
    assert refused.value.code is Code.TOO_LARGE


def test_any_other_error_of_the_server_is_passed_on_unchanged() -> None:
    error = ApiError(403, "Forbidden", 'configmaps "aws-auth" is forbidden: User "jane" cannot update')
    with pytest.raises(ApiError, match='User "jane" cannot update'):
        lifecycle.ensure(Refusing(error), OURS)


def test_ten_concurrent_writers_lose_no_mapping() -> None:
    store = Store({"mapRoles": f"# do not touch\n{NODE}", "mapAccounts": "- 012345670123\n"})
    before = dict(store.data)
    failures: list[BaseException] = []
    ready = threading.Barrier(10)

    def write(number: int) -> None:
        try:
            ready.wait(10)
            for _ in range(3):
                lifecycle.ensure(store, mapping(number))
                assert read(store.data).roles[mapping(number).key] == mapping(number).identity
                lifecycle.remove(store, mapping(number))
            lifecycle.ensure(store, mapping(number))
        except BaseException as failure:
            failures.append(failure)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(10)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert failures == []
    roles = read(store.data).roles
    assert {key: roles[key] for key in map(lambda n: mapping(n).key, range(10))} == {
        mapping(n).key: mapping(n).identity for n in range(10)
    }
    for number in range(10):
        lifecycle.remove(store, mapping(number))
    assert store.data == before, "the text of other mappings is unchanged"


def test_reads_plans_and_retries_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    store = Store({"mapRoles": NODE})
    store.before = once("PUT", lambda: store.put({"mapRoles": NODE}))
    with caplog.at_level(logging.DEBUG, logger="eks_access"):
        lifecycle.ensure(store, OURS)
    assert [record.getMessage() for record in caplog.records if record.name == lifecycle.__name__] == [
        "kube-system/aws-auth at resource version 1: to be written, 0 warnings",
        "retrying aws-auth after attempt 1: 409 Conflict: the object has been modified; please apply your changes",
        "kube-system/aws-auth at resource version 2: to be written, 0 warnings",
    ]
