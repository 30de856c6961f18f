"""An integration with an existing role: only access to clusters and the objects in them are created."""

import json
import re
from typing import Any

import pulumi
import pytest

from eks_access.errors import InvalidInputError
from eks_access.explain.explanation import explain_integration
from eks_access.integrations import Vendor, vendors
from eks_access.integrations.cado import Cado
from eks_access.integrations.conductorone.integration import ConductorOne
from eks_access.integrations.opentrace import OpenTrace
from eks_access.kubernetes.client import ApiError, KubernetesApi, UnreachableError
from eks_access.manifest.build import build_integration_access
from eks_access.manifest.models import IntegrationAccess
from eks_access.model import existing_role
from eks_access.model.integration import Integration
from eks_access.model.placeholders import placeholder
from tests.support.aws_auth_store import Store
from tests.support.components import ALL, c1, cado, opentrace, refusal, self_hosted
from tests.support.places import place
from tests.support.recording_engine import (
    ACCESS_ENTRY,
    CLUSTER_ROLE,
    MAPPING,
    ROLE,
    ROLE_POLICY,
    ROLES,
    SERVICE_ACCOUNT,
    Engine,
    run,
)
from tests.support.vendors import ARGUMENTS

SHARED = ROLES["shared"]
FOR_CADO = ROLES["shared-CadoResponse"]


@pytest.fixture(autouse=True)
def aws_auth(monkeypatch: pytest.MonkeyPatch) -> Store:
    """The aws-auth of every cluster, which maps another role."""
    store = Store({"mapRoles": mapping("arn:aws:iam::111122223333:role/other", "other", "others")})
    monkeypatch.setattr(KubernetesApi, "from_kubeconfig", lambda _: store)
    return store


def mapping(arn: str, username: str, *groups: str) -> str:
    return json.dumps([{"rolearn": arn, "username": username, "groups": list(groups)}])


@pytest.fixture(params=[False, True], ids=["plain", "an Output"])
def given(request: pytest.FixtureRequest) -> Any:
    return pulumi.Output.from_input(SHARED) if request.param else SHARED


def test_only_role_and_policy_are_not_created(given: Any) -> None:
    engine = run(lambda: OpenTrace("ot", opentrace(existing_role_arn=given)).role_arn)
    assert not engine.of(ROLE)
    assert not engine.of(ROLE_POLICY)
    assert set(engine.of(ACCESS_ENTRY)) == {"ot-api", "ot-both"}
    assert {entry["principalArn"] for entry in engine.of(ACCESS_ENTRY).values()} == {SHARED}
    assert engine.of(MAPPING)["ot-old"]["roleArn"] == SHARED
    assert len(engine.of(CLUSTER_ROLE)) == len(ALL)


def test_an_entry_is_tied_to_the_roles_unique_id_so_that_it_is_replaced_with_it(given: Any) -> None:
    engine = run(lambda: OpenTrace("ot", opentrace(existing_role_arn=given)).role_arn)
    assert engine.of(ACCESS_ENTRY)["ot-api"]["tags"]["eks-access:role-id"] == "AROA-existing"
    assert engine.options(ACCESS_ENTRY)["ot-api"].replacement_trigger.string_value == "AROA-existing"


def test_the_outputs_and_the_manifest_are_about_the_existing_role(given: Any) -> None:
    seen: dict[str, Any] = {}

    def program() -> Any:
        component = OpenTrace("ot", opentrace(existing_role_arn=given))
        return pulumi.Output.all(component.role_arn, component.role_name, component.access).apply(
            lambda known: seen.update(arn=known[0], name=known[1], access=known[2])
        )

    run(program)
    role = seen["access"]["role"]
    assert (seen["arn"], seen["name"]) == (SHARED, "shared")
    assert (role["arn"], role["name"], role["existing"]) == (SHARED, "shared", True)
    assert role["trustPolicy"]["Statement"][0]["Principal"] == {"Federated": "accounts.google.com"}
    assert SHARED in seen["access"]["handoff"]["steps"][0]
    assert "\ue000" not in json.dumps(seen["access"], ensure_ascii=False), "everything is filled in"


def test_workloads_in_the_cluster_get_the_existing_role() -> None:
    engine = run(lambda: ConductorOne("c1", self_hosted(existing_role_arn=SHARED)).role_arn)
    (account,) = engine.of(SERVICE_ACCOUNT).values()
    assert account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"] == SHARED


@pytest.mark.parametrize(
    ("arn", "problem"),
    [
        ("shared", "is not an ARN"),
        ("arn:aws:iam::111122223333:user/shared", "is not an IAM principal that is allowed here"),
        ("arn:aws:iam::111122223333:role/shared", f"is not the ARN of the role of that name, which is {SHARED}"),
        ("arn:aws:iam::111122223333:role/absent", "cannot be read from IAM: .*couldn't find resource"),
        ("arn:aws:sts::111122223333:assumed-role/shared/me", "is an STS session"),
        ("arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/X", "is a service-linked role"),
    ],
)
def test_a_role_that_does_not_exist_is_rejected_before_anything_is_created(arn: str, problem: str) -> None:
    message = refusal(OpenTrace, "ot", opentrace(existing_role_arn=arn))
    assert re.search(f"existing_role_arn is '{re.escape(arn)}', which {problem}", message)


@pytest.mark.parametrize("arn", ["arn:aws:iam::111122223333:role/shared", "arn:aws:iam::111122223333:user/shared"])
def test_an_output_is_validated_when_it_is_known(arn: str) -> None:
    engine = Engine()
    with pytest.raises(ValueError, match="existing_role_arn"):
        run(lambda: OpenTrace("ot", opentrace(existing_role_arn=pulumi.Output.from_input(arn))).role_arn, engine=engine)
    assert not engine.of(ACCESS_ENTRY)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("role_name", "mine"),
        ("role_path", "/mine/"),
        ("permissions_boundary", "arn:aws:iam::111122223333:policy/b"),
        ("max_session_seconds", 7200),
        ("extra_statements", [{"sid": "A", "actions": ["s3:GetObject"], "resources": ["*"], "why": "x"}]),
    ],
)
def test_an_option_that_would_change_the_role_is_rejected_with_its_reason(option: str, value: Any) -> None:
    message = refusal(OpenTrace, "ot", opentrace(existing_role_arn=SHARED, **{option: value}))
    assert f"{option} cannot be given with existing_role_arn, which is never changed: its" in message
    assert set(existing_role.OWNER_MANAGED_OPTIONS) >= {option}
    assert run(lambda: OpenTrace("ot", opentrace(existing_role_arn=SHARED)).role_arn).of(ACCESS_ENTRY)


def test_tags_may_be_given_and_are_those_of_the_entries() -> None:
    engine = run(lambda: OpenTrace("ot", opentrace(existing_role_arn=SHARED, tags={"owner": "platform"})).role_arn)
    assert engine.of(ACCESS_ENTRY)["ot-api"]["tags"]["owner"] == "platform"


def test_cados_rule_for_role_names_applies_to_an_existing_role_too() -> None:
    message = refusal(Cado, "cado", cado(existing_role_arn=SHARED))
    assert "existing_role_arn is 'shared', which does not contain 'CadoResponse'" in message
    assert run(lambda: Cado("cado", cado(existing_role_arn=FOR_CADO)).role_arn).of(ACCESS_ENTRY)
    with pytest.raises(ValueError, match="does not contain 'CadoResponse'"):
        run(lambda: Cado("cado", cado(existing_role_arn=pulumi.Output.from_input(SHARED))).role_arn)


@pytest.mark.parametrize(
    ("partition", "account", "problem"),
    [("aws-cn", "111122223333", "is in partition aws"), ("aws", "444455556666", "is in account 111122223333")],
)
def test_a_role_in_another_account_or_partition_is_rejected(partition: str, account: str, problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        existing_role.validate_location(SHARED, partition=partition, account=account)
    existing_role.validate_location(SHARED, partition="aws", account="111122223333")
    existing_role.validate_location(SHARED, partition=placeholder("p"), account=placeholder("a"))
    existing_role.validate_location(placeholder("arn"), partition=partition, account=account)


@pytest.mark.parametrize("key", sorted(set(vendors())))
def test_every_vendor_can_use_an_existing_role_and_has_instructions_for_its_owner(key: str) -> None:
    vendor: Vendor = vendors()[key]
    integration: Integration = vendor.describe({**ARGUMENTS[key], "existing_role_arn": FOR_CADO}, place(key))
    assert (integration.role.existing_arn, integration.role.name) == (FOR_CADO, "shared-CadoResponse")
    written = build_integration_access(integration, place(key), {"c0": ("https://c0", "Q0E=")})
    trust, policy = written["handoff"]["steps"][:2]
    assert trust.endswith(json.dumps(integration.role.trust_policy(), separators=(",", ":"), ensure_ascii=False))
    assert json.loads(policy[policy.index("{") :]) == integration.role.policy()
    explanation = explain_integration(key, IntegrationAccess.model_validate(written))
    assert explanation.owner == (trust, policy)
    own = vendor.describe(ARGUMENTS[key], place(key))
    without = build_integration_access(own, place(key), {"c0": ("https://c0", "Q0E=")})
    assert explain_integration(key, IntegrationAccess.model_validate(without)).owner == ()
    assert without["role"]["trustPolicy"] is None


def test_the_instructions_say_that_a_role_without_aws_calls_needs_no_policy() -> None:
    assert existing_role.instructions_for_owner(SHARED, {}, {"Statement": []})[1].endswith(
        "the integration makes no AWS call"
    )


def test_a_role_is_created_if_none_is_given() -> None:
    assert run(lambda: ConductorOne("c1", c1()).role_arn).of(ROLE)


WITHOUT_PATH = "arn:aws:iam::111122223333:role/shared"
NODES = ("system:node:{{EC2PrivateDNSName}}", "system:bootstrappers", "system:nodes")
BOTH = {"both": {"name": "prod-both"}}


def deploy(given: Any = SHARED, *, preview: bool = False, clusters: Any = BOTH) -> Engine:
    engine = Engine()
    args = opentrace(existing_role_arn=given, clusters=clusters)
    run(lambda: OpenTrace("ot", args).role_arn, engine=engine, preview=preview)
    return engine


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_an_entry_for_the_role_of_nodes_in_aws_auth_is_refused_because_it_takes_them_out(
    aws_auth: Store, given: Any, preview: bool
) -> None:
    aws_auth.put({"mapRoles": mapping(WITHOUT_PATH.upper().replace("ARN:AWS:IAM", "arn:aws:iam"), *NODES)})
    with pytest.raises(Exception, match=r"is mapped for nodes in aws-auth of cluster 'both'.* would leave the cluster"):
        deploy(given, preview=preview)


def test_where_aws_auth_has_no_effect_it_is_not_read(aws_auth: Store) -> None:
    aws_auth.put({"mapRoles": mapping(WITHOUT_PATH, *NODES)})
    assert deploy(clusters={"api": {"name": "prod-api"}}).of(ACCESS_ENTRY)
    assert aws_auth.requests == []


def test_a_role_of_the_integrations_own_is_in_no_aws_auth(aws_auth: Store) -> None:
    run(lambda: OpenTrace("ot", opentrace(clusters=BOTH)).role_arn)
    assert aws_auth.requests == []


@pytest.mark.parametrize(
    ("data", "warned"),
    [
        ({}, False),
        ({"mapRoles": "[]"}, False),
        ({"mapRoles": mapping("arn:aws:iam::111122223333:role/other", *NODES)}, False),
        ({"mapRoles": mapping(WITHOUT_PATH, "ot:{{SessionName}}", "ot:readers")}, False),
        ({"mapRoles": mapping(WITHOUT_PATH, "team", "deployers")}, True),
    ],
    ids=["no aws-auth", "empty", "another role's nodes", "the same identity", "another identity"],
)
def test_another_mapping_of_the_role_is_taken_away_with_a_warning(
    aws_auth: Store, monkeypatch: pytest.MonkeyPatch, data: dict[str, str], warned: bool
) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    aws_auth.put(data)
    assert deploy().of(ACCESS_ENTRY)
    assert bool(told) is warned
    assert all("user 'team' in deployers), which has no effect from then on" in each for each in told)


def test_a_mapping_that_cannot_be_parsed_is_not_taken_for_none(aws_auth: Store) -> None:
    aws_auth.put({"mapRoles": f"- rolearn: {WITHOUT_PATH}\n\tusername: x\n"})
    with pytest.raises(Exception, match=r"cannot be parsed .*: whether the role is that of nodes is not known"):
        deploy()
    aws_auth.put({"mapRoles": "- rolearn: arn:aws:iam::111122223333:role/other\n\tusername: x\n"})
    assert deploy().of(ACCESS_ENTRY), "the role is not in it"


@pytest.mark.parametrize(
    "error",
    [UnreachableError("https://x", OSError("no route")), ApiError(403, "Forbidden", "no")],
    ids=["outage", "403"],
)
def test_where_aws_auth_cannot_be_read_a_deployment_is_refused_and_a_preview_warns(
    aws_auth: Store, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    told: list[str] = []

    def fail(_: str) -> None:
        raise error

    monkeypatch.setattr(pulumi.log, "warn", told.append)
    aws_auth.before = fail
    with pytest.raises(Exception, match=r"aws-auth of cluster 'both' cannot be read .* Let the deployer reach"):
        deploy()
    deploy(preview=True)
    assert "aws-auth of cluster 'both' cannot be read" in told[0]
