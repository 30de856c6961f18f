"""The evaluation by an operator: its sources, that every line is marked, and that nothing passes by default."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.awsrequest import AWSResponse
from click.testing import CliRunner, Result

from eks_access.kubernetes.client import Response
from eks_access_cli.commands.probe import command as probe
from eks_access_probe.report.models import CheckReport, Report
from tests.support.world import ROLE, World, answer, aws_call, json_error, status, text, xml_error

READ = {"Effect": "Allow", "Action": ["eks:ListClusters", "iam:GetRole"], "Resource": ["*"]}
ENTRY = {"username": "acme:{{SessionName}}", "kubernetesGroups": ["acme:readers"], "type": "STANDARD", "tags": {}}
ALLOWED = {"eks:ListClusters", "iam:GetRole"}
MAY = {"list pods", "list deployments", "get configmaps in kube-system"}


def iam(action: str, inner: str) -> AWSResponse:
    head = f'<{action}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><{action}Result>'
    return answer(200, f"{head}{inner}</{action}Result></{action}Response>".encode())


def simulated(decision: Callable[[str], str], *missing: str) -> Callable[[Any], AWSResponse]:
    def simulate(request: Any) -> AWSResponse:
        form = {key: values[0] for key, values in parse_qs(text(request.body)).items()}
        assert form["PolicySourceArn"] == ROLE
        action, resource = form["ActionNames.member.1"], form["ResourceArns.member.1"]
        keys = "".join(f"<member>{key}</member>" for key in missing)
        return iam(
            "SimulatePrincipalPolicy",
            f"<EvaluationResults><member><EvalActionName>{action}</EvalActionName>"
            f"<EvalResourceName>{resource}</EvalResourceName><EvalDecision>{decision(action)}</EvalDecision>"
            f"<MissingContextValues>{keys}</MissingContextValues></member></EvaluationResults>",
        )

    return simulate


def policies(*statements: dict[str, Any]) -> dict[str, Callable[[Any], AWSResponse]]:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)}).replace('"', "&quot;")
    return {
        "ListRolePolicies": lambda _: iam(
            "ListRolePolicies", "<PolicyNames><member>own</member></PolicyNames><IsTruncated>false</IsTruncated>"
        ),
        "GetRolePolicy": lambda _: iam("GetRolePolicy", f"<PolicyDocument>{document}</PolicyDocument>"),
        "ListAttachedRolePolicies": lambda _: iam(
            "ListAttachedRolePolicies", "<AttachedPolicies/><IsTruncated>false</IsTruncated>"
        ),
    }


def entry(*associated: dict[str, Any], **changes: Any) -> dict[str, Callable[[Any], AWSResponse]]:
    found = {"accessEntry": {**ENTRY, **changes}}
    listed = {"associatedAccessPolicies": list(associated)}
    return {
        "DescribeAccessEntry": lambda _: answer(200, json.dumps(found).encode(), "application/json"),
        "ListAssociatedAccessPolicies": lambda _: answer(200, json.dumps(listed).encode(), "application/json"),
    }


@pytest.fixture
def reviewed() -> list[dict[str, Any]]:
    """The users that access reviews were asked about."""
    return []


@pytest.fixture
def operator(world: World, reviewed: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which everything is as declared and visible to the operator."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOPERATOR")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "operators-own")
    world.answers |= {
        "SimulatePrincipalPolicy": simulated(lambda action: "allowed" if action in ALLOWED else "implicitDeny"),
        **policies(READ),
        **entry(),
    }
    monkeypatch.setattr(World, "request", reviewing(reviewed))
    return world


def reviewing(reviewed: list[dict[str, Any]]) -> Callable[..., Response]:
    def request(world: World, api: Any, method: str, path: str, **options: Any) -> Response:
        special = world.kubernetes(api.server, method, path)
        if special is not None:
            return special
        assert path.endswith("/subjectaccessreviews"), f"a cluster gets no other request: {path}"
        spec = options["body"]["spec"]
        reviewed.append(spec)
        asked = spec["resourceAttributes"]
        place = f" in {asked['namespace']}" if "namespace" in asked else ""
        allowed = f"{asked['verb']} {asked['resource']}{place}" in MAY and "subresource" not in asked
        return Response(201, {}, json.dumps({"status": {"allowed": allowed}}).encode())

    return request


def run(manifest: str, *options: str) -> Result:
    return CliRunner().invoke(
        probe, ["--manifest", manifest, "--as-operator", "--deadline", "0", *options], catch_exceptions=False
    )


@pytest.fixture
def evaluate(operator: World, manifest_file: Callable[..., str]) -> Callable[..., dict[str, CheckReport]]:
    """The lines of an evaluation by their calls."""

    def evaluated(**changes: Any) -> dict[str, CheckReport]:
        result = run(manifest_file(statements=[READ], **changes), "--quiet", "--json", "-")
        return {check.call: check for check in Report.model_validate_json(result.stdout).checks}

    return evaluated


SIGN_IN = "sign in as acme:{{SessionName}} in acme:readers"
BEYOND = "hold rights beyond the description"


def test_all_but_the_trust_is_evaluated_and_every_line_is_marked_as_evaluated(
    operator: World, manifest_file: Callable[..., str], tmp_path: Path
) -> None:
    result = run(manifest_file(statements=[READ]), "--json", str(tmp_path / "report.json"))
    report = Report.model_validate_json((tmp_path / "report.json").read_text())
    assert report.asked_by == "operator"
    assert not any(check.exercised for check in report.checks)
    assert all("evaluated, not exercised" in check.detail for check in report.checks)
    not_shown = {check.call for check in report.checks if check.result != "as-expected"}
    assert not_shown == {check.call for check in report.checks if check.plane == "trust"}
    assert result.exit_code == 3, "the trust, which only the vendor can show, is not proven"
    assert "Evaluated, not exercised" in result.stdout
    assert "may not list (evaluated)" in result.stdout
    assert "has no undeclared permissions (evaluated)" in result.stdout
    assert operator.calls["AssumeRole"] == 0


def test_without_trust_lines_an_evaluation_as_expected_exits_with_0(
    operator: World, manifest_file: Callable[..., str]
) -> None:
    manifest = manifest_file(statements=[READ])
    assert run(manifest, "--without-trust").exit_code == 0
    usage = CliRunner().invoke(probe, ["--manifest", manifest, "--without-trust"])
    assert (usage.exit_code, "belongs to --as-operator" in usage.stderr) == (2, True)


def test_reviews_are_of_the_currently_mapped_user_and_groups(
    operator: World, evaluate: Callable[..., dict[str, CheckReport]], reviewed: list[dict[str, Any]]
) -> None:
    operator.answers |= entry(username="other:{{SessionName}}", kubernetesGroups=["other"])
    line = evaluate()[SIGN_IN]
    assert line.result == "mismatch"
    assert line.differences == [
        "the username is 'other:{{SessionName}}', not 'acme:{{SessionName}}'",
        "the group 'acme:readers' is missing",
        "the group 'other' was not declared",
    ]
    assert {spec["user"] for spec in reviewed} == {"other:eks-access-probe"}
    assert all(spec["groups"] == ["other", "system:authenticated"] for spec in reviewed)


def test_a_deleted_access_entry_is_a_mismatch(operator: World, evaluate: Callable[..., dict[str, CheckReport]]) -> None:
    operator.answers["DescribeAccessEntry"] = lambda _: json_error(404, "ResourceNotFoundException", "no such entry")
    lines = evaluate()
    assert (lines[SIGN_IN].verdict, lines[SIGN_IN].result) == ("not-authenticated", "mismatch")
    assert lines["list secrets"].result == "not-proven", "the denial of a user that does not exist is inconclusive"


def test_an_access_entry_of_a_recreated_role_is_a_mismatch(
    operator: World, evaluate: Callable[..., dict[str, CheckReport]]
) -> None:
    operator.answers |= entry(tags={"eks-access:role-id": "AROAOLD"})
    role = f"<Role><Arn>{ROLE}</Arn><RoleId>AROANEW</RoleId><RoleName>x</RoleName><Path>/</Path>"
    operator.answers["GetRole"] = lambda _: iam(
        "GetRole", role + "<CreateDate>2026-01-01T00:00:00Z</CreateDate></Role>"
    )
    line = evaluate()[SIGN_IN]
    assert line.verdict == "not-authenticated"
    assert "created again since" in line.evidence.message


def test_an_access_policy_without_published_rules_is_inconclusive(
    operator: World, evaluate: Callable[..., dict[str, CheckReport]]
) -> None:
    arn = "arn:aws:eks::aws:cluster-access-policy/"
    view = {"policyArn": f"{arn}AmazonEKSAdminViewPolicy", "accessScope": {"type": "cluster", "namespaces": []}}
    operator.answers |= entry(view)
    lines = evaluate()
    assert (lines["list secrets"].verdict, lines["list secrets"].result) == ("allowed", "mismatch")
    assert "AmazonEKSAdminViewPolicy, by its published rules" in lines["list secrets"].evidence.message
    assert lines[SIGN_IN].differences == ["the access policy AmazonEKSAdminViewPolicy was not declared"]

    operator.answers |= entry({**view, "policyArn": f"{arn}AmazonEKSACKPolicy"})
    assert evaluate()["list secrets"].verdict == "could-not-ask", "AWS does not publish what it allows"


def test_missing_context_values_are_not_a_denial(
    operator: World, evaluate: Callable[..., dict[str, CheckReport]]
) -> None:
    operator.answers["SimulatePrincipalPolicy"] = simulated(lambda _: "implicitDeny", "aws:PrincipalOrgID")
    line = evaluate()["call iam:ListRoles"]
    assert (line.verdict, line.result) == ("could-not-ask", "not-proven")
    assert "aws:PrincipalOrgID" in line.evidence.message


def test_a_value_that_the_call_does_not_send_is_not_missing(operator: World, manifest_file: Callable[..., str]) -> None:
    operator.answers["SimulatePrincipalPolicy"] = simulated(lambda _: "implicitDeny", "EKS:kubernetesGroups")
    entry = {"clusterName": "dev-api", "principalArn": "arn:aws:iam::111122223333:user/x", "type": "STANDARD"}
    calls = [aws_call("eks:CreateAccessEntry", False, **entry), aws_call("iam:ListRoles", False)]
    result = run(manifest_file(aws=calls), "--quiet", "--json", "-")
    lines = {check.call: check for check in Report.model_validate_json(result.stdout).checks}
    assert lines["call eks:CreateAccessEntry"].result == "as-expected"
    assert lines["call iam:ListRoles"].result == "not-proven", "another action may get it from elsewhere"


def test_a_denial_of_the_operator_is_inconclusive_for_the_integration(
    operator: World, evaluate: Callable[..., dict[str, CheckReport]]
) -> None:
    operator.answers["SimulatePrincipalPolicy"] = lambda _: xml_error(403, "AccessDenied", "the operator may not")
    operator.kubernetes = lambda server, method, path: status(403, "Forbidden", "the operator may not review")
    lines = evaluate()
    for call in ("call iam:ListRoles", "list secrets", BEYOND):
        assert lines[call].result == "not-proven", call
        assert lines[call].verdict == "could-not-ask", call


def test_an_undeclared_policy_of_the_role_is_found(operator: World, manifest_file: Callable[..., str]) -> None:
    operator.answers |= policies(READ, {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"})
    result = run(manifest_file(statements=[READ]), "--quiet", "--json", "-")
    (line,) = (c for c in Report.model_validate_json(result.stdout).checks if c.call == BEYOND and c.plane == "aws")
    assert line.result == "mismatch"
    assert line.evidence.message == "policy own allows iam:PassRole on *", "which no harmless call would have shown"


def test_a_cluster_outside_of_eks_is_inconclusive_and_has_a_remedy(
    operator: World, manifest_file: Callable[..., str]
) -> None:
    path = Path(manifest_file(statements=[READ]))
    manifest = json.loads(path.read_text())
    manifest["integrations"]["acme"]["clusters"]["api"] |= {"method": "eks-connector", "authenticationMode": None}
    path.write_text(json.dumps(manifest))
    result = run(str(path), "--quiet", "--json", "-")
    lines = {check.call: check for check in Report.model_validate_json(result.stdout).checks}
    assert lines["list secrets"].result == "not-proven"
    line = lines[SIGN_IN]
    assert (line.verdict, line.result) == ("could-not-ask", "not-proven")
    assert "outside of EKS" in line.evidence.message
    assert "operator's kubeconfig" in line.evidence.message
