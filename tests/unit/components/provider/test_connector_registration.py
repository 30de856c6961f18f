"""The operations of `ConnectorRegistration` as the engine calls them, without an engine."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import (
    CheckRequest,
    CreateRequest,
    DeleteRequest,
    DiffRequest,
    DiffResponse,
    ReadRequest,
    ReadResponse,
    UpdateRequest,
)

from eks_access.connector.session import Settings
from eks_access.connector.validation import validate_region
from eks_access.provider.errors import ProviderError
from eks_access.provider.resources.connector_registration import TOKEN, ConnectorRegistrations
from eks_access.provider.values import UNKNOWN, unwrap, wrap
from tests.support.connector_eks import NOW, Aws, refusal

URN = f"urn:pulumi:dev::p::{TOKEN}::onprem"
ID = "us-east-1/onprem"
INPUTS = {
    "name": "onprem",
    "roleArn": "arn:aws:iam::111122223333:role/agent",
    "clusterProvider": "OTHER",
    "region": "us-east-1",
    "tags": {"team": "a"},
    "endpoint": "http://127.0.0.1:1",
}


def properties(values: dict[str, Any]) -> dict[str, PropertyValue]:
    return {name: wrap(value) for name, value in values.items() if value is not None}


class Stack:
    """A stack with one registration: its inputs and state, and the calls that the engine would make."""

    def __init__(self) -> None:
        self.aws = Aws()
        self.now: datetime = NOW
        self.settings: list[Settings] = []
        self.warnings: list[str] = []
        self.handler = ConnectorRegistrations(
            lambda _, message: self.warnings.append(message),
            self._connect,
            now=lambda: self.now,
            sleep=lambda _: None,
        )
        self.inputs: dict[str, PropertyValue] = {}
        self.state: dict[str, PropertyValue] = {}

    def _connect(self, settings: Settings) -> Aws:
        self.settings.append(settings)
        return self.aws

    def check(self, **changes: Any) -> Any:
        return self.handler.check(CheckRequest(URN, {}, properties({**INPUTS, **changes}), b""))

    def create(self, preview: bool = False, **changes: Any) -> str | None:
        self.inputs = properties({**INPUTS, **changes})
        created = self.handler.create(CreateRequest(URN, self.inputs, 0, preview))
        self.state = created.properties or {}
        return created.resource_id

    def diff(self, **changes: Any) -> DiffResponse:
        return self.handler.diff(DiffRequest(URN, ID, self.state, properties({**INPUTS, **changes}), []))

    def refresh(self) -> ReadResponse:
        read = self.handler.read(ReadRequest(URN, ID, self.state, self.inputs))
        self.state, self.inputs = read.properties or {}, read.inputs or {}
        return read

    def code(self) -> PropertyValue | None:
        return self.state.get("activationCode")


@pytest.fixture
def stack() -> Stack:
    return Stack()


@pytest.mark.parametrize(
    ("changes", "name", "problem"),
    [
        ({"name": "prod.example.com"}, "name", "use hyphens"),
        ({"name": "-x"}, "name", "not a name"),
        ({"name": "x" * 101}, "name", "1 to 100"),
        ({"clusterProvider": "KOPS"}, "clusterProvider", "EKS_ANYWHERE, ANTHOS"),
        ({"roleArn": "arn:aws:iam::111122223333:user/jane"}, "roleArn", "IAM role"),
        ({"region": "moon"}, "region", "not an AWS region"),
        ({"region": None}, "region", "is required"),
        ({"tags": {"aws:x": "y"}}, "tags", "reserves"),
        ({"tags": {f"k{i}": "v" for i in range(51)}}, "tags", "limit of 50"),
        ({"limit": 0}, "limit", "whole number"),
        ({"account": "1"}, "account", "12 digits"),
        ({"cluster": "x"}, "cluster", "not a property"),
        ({"endpoint": "localhost"}, "endpoint", "URL"),
        ({"endpoint": "http://eks.example.com"}, "endpoint", "http:// URL of another machine"),
        ({"endpoint": "http://localhost.example.com"}, "endpoint", "http:// URL of another machine"),
        ({"endpoint": "http://127.0.0.1@example.com"}, "endpoint", "user, password or query"),
        ({"endpoint": "https://me:hunter2@eks.example.com"}, "endpoint", "user, password or query"),
        ({"ensureServiceLinkedRole": "yes"}, "ensureServiceLinkedRole", "true or false"),
    ],
)
def test_an_invalid_input_is_a_failure_with_its_name_and_problem(
    stack: Stack, changes: dict[str, Any], name: str, problem: str
) -> None:
    (failure,) = stack.check(**changes).failures
    assert failure.property == name
    assert problem in failure.reason
    assert "hunter2" not in failure.reason


@pytest.mark.parametrize(
    "endpoint", ["https://eks.eu-west-1.amazonaws.com", "http://127.0.0.1:4566", "http://localhost"]
)
def test_requests_are_readable_on_this_machine_alone(stack: Stack, endpoint: str) -> None:
    assert not stack.check(endpoint=endpoint).failures


def test_valid_and_unknown_inputs_are_accepted(stack: Stack) -> None:
    assert stack.check().failures == []
    assert stack.check(name="x" * 100, limit=25, account="111122223333").failures == []
    assert stack.check(roleArn=UNKNOWN, tags={"a": UNKNOWN}).failures == []


def test_creating_registers_and_keeps_the_code_as_a_secret(stack: Stack) -> None:
    assert stack.create() == ID
    code = stack.code()
    assert code is not None
    assert (code.value, code.is_secret) == ("hunter1", True)
    assert unwrap(stack.state["activationId"]) == "activation-1"
    assert unwrap(stack.state["activationExpiry"]) == (NOW + timedelta(days=3)).isoformat()
    assert stack.aws.eks.connected["onprem"]["tags"] == {"team": "a"}


def test_every_call_uses_the_endpoint_profile_and_account_of_the_inputs(stack: Stack) -> None:
    stack.create(profile="ops", account="111122223333")
    stack.refresh()
    wanted = Settings("us-east-1", "http://127.0.0.1:1", "ops", "111122223333")
    assert set(stack.settings) == {wanted}


def test_a_preview_registers_nothing_and_reports_what_would_be_refused(stack: Stack) -> None:
    assert stack.create(preview=True, roleArn=UNKNOWN) is None
    assert "register" not in stack.aws.eks.calls
    assert unwrap(stack.state["activationCode"]) is UNKNOWN
    with pytest.raises(ProviderError, match="is the name of an EKS cluster"):
        stack.create(preview=True, name="an-eks-cluster")


def test_a_preview_without_permissions_is_only_a_warning(stack: Stack) -> None:
    stack.aws.eks.fails["list"] = [refusal("AccessDeniedException")]
    stack.create(preview=True)
    assert "not checked" in stack.warnings[0]


def test_a_refresh_keeps_the_code_and_updates_the_status(stack: Stack) -> None:
    stack.create()
    stack.aws.eks.connected["onprem"]["status"] = "ACTIVE"
    stack.refresh()
    code = stack.code()
    assert code is not None
    assert (code.value, code.is_secret) == ("hunter1", True)
    assert unwrap(stack.state["status"]) == "ACTIVE"
    assert stack.diff().changes is False


def test_a_refresh_finds_changed_tags_and_a_deleted_registration(stack: Stack) -> None:
    stack.create()
    stack.aws.eks.connected["onprem"]["tags"]["team"] = "b"
    stack.refresh()
    assert unwrap(stack.inputs["tags"]) == {"team": "b"}
    assert stack.diff().diffs == ["tags"]
    del stack.aws.eks.connected["onprem"]
    assert not stack.refresh().resource_id


def test_an_import_has_everything_but_the_code(stack: Stack) -> None:
    stack.create()
    stack.aws.eks.connected["onprem"]["status"] = "ACTIVE"
    stack.state, stack.inputs = {}, {}
    stack.refresh()
    assert {name: unwrap(value) for name, value in stack.inputs.items()} == {
        name: value for name, value in INPUTS.items() if name != "endpoint"
    }
    assert stack.code() is None
    assert stack.diff().changes is False, "it is connected, so the code is not needed"


def test_an_import_that_can_no_longer_connect_is_replaced(stack: Stack) -> None:
    stack.create()
    stack.state, stack.inputs = {}, {}
    stack.refresh()
    assert stack.diff().replaces == ["activationExpiry"], "not connected, and its code is not known"


@pytest.mark.parametrize("malformed", ["onprem", "us-east-1/"])
def test_a_malformed_id_is_refused_with_the_expected_form(stack: Stack, malformed: str) -> None:
    with pytest.raises(ProviderError, match="<region>/<name>"):
        stack.handler.read(ReadRequest(URN, malformed, {}, {}))


@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-east-1", "us-isob-east-1", "eusc-de-east-1", "cn-north-1"])
def test_regions_of_every_partition_are_taken(region: str) -> None:
    validate_region("region", region)


@pytest.mark.parametrize("name", ["name", "roleArn", "clusterProvider", "region"])
def test_an_input_that_eks_cannot_change_replaces_the_registration_deleting_it_first(stack: Stack, name: str) -> None:
    stack.create()
    response = stack.diff(**{name: "another"})
    assert response.replaces == [name]
    assert response.delete_before_replace, "the name is free only then"


def test_access_to_aws_and_the_limit_are_no_difference(stack: Stack) -> None:
    stack.create()
    assert stack.diff(endpoint="http://127.0.0.1:2", profile="x", limit=20).changes is False


def test_tags_are_changed_in_place(stack: Stack) -> None:
    stack.create()
    news = properties({**INPUTS, "tags": {"team": "b"}})
    updated = stack.handler.update(UpdateRequest(URN, ID, stack.state, news, 0, [], False)).properties or {}
    assert stack.aws.eks.connected["onprem"]["tags"] == {"team": "b"}
    assert updated["activationCode"].is_secret, "an update keeps the code"


def test_an_activation_that_expired_unused_is_replaced(stack: Stack) -> None:
    stack.create()
    stack.now = NOW + timedelta(days=2)
    assert stack.diff().changes is False
    stack.now = NOW + timedelta(days=4)
    assert stack.diff().replaces == ["activationExpiry"]


def test_an_activation_that_was_used_since_the_last_refresh_is_kept(stack: Stack) -> None:
    stack.create()
    stack.now = NOW + timedelta(days=4)
    stack.aws.eks.connected["onprem"]["status"] = "ACTIVE"
    assert stack.diff().changes is False, "the status in the state is CREATING, but EKS is called"


def test_a_failed_registration_is_replaced_before_its_activation_expires(stack: Stack) -> None:
    stack.create()
    stack.aws.eks.connected["onprem"]["status"] = "FAILED"
    stack.refresh()
    assert stack.diff().replaces == ["activationExpiry"]


def test_the_code_of_another_activation_is_dropped(stack: Stack) -> None:
    stack.create()
    stack.aws.eks.connected["onprem"]["connectorConfig"]["activationId"] = "another-activation"
    stack.refresh()
    assert stack.code() is None
    assert stack.diff().replaces == ["activationExpiry"]


def test_destroying_deregisters_and_is_idempotent(stack: Stack) -> None:
    stack.create()
    for _ in range(2):
        stack.handler.delete(DeleteRequest(URN, ID, stack.state, 0))
    assert stack.aws.eks.connected == {}


def test_a_refusal_of_aws_is_reported_with_the_cluster_and_advice(stack: Stack) -> None:
    stack.aws.eks.fails["register"] = [refusal("ResourceLimitExceededException", "limit exceeded")]
    with pytest.raises(ProviderError, match=r"connected cluster 'onprem': .*limit exceeded.*Service Quotas"):
        stack.create()


def test_a_connected_registration_is_taken_over_with_adopt_and_refused_without() -> None:
    stack = Stack()
    stack.create()
    stack.aws.eks.connected["onprem"]["status"] = "ACTIVE"
    stack.aws.eks.connected["onprem"]["tags"] = {"theirs": "x"}
    stack.aws.eks.calls.clear()
    with pytest.raises(ProviderError, match="Import it with the id"):
        stack.create(preview=True)
    stack.create(preview=True, adopt=True)
    assert stack.create(adopt=True) == ID
    assert "register" not in stack.aws.eks.calls
    assert unwrap(stack.state["activationId"]) == "activation-1"
    assert stack.code() is None, "it is not known"
    assert stack.aws.eks.connected["onprem"]["tags"] == {"theirs": "x", "team": "a"}
    assert not stack.diff().changes
    assert not stack.diff(adopt=True).changes


def test_with_adopt_a_cluster_that_is_not_registered_is_registered() -> None:
    stack = Stack()
    stack.create(preview=True, adopt=True)
    assert stack.create(adopt=True) == ID
    assert stack.code() is not None


def test_a_registration_that_is_not_connected_is_not_taken_over() -> None:
    stack = Stack()
    stack.create()
    for preview in (True, False):
        with pytest.raises(ProviderError, match="its activation code is not known"):
            stack.create(preview=preview, adopt=True)
