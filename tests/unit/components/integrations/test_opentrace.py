from typing import Any

import pytest

from eks_access.errors import InvalidInputError
from eks_access.integrations.opentrace import describe
from eks_access.model.expectations import KubernetesCall
from eks_access.model.identity import AccessPolicy
from eks_access.model.integration import Integration, Profile
from tests.support.places import place

CLIENT = "123-abc.apps.googleusercontent.com"


def described(*modes: str, **args: Any) -> Integration:
    return describe({"client_id": CLIENT, "subject": "1101694844743862", **args}, place("opentrace", *modes))


def test_least_describes_only_its_own_clusters() -> None:
    policy = described("API", "CONFIG_MAP").role.policy()
    assert [(s["Action"], s["Resource"]) for s in policy["Statement"]] == [
        (["eks:ListClusters"], ["*"]),
        (
            ["eks:DescribeCluster"],
            [f"arn:aws:eks:us-east-1:111122223333:cluster/prod-{index}" for index in (0, 1)],
        ),
    ]


def test_least_reads_what_the_page_lists_as_collected_and_no_values() -> None:
    (grant,) = described().grants
    resources = {resource for rule in grant.rules for resource in rule.resources}
    assert resources >= {"namespaces", "pods", "services", "deployments", "replicasets", "ingresses", "endpointslices"}
    assert not resources & {"configmaps", "secrets", "pods/log", "serviceaccounts", "nodes"}
    assert {verb for rule in grant.rules for verb in rule.verbs} == {"get", "list", "watch"}


def test_vendor_is_the_page_to_the_letter() -> None:
    vendor = described(profile=Profile.VENDOR)
    (statement,) = vendor.role.policy()["Statement"]
    assert statement["Action"] == ["eks:DescribeCluster", "eks:ListClusters", "eks:AccessKubernetesApi"]
    assert statement["Resource"] == ["*"]
    assert [policy.name for policy in vendor.identity.access_policies] == ["AmazonEKSViewPolicy"]
    assert vendor.grants == (), "the page grants nothing in the cluster but the policy"
    assert vendor.identity.groups == ()


def test_vendor_is_rejected_on_a_cluster_without_access_entries_and_least_is_not() -> None:
    where = place("opentrace", "CONFIG_MAP")
    with pytest.raises(InvalidInputError, match=r"CONFIG_MAP, which has no access policies.*AmazonEKSViewPolicy"):
        described("CONFIG_MAP", profile=Profile.VENDOR).validate_place(where)
    described("CONFIG_MAP").validate_place(where)


def test_kinds_that_only_the_view_policy_shows_are_expected_to_be_denied_in_least() -> None:
    def allowed(integration: Integration, resource: str) -> bool:
        (call,) = (
            e
            for e in integration.expectations
            if isinstance(e, KubernetesCall) and (e.verb, e.resource, e.subresource) == ("list", resource, None)
        )
        return call.allowed

    least, vendor = described(), described(profile=Profile.VENDOR)
    assert (allowed(least, "configmaps"), allowed(vendor, "configmaps")) == (False, True)
    assert (allowed(least, "secrets"), allowed(vendor, "secrets")) == (False, False)
    assert (allowed(least, "pods"), allowed(vendor, "pods")) == (True, True)


@pytest.mark.parametrize(
    ("client_id", "problem"),
    [("YOUR_OPENTRACE_CLIENT_ID", "placeholder"), ("https://opentrace.io", "authorized_audience"), ("", "neither")],
)
def test_a_client_id_that_can_never_match_is_rejected(client_id: str, problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        described(client_id=client_id)


@pytest.mark.parametrize("client_id", ["110169484474386276334", CLIENT])
def test_a_numeric_id_and_an_oauth_client_id_are_accepted(client_id: str) -> None:
    subject = client_id if client_id.isdigit() else "1101694844743862"
    trust = described(client_id=client_id, subject=subject).role.trust_policy()
    assert trust["Statement"][0]["Condition"]["StringEquals"]["accounts.google.com:aud"] == client_id


def test_an_e_mail_address_is_rejected_as_subject() -> None:
    with pytest.raises(InvalidInputError, match="numeric"):
        described(subject="robot@opentrace.io")


@pytest.mark.parametrize("profile", list(Profile))
def test_it_reads_only_the_namespaces_that_are_named(profile: Profile) -> None:
    narrow = described("API", profile=profile, namespaces=["web", "payments"])
    calls = [call for call in narrow.expectations if isinstance(call, KubernetesCall)]
    pods = {call.namespace: call.allowed for call in calls if (call.verb, call.resource) == ("list", "pods")}
    assert pods == {"web": True, "payments": True, None: False}
    if profile is Profile.VENDOR:
        assert narrow.identity.access_policies == (AccessPolicy("AmazonEKSViewPolicy", ("web", "payments")),)
        return
    names, read = narrow.grants
    assert (names.namespaces, read.namespaces) == (None, ("web", "payments"))
    assert [rule.resources for rule in names.rules] == [("namespaces",)], "which there are, and nothing in them"
    assert not any("namespaces" in rule.resources for rule in read.rules), "namespaces are in no namespace"


@pytest.mark.parametrize(
    ("namespaces", "problem"), [([], "names no namespace"), (["dev-*"], "is not the name of a namespace")]
)
def test_namespaces_that_would_mean_all_or_none_are_rejected(namespaces: list[str], problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        described("API", namespaces=namespaces)


def test_another_subject_than_the_service_accounts_own_number_is_rejected_as_no_token_has_it() -> None:
    with pytest.raises(InvalidInputError, match=r"subject is '1101694844743862', .* no token would be accepted"):
        described(client_id="110169484474386276334")
