"""`eks-access probe` against a fake AWS and clusters: mismatches, output and exit codes."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import eks_access.kubernetes.token
from eks_access.kubernetes.client import Response, UnreachableError
from eks_access_cli.commands.probe import command as probe
from eks_access_probe.checks import cluster_session
from eks_access_probe.report.models import Report
from tests.support.world import (
    EXTERNAL_ID,
    SECRET_KEY,
    SESSION_TOKEN,
    World,
    aws_call,
    json_error,
    presigned,
    status,
    xml_error,
)

SERVER_OF_API = "https://127.0.0.1:6443"
ALL = 3 + 1 + 3 + 1 + 5 + 1  # trust refusals, the assumption, AWS, signing in, the cluster's calls, what is beyond


def run(*arguments: str, deadline: str = "0") -> Result:
    return CliRunner().invoke(probe, [*arguments, "--deadline", deadline], catch_exceptions=False)


def report(result: Result) -> Report:
    return Report.model_validate_json(result.stdout)


def findings(result: Result) -> dict[str, tuple[str, str]]:
    """What is not as expected: the verdict and result of each such call."""
    return {
        f"{check.cluster or 'aws'}: {check.call}": (check.verdict.value, check.result.value)
        for check in report(result).checks
        if check.result != "as-expected"
    }


def test_access_as_declared_exits_with_0_and_prints_every_expectation(
    world: World, manifest_file: Callable[..., str]
) -> None:
    result = run("--manifest", manifest_file())
    assert result.exit_code == 0, result.output
    for call in ("eks:ListClusters", "iam:ListRoles", "pods", "deployments.apps", "configmaps aws-auth in kube-system",
                 "secrets", "pods/exec", "without the ExternalId", "as another account's principal"):  # fmt: skip
        assert call in " ".join(result.stdout.split()), f"{call} must be in the default table"
    assert f"✓ All {ALL} expectations hold: 1 integration on 1 cluster" in result.stdout
    assert result.stderr == "", "standard error is empty if all is well and it is not a terminal"


def test_piped_output_has_no_colours(world: World, manifest_file: Callable[..., str]) -> None:
    assert "\x1b" not in run("--manifest", manifest_file(), "--verbose").output


def test_the_json_report_is_in_the_manifests_order_and_the_same_every_time(
    world: World, manifest_file: Callable[..., str]
) -> None:
    first, second = (run("--manifest", manifest_file(("api", "both")), "--json", "-") for _ in range(2))
    calls = [(c.cluster, c.call) for c in report(first).checks]
    assert calls == [(c.cluster, c.call) for c in report(second).checks]
    assert calls[:2] == [(None, "assume the role as the vendor"), (None, "assume the role without the ExternalId")]
    assert [cluster for cluster, _ in calls[7:]] == ["api"] * 7 + ["both"] * 7
    assert report(first).summary.as_expected == len(calls)
    assert "expectations hold" in first.stderr, "the table is still shown"


def test_the_report_says_how_each_call_was_answered(world: World, manifest_file: Callable[..., str]) -> None:
    checks = {check.call: check for check in report(run("--manifest", manifest_file(), "--json", "-")).checks}
    secrets = checks["list secrets"]
    assert (secrets.expected, secrets.verdict) == ("denied", "denied")
    assert (secrets.evidence.status, secrets.evidence.reason) == (403, "Forbidden")
    assert 'cannot list resource "secrets"' in secrets.evidence.message
    assert checks["create pods/exec"].detail == "access review", "a write is never attempted"
    assert checks["get configmaps aws-auth in kube-system"].evidence.status == 404, "authorized, and not there"


def test_json_is_written_to_a_file_in_addition_to_the_table(
    world: World, manifest_file: Callable[..., str], tmp_path: Path
) -> None:
    file = tmp_path / "report.json"
    result = run("--manifest", manifest_file(), "--json", str(file))
    assert "expectations hold" in result.stdout
    assert Report.model_validate_json(file.read_text()).environment == "dev"


# Sabotage. Each mismatch names its integration, cluster and call.


def test_a_removed_binding_is_a_mismatch(world: World, manifest_file: Callable[..., str]) -> None:
    world.forbidden |= {"pods", "deployments", "configmaps"}
    result = run("--manifest", manifest_file(), "--json", "-")
    assert result.exit_code == 1
    assert findings(result) == {
        "api: list pods": ("denied", "mismatch"),
        "api: list deployments.apps": ("denied", "mismatch"),
        "api: get configmaps aws-auth in kube-system": ("denied", "mismatch"),
    }


def test_a_widened_role_is_a_mismatch(world: World, manifest_file: Callable[..., str]) -> None:
    world.forbidden = set()
    world.reviews_allowed = {"create pods/exec"}
    result = run("--manifest", manifest_file(), "--json", "-")
    assert result.exit_code == 1
    assert findings(result) == {
        "api: list secrets": ("allowed", "mismatch"),
        "api: create pods/exec": ("allowed", "mismatch"),
    }


def test_an_undeclared_right_is_a_mismatch_although_no_expectation_names_it(
    world: World, manifest_file: Callable[..., str]
) -> None:
    world.reviews_allowed = {"list leases", "delete nodes"}
    result = run("--manifest", manifest_file(), "--json", "-")
    assert findings(result) == {"api: hold rights beyond the description": ("allowed", "mismatch")}
    (found,) = (check for check in report(result).checks if check.result == "mismatch")
    assert found.evidence.message.startswith("2 of "), "with the number of access reviews"
    assert found.evidence.message.endswith(": delete nodes, list leases.coordination.k8s.io"), (
        "and the undeclared rights"
    )


def test_a_failed_access_review_leaves_undeclared_rights_inconclusive(
    world: World, manifest_file: Callable[..., str]
) -> None:
    incomplete = b'{"status": {"allowed": false, "evaluationError": "webhook: connection refused"}}'

    def fails(server: str, method: str, path: str) -> Response | None:
        return Response(201, {}, incomplete) if path.endswith("/selfsubjectaccessreviews") else None

    world.kubernetes = fails
    result = run("--manifest", manifest_file(), "--json", "-")
    assert result.exit_code == 3, "an incomplete answer is no denial"
    assert findings(result) == {
        "api: create pods/exec": ("could-not-ask", "not-proven"),
        "api: hold rights beyond the description": ("could-not-ask", "not-proven"),
    }


def test_a_widened_trust_policy_is_a_mismatch(world: World, manifest_file: Callable[..., str]) -> None:
    world.trusts_strangers = True
    result = run("--manifest", manifest_file(), "--json", "-")
    assert result.exit_code == 1
    assert findings(result) == {"aws: assume the role as another account's principal": ("allowed", "mismatch")}


def test_a_widened_and_a_narrowed_policy_are_mismatches(world: World, manifest_file: Callable[..., str]) -> None:
    world.answers["ListClusters"] = lambda request: json_error(403, "AccessDeniedException", "not authorized")
    world.answers["ListRoles"] = lambda request: xml_error(404, "NoSuchEntity", "no roles")
    result = run("--manifest", manifest_file(), "--json", "-")
    assert findings(result) == {
        "aws: call eks:ListClusters": ("denied", "mismatch"),
        "aws: call iam:ListRoles": ("allowed", "mismatch"),
    }


def test_another_group_in_the_access_entry_is_a_mismatch(world: World, manifest_file: Callable[..., str]) -> None:
    world.groups = ["acme:admins", "system:authenticated"]
    result = run("--manifest", manifest_file())
    assert result.exit_code == 1
    assert "the group 'acme:readers' is missing" in result.stdout
    assert "the group 'acme:admins' was not declared" in result.stdout
    printed = " ".join(result.stdout.split())
    assert "aws eks describe-access-entry --cluster-name=dev-api" in printed, "with the command that shows the entry"


def test_a_removed_mapping_is_one_mismatch_and_not_many(world: World, manifest_file: Callable[..., str]) -> None:
    world.unauthenticated_clusters = {SERVER_OF_API}
    result = run("--manifest", manifest_file(("api", "both")), "--json", "-")
    assert result.exit_code == 1
    unasked = {call: found for call, found in findings(result).items() if found[1] == "not-proven"}
    assert len(unasked) == 6, "no other check of that cluster can be made, nor counts as denied"
    assert findings(result).items() - unasked.items() == {
        ("api: sign in as acme:{{SessionName}} in acme:readers", ("not-authenticated", "mismatch"))
    }
    assert "skipped 6 more calls because of this" in " ".join(result.stderr.split())


def test_a_mismatch_is_printed_with_expectation_evidence_and_advice(
    world: World, manifest_file: Callable[..., str]
) -> None:
    world.forbidden = {"secrets", "pods"}
    printed = " ".join(run("--manifest", manifest_file()).stdout.split())
    assert "✗ acme in cluster api: list pods" in printed
    assert "expected allowed: the test's" in printed
    assert "actual denied (1 attempt)" in printed
    assert "403 Forbidden: pods is forbidden" in printed
    assert "pulumi preview --refresh" in printed
    assert f"✗ {ALL - 1} of {ALL} expectations hold, 1 mismatch" in printed


def test_the_same_mismatch_in_several_clusters_is_printed_once(world: World, manifest_file: Callable[..., str]) -> None:
    world.reviews_allowed = {"create pods/exec"}
    result = run("--manifest", manifest_file(("api", "both", "configmap")))
    assert "✗ acme in clusters api, both, configmap: create pods/exec" in result.stdout
    assert "3 mismatches" in result.stdout


# Inconclusive checks.


def test_denials_prove_nothing_while_the_vendor_itself_is_denied(
    world: World, manifest_file: Callable[..., str]
) -> None:
    world.external_id = "another-one"
    result = run("--manifest", manifest_file(), "--json", "-")
    assert result.exit_code == 1
    assert findings(result).pop("aws: assume the role as the vendor") == ("denied", "mismatch")
    assert findings(result)["aws: assume the role without the ExternalId"] == ("could-not-ask", "not-proven")
    assert world.calls["AssumeRole"] == 1, "no further call was made"


def test_a_missing_credential_exits_with_3(world: World, manifest_file: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "identities.yaml").write_text("version: 1\n")
    result = run("--manifest", manifest_file(), "--json", "-")
    assert result.exit_code == 3
    assert set(findings(result).values()) == {("could-not-ask", "not-proven")}


def test_throttling_is_not_a_denial(
    world: World, manifest_file: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.kubernetes = lambda server, method, path: (
        status(429, "TooManyRequests", "too many requests") if path == "/api/v1/secrets" else None
    )
    result = run("--manifest", manifest_file(), "--json", "-")
    assert result.exit_code == 3, "a throttled call that should be denied is not as expected"
    assert findings(result) == {"api: list secrets": ("throttled", "not-proven")}


def test_an_unreachable_cluster_does_not_delay_the_others(
    world: World, manifest_file: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    others_done = threading.Event()
    paths: list[str] = []

    def answer(server: str, method: str, path: str) -> Response | None:
        if server == SERVER_OF_API:
            # No answer before every other cluster has all of its own.
            assert others_done.wait(20), "the other clusters waited for the unreachable one"
            raise UnreachableError(server, TimeoutError("timed out"))
        paths.append(path)
        if sum(not path.startswith("/apis/a") or path.endswith("s") for path in paths) >= 12:
            others_done.set()
        return None

    world.kubernetes = answer
    result = run("--manifest", manifest_file(("api", "both", "configmap")), "--json", "-", "--concurrency", "2")
    assert result.exit_code == 3
    assert set(findings(result).values()) == {("unreachable", "not-proven")}
    assert {call.partition(":")[0] for call in findings(result)} == {"api"}


def test_an_interrupted_run_is_no_mismatch(
    world: World, manifest_file: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("eks_access_cli.flows.probe._prove", interrupted)
    result = run("--manifest", manifest_file())
    assert result.exit_code == 130
    assert "Interrupted; no report was written." in result.stderr


# Consistency.


def test_a_role_that_sts_does_not_know_yet_is_retried(world: World, manifest_file: Callable[..., str]) -> None:
    world.role_known_after = 2
    result = run("--manifest", manifest_file(), "--json", "-", deadline="30")
    assert result.exit_code == 0
    first = report(result).checks[0]
    assert first.attempts == 3
    assert {c.attempts for c in report(result).checks[1:4]} == {1}, "a denial that is expected is not retried"


def test_a_cluster_is_retried_with_a_new_token(
    world: World, manifest_file: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    created: list[str] = []
    really = eks_access.kubernetes.token.presigned_token

    def presigned_token(*arguments: Any, **options: Any) -> Any:
        token = really(*arguments, **options)
        created.append(token.value)
        return token

    monkeypatch.setattr(cluster_session, "presigned_token", presigned_token)
    refusals = iter([status(401, "Unauthorized", "Unauthorized")] * 2)
    world.kubernetes = lambda server, method, path: next(refusals, None)
    result = run("--manifest", manifest_file(), "--json", "-", deadline="30")
    assert result.exit_code == 0
    sign_in = next(check for check in report(result).checks if check.call.startswith("sign in"))
    assert sign_in.attempts == 3
    at_the_end = 1
    assert len(created) == sign_in.attempts + at_the_end, "the API server would keep its answer to the old token"
    assert presigned(created[0])["X-Amz-Credential"][0].startswith("ASIAASSUMED/")


def test_clusters_are_probed_concurrently_and_an_unreachable_one_delays_no_other(
    world: World, manifest_file: Callable[..., str]
) -> None:
    clusters = tuple(f"c{number}" for number in range(25))
    gone, wait = "https://127.0.0.1:6467", 0.02
    waited: list[str] = []

    def slowly(server: str, method: str, path: str) -> None:
        time.sleep(wait)
        waited.append(server)
        if server == gone:
            raise UnreachableError(server, TimeoutError("timed out"))

    world.kubernetes = slowly
    started = time.monotonic()
    result = run("--manifest", manifest_file(clusters), "--concurrency", "64", "--json", "-")
    elapsed = time.monotonic() - started
    assert elapsed < len(waited) * wait / 4, "the answers alone would take longer one after the other"
    assert result.exit_code == 3
    assert {check.cluster for check in report(result).checks if check.verdict == "unreachable"} == {"c24"}
    assert not report(result).summary.mismatches


# Selection and input.


def test_integrations_and_clusters_can_be_selected(world: World, manifest_file: Callable[..., str]) -> None:
    path = manifest_file(("api", "both"))
    result = run("--manifest", path, "--integration", "acme", "--cluster", "both", "--json", "-")
    assert {check.cluster for check in report(result).checks} == {None, "both"}
    assert "on 1 cluster" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--integration", "other"], "there is no integration 'other'; the access manifest has acme"),
        (["--cluster", "other"], "there is no cluster 'other'; the access manifest has api"),
        (["--stack", "dev"], "either --stack NAME or --manifest FILE"),
        (["--json", "/no/such/folder/report.json"], "cannot write"),
        (["--identities", "/no/such/file"], "No such file"),
    ],
)
def test_bad_input_exits_with_2_before_any_call(
    arguments: list[str], message: str, world: World, manifest_file: Callable[..., str]
) -> None:
    result = run("--manifest", manifest_file(), *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not world.calls


def test_a_loopback_environment_is_not_probed_where_calls_could_leave(
    world: World, manifest_file: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    result = run("--manifest", manifest_file())
    assert result.exit_code == 2
    assert "make up" in result.stderr
    assert not world.calls


def test_a_loopback_environment_with_a_cluster_elsewhere_is_not_probed(
    world: World, manifest_file: Callable[..., str]
) -> None:
    path = Path(manifest_file())
    path.write_text(path.read_text().replace(SERVER_OF_API, "https://ABC.gr7.us-east-1.eks.amazonaws.com"))
    result = run("--manifest", str(path))
    assert result.exit_code == 2
    assert "cluster 'api' is at https://ABC" in result.stderr
    assert not world.calls


def test_many_clusters_are_counted_rather_than_shown_side_by_side(
    world: World, manifest_file: Callable[..., str]
) -> None:
    world.unauthenticated_clusters = {SERVER_OF_API}
    clusters = tuple(f"c{number}" for number in range(25))
    result = run("--manifest", manifest_file(clusters), "--concurrency", "16")
    assert "24/25" in result.stdout
    assert "✗ acme in cluster c0: sign in" in result.stdout, "the cluster that is not as expected is named"
    assert max(map(len, result.stdout.splitlines())) <= 200


# Secrets.


@pytest.mark.parametrize("forbidden", [{"secrets"}, {"pods"}])
def test_no_output_contains_a_secret(
    forbidden: set[str], world: World, manifest_file: Callable[..., str], tmp_path: Path
) -> None:
    world.forbidden = forbidden
    file = tmp_path / "report.json"
    result = run("--manifest", manifest_file(), "--json", str(file), "--verbose")
    for secret in (
        SECRET_KEY,
        SESSION_TOKEN,
        "vendor-secret-key",
        EXTERNAL_ID,
        "ASIAASSUMED",
        "k8s-aws-v1",
        "in-the-body",
    ):
        assert secret not in result.output + file.read_text()
    assert world.tokens, "tokens were created"


def test_a_token_that_a_server_repeats_is_redacted(world: World, manifest_file: Callable[..., str]) -> None:
    def answer(server: str, method: str, path: str) -> Response | None:
        token = next(iter(world.tokens))
        return (
            status(500, "InternalError", f"bad token {token} for {SESSION_TOKEN[:0]}you")
            if path.endswith("pods")
            else None
        )

    world.kubernetes = answer
    result = run("--manifest", manifest_file(), "--json", "-", "--verbose")
    assert "bad token [redacted] for you" in result.stdout
    assert not any(token in result.output for token in world.tokens)


def test_an_action_without_an_api_call_is_inconclusive(world: World, manifest_file: Callable[..., str]) -> None:
    result = run("--manifest", manifest_file(aws=[aws_call("iam:PassRole", False)]), "--json", "-")
    assert findings(result) == {"aws: call iam:PassRole": ("could-not-ask", "not-proven")}
    assert json.loads(result.stdout)["schemaVersion"] == 1
