"""What EKS refuses of an access entry, each with a twin that it accepts."""

import pytest

from eks_access.errors import InvalidInputError
from eks_access.model.identity import (
    RESERVED_PREFIXES,
    AuthenticationMode,
    EntryMethod,
    Identity,
    entry_method,
    supports_access_entries,
    supports_aws_auth,
    validate_cluster_name,
    validate_namespaces,
)
from eks_access.model.placeholders import placeholder


@pytest.mark.parametrize("prefix", RESERVED_PREFIXES)
def test_a_reserved_prefix_is_rejected_in_usernames_and_groups(prefix: str) -> None:
    with pytest.raises(InvalidInputError, match=f"username is '{prefix}x', which begins with '{prefix}'"):
        Identity(username=f"{prefix}x")
    with pytest.raises(InvalidInputError, match=rf"groups\[1\] is '{prefix}x'"):
        Identity(username="x", groups=("readers", f"{prefix}x"))


@pytest.mark.parametrize("name", ["sts:x", "systems:x", "my-eks:x", "vendor:readers"])
def test_a_name_that_only_resembles_a_reserved_one_is_accepted(name: str) -> None:
    assert Identity(username=name, groups=(name,)).groups == (name,)


def test_system_masters_is_rejected_with_the_access_policy_to_use_instead() -> None:
    with pytest.raises(InvalidInputError, match="AmazonEKSClusterAdminPolicy"):
        Identity(username="x", groups=("system:masters",))


@pytest.mark.parametrize(
    "username", ["john{{SessionName}}", "{{SessionName}}", "{{SessionNameRaw}}", "a{{SessionName}}:b"]
)
def test_a_session_name_without_a_colon_before_it_is_rejected(username: str) -> None:
    with pytest.raises(InvalidInputError, match="no colon before"):
        Identity(username=username)


@pytest.mark.parametrize("username", [":john{{SessionName}}", "jo:hn{{SessionName}}", "vendor:{{SessionNameRaw}}"])
def test_a_session_name_after_a_colon_is_accepted(username: str) -> None:
    assert Identity(username=username).username == username


def test_a_templated_group_is_rejected_because_callers_choose_session_names() -> None:
    with pytest.raises(InvalidInputError, match="callers choose their session names"):
        Identity(username="x", groups=("team-{{SessionName}}",))


@pytest.mark.parametrize("name", ["", "-x", "a.b", "x" * 101, "a/b", "ä"])
def test_an_invalid_cluster_name_is_rejected(name: str) -> None:
    with pytest.raises(InvalidInputError, match="is not a cluster name"):
        validate_cluster_name("clusters.a.name", name)


@pytest.mark.parametrize("name", ["a", "0", "Dev_1-x", "x" * 100])
def test_a_cluster_name_is_accepted(name: str) -> None:
    assert validate_cluster_name("clusters.a.name", name) == name


def test_a_value_that_is_not_known_yet_is_not_validated() -> None:
    assert Identity(username=placeholder("u"), groups=(placeholder("g"),)).groups == (placeholder("g"),)
    assert validate_cluster_name("name", placeholder("name"))


@pytest.mark.parametrize(
    ("namespaces", "problem"), [(["A"], "not the name"), (["dev-*"], "not the name"), (["a", "a"], "twice")]
)
def test_invalid_namespaces_are_rejected(namespaces: list[str], problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        validate_namespaces("namespaces", namespaces)


def test_namespaces_are_accepted_in_their_order() -> None:
    assert validate_namespaces("namespaces", ["web", "payments-1"]) == ("web", "payments-1")


@pytest.mark.parametrize(
    ("mode", "entries", "mappings", "method"),
    [
        ("API", True, False, EntryMethod.ACCESS_ENTRY),
        ("API_AND_CONFIG_MAP", True, True, EntryMethod.ACCESS_ENTRY),
        ("CONFIG_MAP", False, True, EntryMethod.AWS_AUTH),
    ],
)
def test_the_entry_method_is_an_access_entry_wherever_the_cluster_supports_them(
    mode: str, entries: bool, mappings: bool, method: EntryMethod
) -> None:
    known = AuthenticationMode(mode)
    assert (supports_access_entries(known), supports_aws_auth(known)) == (entries, mappings)
    assert entry_method(known) is method


def test_the_username_may_differ_with_entry_method_aws_auth() -> None:
    identity = Identity(username="v:{{SessionName}}", aws_auth_username="{{SessionNameRaw}}")
    assert identity.username_by(EntryMethod.ACCESS_ENTRY) == "v:{{SessionName}}"
    assert identity.username_by(EntryMethod.AWS_AUTH) == "{{SessionNameRaw}}"
    assert Identity(username="v").username_by(EntryMethod.AWS_AUTH) == "v", "the same where none is given"


@pytest.mark.parametrize("username", ["", "system:admin", "System:node:x"])
def test_kubernetes_own_usernames_are_rejected_for_aws_auth_too(username: str) -> None:
    with pytest.raises(InvalidInputError, match="aws_auth_username"):
        Identity(username="v", aws_auth_username=username)
