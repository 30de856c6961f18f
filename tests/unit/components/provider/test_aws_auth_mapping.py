"""The operations of `AwsAuthMapping` as the engine calls them, without an engine."""

import json
from typing import Any

import pytest
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import (
    CheckRequest,
    CheckResponse,
    CreateRequest,
    DeleteRequest,
    DiffRequest,
    DiffResponse,
    ReadRequest,
    UpdateRequest,
)

from eks_access.aws_auth.reader import read
from eks_access.kubernetes.client import ApiError, UnreachableError
from eks_access.provider.errors import NotAvailableError, ProviderError
from eks_access.provider.resources.aws_auth_inputs import INPUTS
from eks_access.provider.resources.aws_auth_mapping import TOKEN, AwsAuthMappings
from eks_access.provider.resources.in_cluster import DELETE_UNREACHABLE
from eks_access.provider.values import UNKNOWN, unwrap, wrap
from tests.support.aws_auth_cases import NODE
from tests.support.aws_auth_store import Store

URN = f"urn:pulumi:dev::project::{TOKEN}::vendor"
ROLE = "arn:aws:iam::999988887777:role/vendors/Reader"
STRIPPED = "arn:aws:iam::999988887777:role/Reader"
ID = f"dev/{STRIPPED}"


def kubeconfig(server: str = "https://cluster", **user: Any) -> str:
    user = user or {"exec": {"command": "eks-access", "args": ["token"]}}
    return json.dumps(
        {
            "clusters": [{"name": "c", "cluster": {"server": server, "certificate-authority-data": "Y2E="}}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
    )


def build_inputs(**changes: Any) -> dict[str, PropertyValue]:
    values = {
        "kubeconfig": kubeconfig(),
        "clusterName": "dev",
        "roleArn": ROLE,
        "username": "vendor:{{SessionName}}",
        "groups": ["vendor-readers"],
        "adopt": False,
        **changes,
    }
    return {name: wrap(value) for name, value in values.items() if value is not None}


class Stack:
    """A stack with one resource: its inputs and state, and the calls that the engine would make."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.warnings: list[str] = []
        self.connected: list[str] = []
        self.handler = AwsAuthMappings(self._warn, self._connect)
        self.state: dict[str, PropertyValue] = {}
        self.inputs: dict[str, PropertyValue] = {}

    def _warn(self, urn: str, message: str) -> None:
        assert urn == URN
        self.warnings.append(message)

    def _connect(self, text: str) -> Store:
        self.connected.append(text)
        return self.store

    def check(self, **changes: Any) -> CheckResponse:
        return self.handler.check(CheckRequest(URN, {}, build_inputs(**changes), b""))

    def create(self, preview: bool = False, **changes: Any) -> str | None:
        response = self.handler.create(CreateRequest(URN, build_inputs(**changes), 0, preview))
        self.state, self.inputs = dict(response.properties), build_inputs(**changes)
        return response.resource_id

    def diff(self, ignored: tuple[str, ...] = (), **changes: Any) -> DiffResponse:
        return self.handler.diff(DiffRequest(URN, ID, self.state, build_inputs(**changes), list(ignored)))

    def update(self, preview: bool = False, **changes: Any) -> None:
        request = UpdateRequest(URN, ID, self.state, build_inputs(**changes), 0, [], preview)
        self.state = dict(self.handler.update(request).properties)

    def refresh(self) -> bool:
        response = self.handler.read(ReadRequest(URN, ID, self.state, self.inputs))
        if not response.resource_id:
            return False
        self.state, self.inputs = dict(response.properties), dict(response.inputs)
        return True

    def delete(self) -> None:
        self.handler.delete(DeleteRequest(URN, ID, self.state, 0))

    def change_elsewhere(self, old: str, new: str) -> None:
        assert old in self.store.data["mapRoles"]
        self.store.put({"mapRoles": self.store.data["mapRoles"].replace(old, new)})


@pytest.fixture
def stack() -> Stack:
    return Stack(Store({"mapRoles": NODE}))


# check


def test_valid_inputs_are_kept_as_they_are(stack: Stack) -> None:
    response = stack.check(groups=None, adopt=None)
    assert response.failures == []
    assert response.inputs is not None
    assert unwrap(response.inputs["groups"]) == []
    assert unwrap(response.inputs["adopt"]) is False
    assert unwrap(response.inputs["roleArn"]) == ROLE, "state shows what the user wrote"


@pytest.mark.parametrize(
    ("changes", "name", "problem"),
    [
        ({"role_arn": "x"}, "role_arn", "not a property of AwsAuthMapping"),
        ({"username": None}, "username", "is required"),
        ({"username": ""}, "username", "non-empty"),
        ({"username": "system:admin"}, "username", "system:"),
        ({"roleArn": "arn:aws:iam::999988887777:user/jane"}, "roleArn", "only IAM roles"),
        ({"groups": "readers"}, "groups", "not a list"),
        ({"groups": [1.0]}, "groups", "not a group's name"),
        ({"groups": ["{{SessionName}}"]}, "groups", "template"),
        ({"adopt": "yes"}, "adopt", "not true or false"),
        ({"clusterName": "a/b"}, "clusterName", "no '/'"),
        ({"kubeconfig": "token: hunter2"}, "kubeconfig", "not a kubeconfig"),
    ],
)
def test_an_invalid_input_is_a_failure_with_its_name_and_problem(
    stack: Stack, changes: dict[str, Any], name: str, problem: str
) -> None:
    (failure,) = stack.check(**changes).failures or []
    assert failure.property == name
    assert problem in failure.reason
    assert "hunter2" not in failure.reason, "a kubeconfig is never repeated"


def test_unknown_values_are_not_validated(stack: Stack) -> None:
    assert stack.check(roleArn=UNKNOWN, kubeconfig=UNKNOWN, groups=["readers", UNKNOWN]).failures == []


@pytest.mark.parametrize(
    ("user", "secret"),
    [
        ({"token": "hunter2"}, True),
        ({"client-certificate-data": "Yw==", "client-key-data": "aw=="}, True),
        ({"exec": {"command": "x", "env": [{"name": "AWS_SECRET_ACCESS_KEY", "value": "hunter2"}]}}, True),
        ({"exec": {"command": "x", "env": [{"name": "AWS_PROFILE", "value": "dev"}]}}, False),
        ({"tokenFile": "/var/run/token"}, False),
    ],
)
def test_a_kubeconfig_is_secret_if_it_contains_a_credential(stack: Stack, user: dict[str, Any], secret: bool) -> None:
    response = stack.check(kubeconfig=kubeconfig(**user))
    assert response.inputs is not None
    assert response.inputs["kubeconfig"].is_secret is secret


def test_an_input_that_the_program_marked_as_secret_stays_secret(stack: Stack) -> None:
    inputs = build_inputs() | {"username": PropertyValue("hidden", is_secret=True)}
    checked = stack.handler.check(CheckRequest(URN, {}, inputs, b"")).inputs
    assert checked is not None
    assert checked["username"].is_secret
    created = stack.handler.create(CreateRequest(URN, checked, 0, False)).properties
    assert created["username"].is_secret
    refreshed = stack.handler.read(ReadRequest(URN, ID, created, checked))
    assert refreshed.properties["username"].is_secret
    assert refreshed.inputs["username"].is_secret


# create


def test_creating_writes_the_mapping_and_keeps_it_in_the_state(stack: Stack) -> None:
    assert stack.create() == ID
    assert read(stack.store.data).roles[STRIPPED.lower()].groups == ("vendor-readers",)
    assert unwrap(stack.state["mapping"]) == {
        "rolearn": STRIPPED,
        "username": "vendor:{{SessionName}}",
        "groups": ["vendor-readers"],
    }
    assert stack.store.data["mapRoles"].startswith(NODE)


def test_a_preview_validates_against_the_live_config_map_and_writes_nothing(stack: Stack) -> None:
    assert stack.create(preview=True) is None
    assert "PUT" not in stack.store.requests
    stack.store.put({"mapRoles": f"- rolearn: {STRIPPED}\n  username: them\n"})
    with pytest.raises(
        ProviderError, match=r"cluster 'dev': aws-auth is left as it is: .* already mapped, as user 'them'"
    ):
        stack.create(preview=True)
    assert stack.create(preview=True, adopt=True) is None


def test_a_preview_with_unknown_values_does_not_call_the_cluster(stack: Stack) -> None:
    stack.create(preview=True, kubeconfig=UNKNOWN)
    assert stack.connected == []
    assert unwrap(stack.state["mapping"]) is UNKNOWN
    assert unwrap(stack.state["username"]) == "vendor:{{SessionName}}", "what is known stays known"


def test_a_create_that_was_killed_after_its_write_succeeds_the_next_time(stack: Stack) -> None:
    stack.create()
    stack.store.requests.clear()
    assert stack.create() == ID
    assert stack.store.requests == ["GET"], "nothing is written twice"


IDENTICAL = f"""- rolearn: {STRIPPED}
  username: vendor:{{{{SessionName}}}}
  groups: [vendor-readers]
"""


def test_an_identical_mapping_of_others_is_used_and_kept_on_delete_with_warnings(stack: Stack) -> None:
    stack.store.put({"mapRoles": NODE + IDENTICAL})
    assert stack.create() == ID
    assert unwrap(stack.state["written"]) is False
    (warning,) = stack.warnings
    assert "was mapped like this before" in warning
    assert "Set adopt to take it over" in warning
    stack.warnings.clear()
    stack.delete()
    assert stack.store.data == {"mapRoles": NODE + IDENTICAL}
    (warning,) = stack.warnings
    assert "keeps access" in warning


def test_of_two_stacks_with_the_same_mapping_only_the_first_removes_it(stack: Stack) -> None:
    second = Stack(stack.store)
    stack.create()
    second.create()
    assert (unwrap(stack.state["written"]), unwrap(second.state["written"])) == (True, False)
    assert second.refresh()
    second.delete()
    assert STRIPPED.lower() in read(stack.store.data).roles, "the first stack's mapping is left"
    stack.delete()
    assert stack.store.data == {"mapRoles": NODE}


def test_adopt_takes_an_identical_mapping_over(stack: Stack) -> None:
    stack.store.put({"mapRoles": NODE + IDENTICAL})
    stack.create(adopt=True)
    assert unwrap(stack.state["written"]) is True
    assert stack.warnings == []
    stack.delete()
    assert stack.store.data == {"mapRoles": NODE}


def test_adopt_that_is_set_later_is_a_difference_of_its_own(stack: Stack) -> None:
    stack.store.put({"mapRoles": NODE + IDENTICAL})
    stack.create()
    assert stack.diff().changes is False
    assert stack.diff(ignored=("adopt",), adopt=True).changes is False
    response = stack.diff(adopt=True)
    assert (response.changes, response.diffs, list(response.replaces or [])) == (True, ["adopt"], [])
    stack.update(adopt=True)
    assert unwrap(stack.state["written"]) is True
    assert stack.diff(adopt=True).changes is False
    stack.delete()
    assert stack.store.data == {"mapRoles": NODE}


def test_an_update_of_what_others_wrote_is_refused_unless_it_is_adopted(stack: Stack) -> None:
    stack.store.put({"mapRoles": NODE + IDENTICAL})
    stack.create()
    with pytest.raises(ProviderError, match="already mapped, as user"):
        stack.update(username="other")
    stack.update(username="other", adopt=True)
    assert unwrap(stack.state["written"]) is True
    stack.delete()
    assert stack.store.data == {"mapRoles": NODE}


def test_the_mapping_of_others_is_not_replaced_because_a_refresh_has_shown_it(stack: Stack) -> None:
    stack.store.put({"mapRoles": NODE + IDENTICAL})
    stack.create()
    stack.change_elsewhere("vendor-readers", "theirs")
    assert stack.refresh()
    with pytest.raises(ProviderError, match=r"already mapped, as user .* with groups theirs"):
        stack.update()
    stack.delete()
    assert read(stack.store.data).roles[STRIPPED.lower()].groups == ("theirs",)


def test_a_preview_warns_of_an_identical_mapping_and_leaves_open_whose_it_will_be(stack: Stack) -> None:
    stack.store.put({"mapRoles": NODE + IDENTICAL})
    stack.create(preview=True)
    assert "was mapped like this before" in stack.warnings[0]
    assert unwrap(stack.state["written"]) is UNKNOWN


def test_an_identical_mapping_that_is_gone_when_deleting_needs_no_warning(stack: Stack) -> None:
    stack.store.put({"mapRoles": NODE + IDENTICAL})
    stack.create()
    stack.warnings.clear()
    stack.store.put({"mapRoles": NODE})
    stack.delete()
    assert stack.warnings == []


def test_a_mapping_in_the_state_of_an_earlier_version_was_written(stack: Stack) -> None:
    stack.create()
    del stack.state["written"]
    stack.delete()
    assert stack.store.data == {"mapRoles": NODE}


def test_an_identical_mapping_in_another_cluster_is_not_ours(stack: Stack) -> None:
    stack.create()
    stack.store.put({"mapRoles": NODE + IDENTICAL})
    stack.update(kubeconfig=kubeconfig("https://elsewhere"))
    assert unwrap(stack.state["written"]) is False
    stack.store.put({"mapRoles": NODE + IDENTICAL})
    stack.delete()
    assert stack.store.data == {"mapRoles": NODE + IDENTICAL}


def test_an_update_that_changes_nothing_in_the_cluster_keeps_the_mapping_ours(stack: Stack) -> None:
    stack.create()
    stack.update(kubeconfig=kubeconfig(token="renewed"))
    assert unwrap(stack.state["written"]) is True
    stack.delete()
    assert stack.store.data == {"mapRoles": NODE}


def test_hazards_of_others_are_warnings_and_outputs(stack: Stack) -> None:
    stack.store.put({"mapRoles": NODE + "- rolearn: arn:aws:iam::111122223333:role/a/b\n  username: b\n"})
    stack.create()
    (warning,) = stack.warnings
    assert "has a path" in warning
    assert unwrap(stack.state["warnings"]) == [warning]


class Failing(Store):
    def __init__(self, error: Exception) -> None:
        super().__init__({"mapRoles": NODE})
        self.error = error

    def json(self, method: str, path: str, **options: Any) -> Any:
        raise self.error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ApiError(401, "Unauthorized", "Unauthorized"), "credentials of the kubeconfig are not accepted"),
        (
            ApiError(403, "Forbidden", "jane cannot get"),
            "jane cannot get.*The deployer needs get, create and update",
        ),
        (UnreachableError("https://cluster", OSError("refused")), "no answer from https://cluster"),
    ],
)
def test_errors_of_the_server_are_reported_with_the_cluster_and_advice(error: Exception, message: str) -> None:
    with pytest.raises(ProviderError, match=f"(?s)cluster 'dev'.*{message}"):
        Stack(Failing(error)).create()


def test_an_unreachable_cluster_is_only_a_warning_in_a_preview() -> None:
    stack = Stack(Failing(UnreachableError("https://cluster", OSError("refused"))))
    stack.create(preview=True)
    assert "was not checked" in stack.warnings[0]


@pytest.fixture
def gone(stack: Stack) -> Stack:
    """A mapping in a cluster that does not respond any more."""
    stack.create()
    stack.store = Failing(UnreachableError("https://cluster", OSError("refused")))
    return stack


def test_in_an_outage_a_mapping_is_not_forgotten_and_the_error_says_what_to_do(
    gone: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(DELETE_UNREACHABLE, raising=False)
    for operation in (gone.refresh, gone.delete):
        with pytest.raises(NotAvailableError, match=f"no answer from.*If the cluster no longer.*{DELETE_UNREACHABLE}"):
            operation()


def test_a_mapping_in_a_cluster_that_is_gone_is_given_up_where_the_user_says_so(
    gone: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DELETE_UNREACHABLE, "true")
    assert not gone.refresh()
    gone.delete()
    assert all("removed from the state" in each for each in gone.warnings)
    gone.store = Failing(ApiError(403, "Forbidden", "not you"))
    with pytest.raises(ProviderError, match="not you"):
        gone.delete()


# diff


def test_unchanged_inputs_are_no_difference(stack: Stack) -> None:
    stack.create()
    assert stack.diff().changes is False


@pytest.mark.parametrize(
    ("changes", "differing", "replacing"),
    [
        ({"username": "other"}, ["username"], []),
        ({"groups": ["a"]}, ["groups"], []),
        ({"roleArn": "arn:aws:iam::999988887777:role/Other"}, ["roleArn"], ["roleArn"]),
        ({"clusterName": "prod"}, ["clusterName"], ["clusterName"]),
        ({"kubeconfig": kubeconfig("https://elsewhere")}, ["kubeconfig"], []),
        ({"roleArn": UNKNOWN}, ["roleArn"], ["roleArn"]),
        ({"kubeconfig": kubeconfig(token="new")}, [], []),
        ({"roleArn": STRIPPED}, [], []),
        ({"adopt": True}, [], []),
    ],
)
def test_only_another_entry_or_another_cluster_is_a_difference(
    stack: Stack, changes: dict[str, Any], differing: list[str], replacing: list[str]
) -> None:
    stack.create()
    response = stack.diff(**changes)
    assert (response.diffs, response.replaces) == (differing, replacing)
    assert response.changes is bool(differing)


def test_ignored_changes_are_ignored(stack: Stack) -> None:
    stack.create()
    assert stack.diff(ignored=("groups",), groups=["a"]).changes is False


# read


def test_a_refresh_without_drift_changes_nothing(stack: Stack) -> None:
    stack.create()
    before = dict(stack.state)
    assert stack.refresh()
    assert stack.state == before
    assert stack.diff().changes is False


def test_a_refresh_finds_drift_and_an_update_repairs_it(stack: Stack) -> None:
    stack.create()
    stack.change_elsewhere("vendor-readers", "admins")
    assert stack.refresh()
    assert unwrap(stack.state["groups"]) == ["admins"]
    assert unwrap(stack.inputs["groups"]) == ["admins"], "without it the engine sees no drift"
    assert stack.diff().diffs == ["groups"]
    stack.update()
    assert read(stack.store.data).roles[STRIPPED.lower()].groups == ("vendor-readers",)


def test_a_mapping_that_was_removed_elsewhere_is_found_deleted_by_a_refresh(stack: Stack) -> None:
    stack.create()
    stack.store.put({"mapRoles": NODE})
    assert not stack.refresh()


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "%FOO 1\n---\n" + text,
        lambda text: text + "\t- broken",
        lambda text: "[]\n" + text,
        lambda text: "mapRoles:\n" + text,
        lambda text: "- rolearn: a\n---\n" + text,
    ],
    ids=["directive", "tab", "appended to an empty list", "nested", "second document"],
)
def test_a_refresh_keeps_the_mapping_while_the_section_cannot_be_read(stack: Stack, damage: Any) -> None:
    stack.create()
    before, text = dict(stack.state), stack.store.data["mapRoles"]
    stack.store.put({"mapRoles": damage(text)})
    assert stack.refresh()
    assert stack.state == before, "nothing is known to have changed"
    (warning,) = stack.warnings
    assert "kept in the state as it was: cluster 'dev': aws-auth is left as it is" in warning
    stack.store.put({"mapRoles": text})
    assert stack.refresh()
    stack.delete()
    assert stack.store.data == {"mapRoles": NODE}, "it is still this resource's once the section is mended"


def test_an_import_from_a_section_that_cannot_be_read_is_refused(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    file = tmp_path / "config"
    file.write_text(kubeconfig(token="hunter2"))
    monkeypatch.setenv("KUBECONFIG", str(file))
    stack.store.put({"mapRoles": "\t" + IDENTICAL})
    with pytest.raises(ProviderError, match="cannot be read"):
        stack.refresh()


def test_an_import_reads_the_kubeconfig_that_the_environment_names(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    file = tmp_path / "config"
    file.write_text(kubeconfig(token="hunter2"))
    monkeypatch.setenv("KUBECONFIG", str(file))
    stack.store.put({"mapRoles": f"- rolearn: {STRIPPED}\n  username: them\n  groups: [a]\n"})
    assert stack.refresh()
    values = {name: unwrap(stack.inputs[name]) for name in (each.name for each in INPUTS) if name != "kubeconfig"}
    assert values == {
        "clusterName": "dev",
        "roleArn": STRIPPED,
        "username": "them",
        "groups": ["a"],
        "adopt": False,
    }
    assert stack.inputs["kubeconfig"].is_secret
    stack.delete()
    assert stack.store.data["mapRoles"] == "[]\n", "an imported mapping is ours to remove"


def test_an_import_without_a_kubeconfig_is_refused_with_advice(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    with pytest.raises(ProviderError, match="Set KUBECONFIG to one file"):
        stack.refresh()


def test_a_node_mapping_is_never_imported(stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    file = tmp_path / "config"
    file.write_text(kubeconfig())
    monkeypatch.setenv("KUBECONFIG", str(file))
    request = ReadRequest(URN, "dev/arn:aws:iam::111122223333:role/node", {}, {})
    with pytest.raises(ProviderError, match="never managed here"):
        stack.handler.read(request)


def test_an_id_of_another_form_is_refused(stack: Stack) -> None:
    with pytest.raises(ProviderError, match=r"it is <cluster name>/<role ARN>"):
        stack.handler.read(ReadRequest(URN, "dev", {}, {}))


# update and delete


def test_an_update_replaces_our_entry_in_place(stack: Stack) -> None:
    stack.create()
    stack.update(username="other", groups=[])
    identity = read(stack.store.data).roles[STRIPPED.lower()]
    assert (identity.username, identity.groups) == ("other", ())
    assert unwrap(stack.state["mapping"])["username"] == "other"


def test_an_update_over_drift_that_no_refresh_has_shown_is_refused(stack: Stack) -> None:
    stack.create()
    stack.change_elsewhere("vendor-readers", "admins")
    with pytest.raises(ProviderError, match=r"already mapped, as user .* with groups admins"):
        stack.update(username="other")


def test_an_update_moves_the_mapping_to_a_recreated_cluster(stack: Stack) -> None:
    stack.create()
    stack.store.object = None
    stack.update(kubeconfig=kubeconfig("https://elsewhere"))
    assert stack.connected[-1] == kubeconfig("https://elsewhere")
    assert STRIPPED.lower() in read(stack.store.data).roles


def test_deleting_restores_the_text_byte_by_byte(stack: Stack) -> None:
    stack.create()
    stack.delete()
    assert stack.store.data == {"mapRoles": NODE}
    assert stack.warnings == []


def test_deleting_leaves_a_mapping_that_was_changed_elsewhere_even_after_a_refresh(stack: Stack) -> None:
    stack.create()
    stack.change_elsewhere("vendor-readers", "admins")
    stack.refresh()
    stack.delete()
    assert read(stack.store.data).roles[STRIPPED.lower()].groups == ("admins",)
    assert "keeps access" in stack.warnings[0]


def test_the_schema_and_the_state_have_the_same_properties(stack: Stack) -> None:
    schema = stack.handler.schema()
    assert set(schema["inputProperties"]) == {each.name for each in INPUTS}
    stack.create()
    assert set(stack.state) == set(schema["properties"])
