"""Inputs of an access entry that EKS rejects, each rejected before anything is created, with a valid counterpart.

Missing here, because no input of ours can cause them:
  * an entry in a cluster of mode CONFIG_MAP: it gets a mapping instead (test_integration.py beside this file);
    access policies there are rejected below;
  * an entry that exists already, and a principal that does not exist yet: the integration itself creates the role, and
    the entry gets its ARN as an Output. Only EKS has the state of the cluster at that time. An existing role is read
    first, so that one that does not exist, or is given without its path, is rejected (test_existing_role.py), and so is
    one that two integrations use in the same cluster (tests/unit/components/stack/test_configuration.py);
  * the errors of node types (IAM users and other accounts as their principals, groups, usernames, associations):
    every entry of ours is of type STANDARD;
  * a scope of the whole cluster with namespaces: the scope's type follows from the namespaces;
  * an association before its entry: it takes the principal from the entry, and so comes after it;
  * groups that nothing binds, which EKS accepts: tests/unit/components/integrations/test_every_vendor.py binds each.
"""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from eks_access.errors import InvalidInputError
from eks_access.integrations import opentrace, vendors
from eks_access.integrations.cado import Cado
from eks_access.integrations.conductorone.integration import ConductorOne
from eks_access.integrations.custom.integration import CustomIntegration
from eks_access.integrations.opentrace import OpenTrace
from eks_access.model.arn import validate_principal
from eks_access.model.identity import AccessPolicy, Identity
from eks_access.model.integration import Profile
from tests.support.components import cado, refusal, self_hosted
from tests.support.components import opentrace as opentrace_args
from tests.support.custom_definitions import small
from tests.support.places import place
from tests.support.recording_engine import ISSUER, run
from tests.support.vendors import ARGUMENTS

PLATFORM = "arn:aws:iam::444455556666:role/CadoPlatform"


def accepted(component: Any, name: str, args: Any) -> None:
    assert run(lambda: component(name, args).role_arn).of("aws:iam/role:Role")


def test_access_policies_are_rejected_if_the_cluster_does_not_support_entries() -> None:
    old = {"old": {"name": "prod-old"}}
    assert "has authentication mode CONFIG_MAP" in refusal(
        OpenTrace, "ot", opentrace_args(clusters=old, profile="vendor")
    )
    accepted(OpenTrace, "ot", opentrace_args(clusters=old, profile="least"))


@pytest.mark.parametrize(
    ("principal", "problem"),
    [
        (
            "arn:aws:iam::444455556666:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForEKS",
            "service-linked role",
        ),
        ("arn:aws:sts::444455556666:assumed-role/CadoPlatform/session", "is an STS session"),
        ("arn:aws:sts::444455556666:federated-user/someone", "is an STS session"),
        ("arn:aws:iam::444455556666:root", "is not an IAM principal that is allowed here"),
        ("arn:aws:iam::444455556666:group/responders", "is not an IAM principal that is allowed here"),
        (
            "arn:aws:iam::444455556666:oidc-provider/accounts.google.com",
            "is not an IAM principal that is allowed here",
        ),
    ],
)
def test_a_principal_that_cannot_have_an_entry_is_rejected(principal: str, problem: str) -> None:
    assert problem in refusal(Cado, "cado", cado(platform_role_arns=[PLATFORM, principal]))
    accepted(Cado, "cado", cado(platform_role_arns=[PLATFORM, "arn:aws:iam::444455556666:user/responder"]))
    with pytest.raises(InvalidInputError, match=problem):
        validate_principal("principal", principal)


def test_a_session_is_rejected_with_the_role_to_name_instead() -> None:
    session = "arn:aws:sts::444455556666:assumed-role/CadoPlatform/session"
    assert f"Name the IAM role behind it: {PLATFORM}" in refusal(Cado, "cado", cado(platform_role_arns=[session]))


def test_the_path_of_service_linked_roles_is_rejected() -> None:
    message = refusal(Cado, "cado", cado(role_path="/aws-service-role/eks.amazonaws.com/"))
    assert "is the path of service-linked roles" in message
    accepted(Cado, "cado", cado(role_path="/service-role/"))


@pytest.mark.parametrize("name", ["system", "eks", "aws", "amazon", "iam"])
@pytest.mark.parametrize("key", sorted(set(vendors()) - {"apono", "eks-connector"}))  # not made from the name
def test_an_integration_whose_name_would_begin_a_reserved_username_is_refused(key: str, name: str) -> None:
    with pytest.raises(InvalidInputError, match=f"begins with '{name}:', which EKS re"):
        vendors()[key].describe(ARGUMENTS[key], place(name))
    assert vendors()[key].describe(ARGUMENTS[key], place(f"{name}-reader")).identity.username


def test_an_integration_with_a_reserved_name_is_rejected_by_its_component() -> None:
    assert "begins with 'eks:'" in refusal(Cado, "eks", cado())
    accepted(Cado, "eksy", cado())


VIEW = {"name": "AmazonEKSViewPolicy"}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"profiles__least__groups": ["system:masters"]}, "begins with 'system:', which EKS rejects in groups"),
        ({"profiles__least__groups": ["eks:readers"]}, "begins with 'eks:', which EKS rejects in groups"),
        ({"profiles__least__groups": ["team:{{SessionName}}"]}, "{{SessionName}}"),
        ({"profiles__least__groups": ["readers", "readers"]}, "names one of them twice"),
        ({"username": "aws:reader"}, "begins with 'aws:', which EKS reserves"),
        ({"username": "reader-{{SessionName}}"}, "no colon before"),
        ({"profiles__least__access_policies": [{"name": "arn:aws:iam::aws:policy/x"}]}, "access_policies[0].name"),
        ({"profiles__least__access_policies": [{"name": "ViewPolicy"}]}, "is not a known access policy"),
        ({"profiles__least__access_policies": [{**VIEW, "namespaces": ["{arg:namespaces}"]}]}, "an empty list"),
        ({"profiles__least__access_policies": [VIEW, {**VIEW, "namespaces": ["web"]}]}, "names one of them twice"),
    ],
)  # fmt: skip
def test_an_entry_of_a_custom_integration_that_eks_would_reject_is_rejected_before_anything_is_created(
    changes: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    file = tmp_path / "acme.yaml"
    clusters = {"api": {"name": "prod-api", "authentication_mode": "API"}}
    given: Any = {"definition": str(file), "arguments": {"role": PLATFORM}, "clusters": clusters}
    file.write_text(small(**changes))
    assert problem in refusal(CustomIntegration, "acme", given)
    file.write_text(small())
    accepted(CustomIntegration, "acme", given)


def test_a_session_name_needs_a_colon_before_it() -> None:
    with pytest.raises(InvalidInputError, match="no colon before"):
        Identity(username="cado-{{SessionName}}")
    assert Identity(username="cado:{{SessionName}}").username


@pytest.mark.parametrize(
    ("policy", "problem"),
    [
        ("arn:aws:iam::aws:policy/AmazonEKSClusterPolicy", "is not an EKS access policy"),
        ("arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", "is an ARN.*Give only the name"),
        ("AmazonEKSClusterPolicy", "is not a known access policy"),
        ("ViewPolicy", "is not a known access policy"),
    ],
)
def test_an_invalid_access_policy_name_is_rejected(policy: str, problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        AccessPolicy(policy)
    assert AccessPolicy("AmazonEKSViewPolicy").arn("aws-cn") == (
        "arn:aws-cn:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    ), "and it is of the cluster's own partition"


def test_a_policy_for_namespaces_needs_one() -> None:
    with pytest.raises(InvalidInputError, match=r"AmazonEKSViewPolicy\.namespaces names no namespace"):
        AccessPolicy("AmazonEKSViewPolicy", namespaces=())
    assert AccessPolicy("AmazonEKSViewPolicy", namespaces=("web",)).namespaces == ("web",)
    assert AccessPolicy("AmazonEKSViewPolicy").namespaces is None, "the whole cluster, when nothing is said"


def test_a_duplicate_policy_is_rejected_because_only_the_last_ones_scope_would_remain() -> None:
    view = AccessPolicy("AmazonEKSViewPolicy")
    with pytest.raises(InvalidInputError, match="names one of them twice"):
        Identity("a:b", access_policies=(view, AccessPolicy("AmazonEKSViewPolicy", ("web",))))
    assert Identity(
        "a:b", access_policies=(view, AccessPolicy("AmazonEKSSecretReaderPolicy", ("web",)))
    ).access_policies


def test_a_duplicate_group_is_rejected() -> None:
    with pytest.raises(InvalidInputError, match="names one of them twice"):
        Identity("a:b", groups=("readers", "readers"))
    assert Identity("a:b", groups=("readers", "writers")).groups


@pytest.mark.parametrize("name", ["-dev", "dev.example.com", "x" * 101])
def test_an_invalid_cluster_name_is_rejected_by_the_place(name: str) -> None:
    known = {"authentication_mode": "API", "endpoint": "https://x", "certificate_authority": "Q0E="}
    assert "is not a cluster name" in refusal(Cado, "cado", cado(clusters={"c": {"name": name, **known}}))
    accepted(Cado, "cado", cado(clusters={"c": {"name": "0_dev-x", **known}}))


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        ({f"key-{number}": "x" for number in range(50)}, "50 tags.* is over 49"),
        ({"x" * 129: "v"}, "is not a tag key"),
        ({"": "v"}, "is not a tag key"),
        ({"owner!": "v"}, "is not a tag key"),
        ({"aws:owner": "v"}, "begins with 'aws:'"),
        ({"AWS:owner": "v"}, "begins with 'aws:'"),
        ({"owner": "x" * 257}, "tags.owner .* is not a tag value"),
        ({"owner": "a;b"}, "tags.owner .* is not a tag value"),
        ({"eks-access:role-id": "v"}, "is reserved for the tag that ties an access entry to its role"),
    ],
)
def test_tags_that_aws_would_reject_are_rejected(tags: dict[str, str], problem: str) -> None:
    import re

    assert re.search(problem, refusal(Cado, "cado", cado(tags=tags)))


def test_tags_up_to_the_limits_are_accepted() -> None:
    tags = {**{f"key-{number}": "" for number in range(47)}, "x" * 128: "v" * 256, "Ownér: a_b.c/d=e+f-@": "Größe 1"}
    accepted(Cado, "cado", cado(tags=tags))


def test_an_invalid_tag_that_is_an_output_is_rejected_when_it_is_known() -> None:
    with pytest.raises(ValueError, match=r"tags\.owner is '.*', which is not a tag value"):
        run(lambda: Cado("cado", cado(tags={"owner": pulumi.Output.from_input("x" * 257)})).role_arn)
    accepted(Cado, "cado", cado(tags={"owner": pulumi.Output.from_input("x" * 256)}))


@pytest.mark.parametrize("namespace", ["dev-*", "Web", ""])
def test_an_invalid_namespace_is_rejected(namespace: str) -> None:
    assert "is not the name of a namespace" in refusal(Cado, "cado", cado(namespaces=["web", namespace]))
    accepted(Cado, "cado", cado(namespaces=["web", "payments"]))


def test_the_access_policy_of_every_vendors_page_is_one_that_eks_has() -> None:
    args = {"client_id": "1.apps.googleusercontent.com", "subject": "11", "profile": Profile.VENDOR}
    described = opentrace.describe(args, place("opentrace"))
    assert [policy.name for policy in described.identity.access_policies] == ["AmazonEKSViewPolicy"]


GITLAB = {"provider": "arn:{partition}:iam::{account}:oidc-provider/gitlab.example.com", "audience": "aws"}
PATTERN = "project_path:acme/app:ref_type:tag:ref:*"


def of_gitlab(tmp_path: Path, subject: str, value: object) -> Any:
    """A definition that trusts GitLab's tokens of a subject, which has an argument in it."""
    path = tmp_path / "acme.yaml"
    path.write_text(small(trust={"web_identity": {**GITLAB, "subject": subject}}))
    arguments = {"role": value}
    return {"definition": str(path), "arguments": arguments, "clusters": {"api": {"name": "prod-api"}}}


def test_an_output_whose_value_needs_another_condition_than_was_written_is_rejected(tmp_path: Path) -> None:
    late = pulumi.Output.from_input(PATTERN)
    with pytest.raises(ValueError, match="decides about the form of the trust policy"):
        run(lambda: CustomIntegration("acme", of_gitlab(tmp_path, "{arg:role}", late)).role_arn)
    accepted(CustomIntegration, "acme", of_gitlab(tmp_path, "{arg:role}", PATTERN))
    accepted(CustomIntegration, "acme", of_gitlab(tmp_path, "{arg:role}", pulumi.Output.from_input(PATTERN[:-1] + "x")))


def test_an_output_in_a_pattern_may_not_widen_it(tmp_path: Path) -> None:
    pattern = "project_path:{arg:role}/app:ref_type:tag:ref:*"
    accepted(CustomIntegration, "acme", of_gitlab(tmp_path, pattern, pulumi.Output.from_input("acme")))
    with pytest.raises(ValueError, match="does not name one project"):
        run(lambda: CustomIntegration("acme", of_gitlab(tmp_path, pattern, pulumi.Output.from_input("*"))).role_arn)


@pytest.mark.parametrize("named", ["in plain", "by an Output"])
def test_an_issuer_is_compared_with_the_one_that_eks_has_for_the_cluster(named: str) -> None:
    name: Any = "prod-api" if named == "in plain" else pulumi.Output.from_input("prod-api")
    clusters = {"api": {"name": name, "authentication_mode": "API"}}
    own, other = (self_hosted(oidc_issuer=issuer, clusters=clusters) for issuer in (ISSUER, "oidc.example/id/2"))
    accepted(ConductorOne, "c1", own)
    with pytest.raises((pulumi.RunError, ValueError), match="is not the issuer of cluster 'api', which is"):
        run(lambda: ConductorOne("c1", other).role_arn)
