"""Access of people by IAM Identity Center and by SAML: with their own usernames, and without standing permissions."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eks_access.kubernetes.client import KubernetesApi
from eks_access.kubernetes.token import presigned_token
from sandbox import Sandbox
from sandbox.aws.people import CORPORATE, DEVELOPER
from sandbox.aws.saml_provider import SamlProviders
from tests.e2e.principals import in_cluster, who
from tests.e2e.program import Program

pytestmark = pytest.mark.e2e

CUSTOMER = "111122223333"
PROVIDER = f"arn:aws:iam::{CUSTOMER}:saml-provider/{CORPORATE}"
INTEGRATIONS = {
    "apono-sso": {
        "vendor": "apono",
        "clusters": ["api", "both"],
        "federation": "sso",
        "permission_sets": ["Developers"],
        "role_name": "people-sso",
    },
    "apono-saml": {
        "vendor": "apono",
        "clusters": ["configmap"],
        "federation": "saml",
        "saml_provider_arn": PROVIDER,
        "role_name": "people-saml",
    },
}


@pytest.fixture(scope="module")
def people(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    config = {"eks-access:integrations": INTEGRATIONS}
    program = Program(sandbox, tmp_path_factory.mktemp("people"), "people", config)
    program.up()
    yield program
    program.destroy()


def test_every_expectation_holds_for_both_federations_and_a_second_up_changes_nothing(people: Program) -> None:
    probed = people.probe()
    assert probed.mismatches() == []
    assert probed.exit_code == 0
    asked = {(check["integration"], check["detail"]) for check in probed.report["checks"] if check["plane"] == "trust"}
    assert asked >= {
        ("apono-sso", "another-session-name"),
        ("apono-sso", "non-sso-principal"),
        ("apono-sso", "stranger"),
        ("apono-saml", "audience-wrong"),
        ("apono-saml", "forged"),
    }
    assert "unchanged" in people.up("--expect-no-changes")


@pytest.fixture
def assume(sandbox: Sandbox, people: Program) -> Callable[..., Any]:
    """AssumeRoleWithSAML with an assertion of the company's provider, or with a tampered one."""
    role = people.manifest()["integrations"]["apono-saml"]["role"]["arn"]
    providers = SamlProviders(sandbox.state.saml_providers)

    def assume(**changes: Any) -> Any:
        wanted = {"role_arn": role, "provider_arn": PROVIDER, "session_name": DEVELOPER} | changes
        assertion = providers.mint(CORPORATE, **wanted)
        sts = sandbox.boto("sts")
        return sts.assume_role_with_saml(RoleArn=role, PrincipalArn=PROVIDER, SAMLAssertion=assertion)

    return assume


def test_an_assertion_is_accepted_and_its_session_name_is_the_username_in_the_cluster(
    sandbox: Sandbox, assume: Callable[..., Any]
) -> None:
    answer = assume()
    assert answer["AssumedRoleUser"]["Arn"].endswith(f"assumed-role/people-saml/{DEVELOPER}")
    assert (answer["Subject"], answer["SubjectType"]) == (DEVELOPER, "persistent")
    user = who(in_cluster(sandbox, "dev-configmap", answer["Credentials"]))
    assert user is not None
    assert (user["username"], user["groups"]) == (DEVELOPER, ["system:authenticated"])


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"recipient": "https://signin.amazonaws-us-gov.com/saml"}, "AccessDenied", "Not authorized to perform"),
        ({"role_arn": f"arn:aws:iam::{CUSTOMER}:role/another"}, "AccessDenied", "Not authorized to perform"),
        ({"signed_by": "forged"}, "InvalidIdentityToken", "Response signature invalid"),
        ({"audience": "https://somewhere.example"}, "InvalidIdentityToken", "required audience"),
        ({"lifetime": -60}, "ExpiredTokenException", "within 5 minutes"),
    ],
    ids=["of another partition", "for another role", "forged", "for another service", "over"],
)
def test_a_tampered_assertion_is_rejected_with_the_reason(
    changes: dict[str, Any], code: str, words: str, assume: Callable[..., Any]
) -> None:
    assert assume()["Credentials"], "the genuine assertion is accepted"
    with pytest.raises(ClientError, match=words) as refused:
        assume(**changes)
    assert refused.value.response["Error"]["Code"] == code


def without(condition: str) -> Callable[[dict[str, Any]], None]:
    def change(statement: dict[str, Any]) -> None:
        del statement["Condition"][condition]

    return change


@pytest.mark.parametrize(
    ("condition", "found"),
    [("StringEqualsIgnoreCase", "another-session-name"), ("ArnLike", "non-sso-principal")],
)
def test_the_probe_detects_each_removed_condition_of_the_identity_center_trust_policy(
    condition: str, found: str, sandbox: Sandbox, people: Program
) -> None:
    iam = sandbox.boto("iam")
    document = iam.get_role(RoleName="people-sso")["Role"]["AssumeRolePolicyDocument"]
    opened = json.loads(json.dumps(document))
    without(condition)(opened["Statement"][0])
    iam.update_assume_role_policy(RoleName="people-sso", PolicyDocument=json.dumps(opened))
    probed = people.probe("--integration", "apono-sso", "--cluster", "api", "--deadline", "1")
    assert [check["detail"] for check in probed.mismatches()] == [found], "this one, and no other"
    assert probed.exit_code == 1
    people.up("--refresh")
    assert people.probe("--integration", "apono-sso", "--cluster", "api").exit_code == 0


def test_a_binding_to_the_exact_username_grants_its_rights_in_its_namespace_only(
    sandbox: Sandbox, people: Program
) -> None:
    """What Apono creates on approval, and deletes afterwards."""
    access = people.manifest()["integrations"]["apono-sso"]
    keys = jane(sandbox, access["role"]["arn"])
    cluster = sandbox.clusters["dev-api"]

    def lists_pods(namespace: str) -> int:
        # A token of its own: the API server caches a token's user for a while, and the authorizer's decision too.
        api = KubernetesApi(
            cluster.endpoint,
            ca_data=cluster.ca_data,
            bearer=lambda: presigned_token(keys, cluster_name="dev-api", region="us-east-1").value,
        )
        return api.request("GET", f"/api/v1/namespaces/{namespace}/pods", query={"limit": "1"}).status

    bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/payments/rolebindings"
    binding = {
        "metadata": {"name": "approved"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "apono:jane-example.com"}],
    }
    assert lists_pods("payments") == 403
    cluster.admin.json("POST", bindings, body=binding)
    try:
        assert (lists_pods("payments"), lists_pods("web")) == (200, 403)
    finally:
        cluster.admin.json("DELETE", f"{bindings}/approved")
    assert lists_pods("payments") == 403


def jane(sandbox: Sandbox, role_arn: str) -> Any:
    """Jane's session of the integration: her own from Identity Center, then the role with her name as session name."""
    done = sandbox.run(
        ["python", "-c", _ASSUME, role_arn, DEVELOPER],
        env={"AWS_PROFILE": "jane-sso", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
    )
    assert done.returncode == 0, done.stderr
    keys = json.loads(done.stdout)
    return SimpleNamespace(
        access_key=keys["AccessKeyId"], secret_key=keys["SecretAccessKey"], token=keys["SessionToken"]
    )


_ASSUME = """
import json, sys, boto3
sts = boto3.Session(profile_name="jane-sso").client("sts")
keys = sts.assume_role(RoleArn=sys.argv[1], RoleSessionName=sys.argv[2])["Credentials"]
print(json.dumps(keys, default=str))
"""


def test_no_assertion_is_in_the_state_or_the_reports(people: Program, tmp_path: Path) -> None:
    probed = people.probe("--verbose")
    state = people.pulumi("stack", "export", "--stack", "people").stdout
    for where, text in {"the report": json.dumps(probed.report), "the table": probed.table, "the state": state}.items():
        assert "PHNhbWxwOl" not in text, where
