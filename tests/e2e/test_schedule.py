"""The scheduled probe: the Jobs and pods of its CronJob, and what its pods find without impersonation.

KWOK's pods run nothing, so their container's own command is run here, with the environment that EKS and the Job give
it.
"""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import Sandbox
from tests.e2e.program import CHECKOUT, Program
from tests.mutation.bench import until

pytestmark = pytest.mark.e2e

NAME = "fleet-probe"
HOME = "dev-both"
JOBS = f"/apis/batch/v1/namespaces/{NAME}/jobs"
PODS = f"/api/v1/namespaces/{NAME}/pods"
ISSUER = "oidc.sandbox.test"
CONFIG = {
    "eks-access:integrations": {
        "told-opentrace": {
            "vendor": "opentrace",
            "client_id": "1234567890-sandbox.apps.googleusercontent.com",
            "subject": "110169484474386276334",
        },
        "told-conductorone": {
            "vendor": "conductorone",
            "clusters": ["both"],
            "tier": "provision",
            "external_id": "told-to-nobody",
            "grantable_cluster_roles": ["view"],
        },
    }
}


@pytest.fixture(scope="module")
def installed(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Program:
    main = CHECKOUT / "tests/e2e/schedule_program"
    program = Program(sandbox, tmp_path_factory.mktemp("schedule"), "schedule", CONFIG, main=main)
    program.up()
    return program


@pytest.fixture(scope="module")
def cron_job(sandbox: Sandbox, installed: Program) -> dict[str, Any]:
    found: dict[str, Any] = sandbox.clusters[HOME].admin.json(
        "GET", f"/apis/batch/v1/namespaces/{NAME}/cronjobs/{NAME}"
    )
    return found


@pytest.fixture(scope="module")
def pod_environment(sandbox: Sandbox, installed: Program, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a pod, whose only credential is the token that EKS mounts."""
    token = tmp_path_factory.mktemp("token") / "token"
    subject = f"system:serviceaccount:{NAME}:{NAME}"
    token.write_text(sandbox.mint_token(audience="sts.amazonaws.com", subject=subject, issuer=ISSUER))
    role = f"arn:aws:iam::111122223333:role/eks-access-{NAME}"
    kept = {key: value for key, value in sandbox.env.items() if not key.startswith("AWS_ACCESS_KEY")}
    del kept["AWS_SECRET_ACCESS_KEY"]
    return kept | {"AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": str(token), "AWS_ROLE_SESSION_NAME": "pod"}


def test_the_job_of_the_cron_job_creates_a_restricted_pod_for_each_shard(
    sandbox: Sandbox, cron_job: Mapping[str, Any]
) -> None:
    api = sandbox.clusters[HOME].admin
    namespace = api.json("GET", f"/api/v1/namespaces/{NAME}")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    job = {"metadata": {"name": "by-hand"}, "spec": cron_job["spec"]["jobTemplate"]["spec"]}
    api.json("POST", JOBS, body=job)
    try:
        of_job = {"labelSelector": "batch.kubernetes.io/job-name=by-hand"}
        assert until(lambda: len(api.json("GET", PODS, query=of_job)["items"]) == 2, 60), "the API server admits them"
        indices = set()
        for pod in api.json("GET", PODS, query=of_job)["items"]:
            indices.add(pod["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"])
            (container,) = pod["spec"]["containers"]
            assert "JOB_COMPLETION_INDEX" in {each["name"] for each in container["env"]}
        assert indices == {"0", "1"}
    finally:
        api.json("DELETE", f"{JOBS}/by-hand", query={"propagationPolicy": "Background"})

    privileged = json.loads(json.dumps(cron_job["spec"]["jobTemplate"]["spec"]["template"]))
    privileged["metadata"] = {"name": "privileged"}
    privileged["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    refused = api.request("POST", PODS, body=privileged, query={"dryRun": "All"})
    assert refused.status == 403
    assert b"PodSecurity" in refused.body, "the namespace admits no other kind of pod"


def test_the_merged_reports_of_the_shards_equal_the_report_of_one_run(
    sandbox: Sandbox, cron_job: Mapping[str, Any], pod_environment: dict[str, str], tmp_path: Path
) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(config_map(sandbox))
    (container,) = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    command = [*container["command"], *container["args"]]
    assert "--as-operator" in command
    for index in range(2):
        filled = [
            part.replace("$(JOB_COMPLETION_INDEX)", str(index)).replace("/etc/eks-access/manifest.json", str(manifest))
            for part in command
        ]
        done = run(filled, pod_environment)
        assert done.returncode == 0, f"no mismatch: {done.stdout}"
        assert done.stderr == "", "its log is only the report"
        (tmp_path / f"shard-{index}.json").write_text(done.stdout)
    shards = [str(tmp_path / f"shard-{index}.json") for index in range(2)]
    merged = run(["eks-access", "merge", *shards], pod_environment)
    assert merged.returncode == 0

    whole = run([*command[: command.index("--shard")], "--manifest", str(manifest)], pod_environment)
    report = json.loads(whole.stdout)
    assert comparable(json.loads(merged.stdout)) == comparable(report)
    assert {c["cluster"] for c in report["checks"]} == {None, "api", "both", "configmap"}
    assert {check["result"] for check in report["checks"]} == {"as-expected"}
    assert not any(check["exercised"] for check in report["checks"])
    assert {check["plane"] for check in report["checks"]} == {"aws", "kubernetes"}, "the trust is skipped, not passed"


def test_undeclared_and_missing_permissions_are_found_without_impersonation(
    sandbox: Sandbox, pod_environment: dict[str, str], tmp_path: Path
) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(config_map(sandbox))
    iam, api = sandbox.boto("iam"), sandbox.clusters["dev-api"].admin
    role, binding = "eks-access-told-opentrace", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
    statement = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    before = api.json("GET", f"{binding}/told-opentrace-read")
    iam.put_role_policy(RoleName=role, PolicyName="somebody-elses", PolicyDocument=document)
    api.json("DELETE", f"{binding}/told-opentrace-read")
    try:
        command = ["eks-access", "probe", "--as-operator", "--manifest", str(manifest), "--quiet", "--json", "-"]
        options = ["--integration", "told-opentrace", "--cluster", "api", "--deadline", "0"]
        found = run([*command, *options], pod_environment)
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="somebody-elses")
        kept = {key: before["metadata"][key] for key in ("name", "labels", "annotations")}
        api.json("POST", binding, body={**before, "metadata": kept})
    assert found.returncode == 1
    mismatches = {c["call"]: c for c in json.loads(found.stdout)["checks"] if c["result"] == "mismatch"}
    assert mismatches["call s3:ListAllMyBuckets"]["verdict"] == "allowed"
    message = mismatches["hold rights beyond the description"]["evidence"]["message"]
    assert message == "policy somebody-elses allows s3:ListAllMyBuckets on *"
    assert mismatches["list pods"]["verdict"] == "denied"
    assert {c["expected"] for call, c in mismatches.items() if c["plane"] == "kubernetes"} == {"allowed"}


def test_the_scheduled_probe_has_only_the_permissions_that_it_needs(
    sandbox: Sandbox, installed: Program, tmp_path: Path
) -> None:
    """It is an integration like others: the probe impersonates it, and every other call is denied."""
    outputs = installed.pulumi("stack", "output", "probe", "--json", "--stack", installed.stack).stdout
    (tmp_path / "probe.json").write_text(outputs)
    subject = f"system:serviceaccount:{NAME}:{NAME}"
    mint = [str(sandbox.state.bin / "sandbox"), "mint-token", "--issuer", ISSUER, "--audience", "sts.amazonaws.com"]
    tokens = {
        "token": {"command": [*mint, "--subject", subject]},
        "wrong_audience": {"command": [*mint[:-1], "vault", "--subject", subject]},
        "wrong_subject": {"command": [*mint, "--subject", "system:serviceaccount:default:default"]},
        "forged": {"command": [*mint, "--subject", subject, "--signed-by", "forged"]},
    }
    identities = {"version": 1, "integrations": {NAME: {"web_identity": tokens}}}
    (tmp_path / "identities.yaml").write_text(yaml.safe_dump(identities))
    files = ["--manifest", str(tmp_path / "probe.json"), "--identities", str(tmp_path / "identities.yaml")]
    done = sandbox.run(["eks-access", "probe", *files], timeout=300)
    assert done.returncode == 0, done.stdout


def test_the_scheduled_probes_manifest_has_nothing_that_only_the_vendor_needs(
    sandbox: Sandbox, installed: Program
) -> None:
    manifest = json.loads(config_map(sandbox))
    assert set(manifest["integrations"]) == {"told-opentrace", "told-conductorone"}
    assert "told-to-nobody" not in config_map(sandbox)
    assert all(not access["handoff"]["fields"] for access in manifest["integrations"].values())


def config_map(sandbox: Sandbox) -> str:
    path = f"/api/v1/namespaces/{NAME}/configmaps/{NAME}"
    text: str = sandbox.clusters[HOME].admin.json("GET", path)["data"]["manifest.json"]
    return text


def run(command: list[str], env: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, env=dict(env), capture_output=True, text=True, timeout=300, check=False)


def comparable(report: dict[str, Any]) -> dict[str, Any]:
    """The report without times and evidence: if two bindings allow a call, RBAC names the one evaluated first."""
    gone = ("attempts", "seconds", "evidence")
    checks = [{key: value for key, value in check.items() if key not in gone} for check in report["checks"]]
    return {key: value for key, value in report.items() if key not in ("seconds", "startedAt")} | {"checks": checks}
