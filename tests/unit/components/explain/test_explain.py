import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from eks_access.explain.explanation import explain_integration
from eks_access.explain.sample import sample_access
from eks_access.explain.trust import describe_trust
from eks_access.integrations import vendors
from eks_access.manifest.build import build_integration_access
from eks_access.manifest.models import IntegrationAccess, Trust
from eks_access_cli.main import main
from tests.support.manifests import access, manifest
from tests.support.places import place
from tests.support.vendors import ARGUMENTS


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["explain", *arguments])


@pytest.fixture
def explain(tmp_path: Path) -> Callable[..., Result]:
    def deployed(name: str, *arguments: str, **integrations: dict[str, Any]) -> Result:
        path = tmp_path / "access.json"
        path.write_text(json.dumps(manifest(**integrations)))
        return run(name, "--manifest", str(path), *arguments)

    return deployed


def test_every_right_has_its_reason(explain: Callable[..., Result]) -> None:
    output = explain("c1", c1=access("conductorone")).output
    for reason in access("conductorone")["statementReasons"]:
        assert f"why: {reason}" in output
    assert "why: who may do what: the purpose of the connector" in output
    assert "source: https://github.com/ConductorOne/baton-eks" in output
    assert "Listing ConfigMaps returns their values too" in output, "what no permission can prevent"


def test_trust_is_described_with_the_requests_it_refuses(explain: Callable[..., Result]) -> None:
    output = explain("c1", c1=access("conductorone")).output
    assert "only arn:aws:iam::765656841499:role/ConductorOneService, with the External ID 'c1-x'" in output
    assert (
        "refused: a request without the External ID; a request with another External ID; any other principal" in output
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "cross-account", "principals": ["arn:a"]}, "only arn:a, without any condition"),
        (
            {"kind": "cross-account", "principals": ["arn:a", "arn:b"], "organizationId": "o-1"},
            "only arn:a or arn:b, from AWS Organization o-1",
        ),
        (
            {"kind": "web-identity", "provider": "accounts.google.com", "audience": "x", "subject": "11"},
            "only who holds a token of accounts.google.com for the audience 'x', of the subject '11'",
        ),
        (
            {"kind": "web-identity", "provider": "accounts.google.com", "audience": "x"},
            "only who holds a token of accounts.google.com for the audience 'x', whoever the subject is",
        ),
    ],
)
def test_each_kind_of_trust_has_a_description(fields: dict[str, Any], words: str) -> None:
    assert describe_trust(Trust.model_validate({"refuses": [], **fields})) == [words]


def test_an_unknown_kind_of_trust_is_described_by_its_fields() -> None:
    unknown = Trust.model_construct(kind="by-letter", refuses=[], principals=["jane"])  # type: ignore[arg-type]
    assert describe_trust(unknown) == ["only by by-letter: principals ['jane']"]


GIVEN = ("conductorone", "custom")
"""Vendors whose arguments depend on each other: none of them is required by itself."""


@pytest.mark.parametrize("vendor", sorted(ARGUMENTS))
def test_every_vendor_can_be_explained_without_a_deployment(vendor: str) -> None:
    known = vendors()[vendor]
    given = {key: value for key, value in ARGUMENTS[vendor].items() if vendor in GIVEN}
    found = sample_access(vendor, known.describe, known.arguments, given)
    assert isinstance(found, IntegrationAccess)
    assert "\ue000" not in found.model_dump_json(), "every placeholder has its words"
    assert explain_integration(vendor, found).refused


def test_a_vendor_is_explained_with_placeholders_and_the_arguments_given() -> None:
    output = run("--vendor", "cado", "--set", "namespaces=[payments]").output
    assert "only <platform role arns>" in output
    assert "create, get pods/exec  in namespace payments" in output
    assert "instead of only in namespace payments" in output
    assert not [line for line in output.splitlines() if line != line.rstrip()], "clean when piped"


def test_json_has_the_difference_with_its_risks() -> None:
    output = json.loads(run("--vendor", "cado", "--json").output)
    assert output["difference"]["gained"][0]["risk"] == {
        "words": "can run commands in every pod, and read the secrets mounted there",
        "grave": True,
    }


def test_the_trust_of_the_other_profile_is_described_if_it_differs() -> None:
    output = " ".join(run("--vendor", "apono", "--set", "federation=sso").output.split())
    assert "Who may act in profile `vendor`" in output
    assert "everyone is the principal, and these conditions alone keep others out" in output
    same = run("--vendor", "cado").output
    assert "Who may act in profile" not in same


def test_an_older_manifest_is_explained_without_reasons(explain: Callable[..., Result]) -> None:
    old = access("cado")
    for added in ("statementReasons", "otherProfile", "sources"):
        del old[added]
    for grant in old["grants"]:
        del grant["reasons"]
    result = explain("cado", cado=old)
    assert result.exit_code == 0
    assert "only one of the two profiles is available here" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--vendor", "cadoo"], "'cadoo' is not a known vendor; known: apono, cado, "),
        (["--vendor", "cado", "--set", "namespace=[x]"], "namespace is not a known property"),
        (["--vendor", "cado", "--set", "namespaces=[kube-system]"], "is a system namespace"),
        (["--vendor", "cado", "--set", "x"], "write NAME=VALUE"),
        (["--vendor", "cado", "--stack", "dev"], "give one of INTEGRATION"),
        (["cado"], "give either --stack NAME or --manifest FILE"),
        ([], "name the INTEGRATION"),
    ],
)
def test_an_invalid_request_to_explain_is_rejected_with_advice(arguments: list[str], message: str) -> None:
    refused = run(*arguments)
    assert refused.exit_code == 2
    assert message in refused.output


def test_an_unknown_integration_is_rejected_with_the_known_ones(explain: Callable[..., Result]) -> None:
    refused = explain("cadoo", cado=access("cado"))
    assert refused.exit_code == 2
    assert "it has: cado" in refused.output


def test_rights_of_a_user_or_on_a_path_of_the_api_server_are_described_as_such(explain: Callable[..., Result]) -> None:
    output = " ".join(explain("conn", conn=access("eks-connector")).output.split())
    assert "only the AWS service ssm.amazonaws.com" in output
    assert "get /version everywhere" in output
    assert "impersonate users named arn:aws:iam::111122223333:role/Platform everywhere" in output
    assert "get, list pods, events everywhere, for user arn:aws:iam::111122223333:role/Platform" in output


def test_a_cluster_outside_of_eks_is_entered_by_eks_connector() -> None:
    output = " ".join(run("--vendor", "eks-connector").output.split())
    assert (
        "<cluster> in <region>, by EKS Connector, as user system:serviceaccount:eks-connector:eks-connector" in output
    )
    assert "impersonate users named" not in output, "no user without viewers"


def test_each_cluster_has_the_username_of_its_entry_method(explain: Callable[..., Result]) -> None:
    where = place("apono", "API", "CONFIG_MAP")
    described = vendors()["apono"].describe(ARGUMENTS["apono"], where)
    people = build_integration_access(described, where, {key: ("https://c", "Q0E=") for key in ("c0", "c1")})
    output = explain("people", people=people).output
    assert "by an access entry, as user apono:{{SessionName}}" in output
    assert "by a mapping in aws-auth, as user {{SessionNameRaw}}" in output


def test_rights_of_another_subject_are_described_with_that_subject(explain: Callable[..., Result]) -> None:
    where = place("apono")
    rights = {"namespace": "apono", "service_account": "agent", "grantable_cluster_roles": ["view"]}
    described = vendors()["apono"].describe({**ARGUMENTS["apono"], "connector_rights": rights}, where)
    people = build_integration_access(described, where, {"c0": ("https://c", "Q0E=")})
    output = explain("people", people=people).output
    assert (
        "bind clusterroles (rbac.authorization.k8s.io) named view  everywhere, for service account apono/agent"
        in output
    )
    assert "for service account" not in explain("own", own=access("eks-connector")).output, "it is the connector itself"


def test_a_call_that_impersonates_a_viewer_is_described_with_the_viewer(explain: Callable[..., Result]) -> None:
    output = explain("own", own=access("eks-connector")).output
    assert "list secrets as role/Platform: other systems' credentials" in output
    assert "can change things in ssmmessages" not in output
