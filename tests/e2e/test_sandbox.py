"""The sandbox's EKS authenticates, authorizes and rejects as EKS does, and the sandbox leaves no process behind."""

import base64
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import psutil  # type: ignore[import-untyped]
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox import Sandbox
from sandbox.aws.identity_provider import FORGED
from sandbox.clusters import ClusterSpec
from sandbox.environment import OPENTRACE_AUDIENCE, OPENTRACE_SUBJECT
from sandbox.state import Runtime, State
from tests.e2e.principals import CUSTOMER, Role, eventually, in_cluster, who

pytestmark = pytest.mark.e2e

POLICY = "arn:aws:eks::aws:cluster-access-policy/"
CONFIG_MAP_MODE_ERROR = (
    "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation."
)


def add_to_aws_auth(sandbox: Sandbox, cluster: str, role_arn: str, username: str, group: str) -> None:
    api = sandbox.clusters[cluster].admin
    path = "/api/v1/namespaces/kube-system/configmaps"
    item = f'- rolearn: "{role_arn}"\n  username: "{username}"\n  groups: ["{group}"]\n'
    found = api.request("GET", f"{path}/aws-auth")
    if found.status == 404:
        manifest = {"metadata": {"name": "aws-auth", "namespace": "kube-system"}, "data": {"mapRoles": item}}
        api.json("POST", path, body={"apiVersion": "v1", "kind": "ConfigMap", **manifest})
        return
    present = json.loads(found.body)
    present["data"]["mapRoles"] += item
    api.json("PUT", f"{path}/aws-auth", body=present)


def get_error(call: Any, **arguments: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    error = refused.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Message"]


def status_of(api: Any, method: str, path: str) -> int:
    return int(api.request(method, path).status)


def test_status_shows_every_process_alive_and_exits_with_0(sandbox: Sandbox) -> None:
    shown = sandbox.run([sys.executable, "-m", "sandbox", "status", "--json"])
    assert shown.returncode == 0, shown.stderr
    status = json.loads(shown.stdout)
    assert [c["mode"] for c in status["clusters"]] == ["API", "API_AND_CONFIG_MAP", "CONFIG_MAP"]
    assert all(process["alive"] for process in status["processes"]), status["processes"]
    assert len(status["processes"]) == 1 + 3 * 6, "AWS, and six programs for each cluster"


def test_starting_a_running_sandbox_reports_it_and_changes_nothing(sandbox: Sandbox) -> None:
    again = sandbox.run([sys.executable, "-m", "sandbox", "up", "--detach"])
    assert again.returncode == 0, again.stderr
    assert "is running" in again.stdout
    assert Sandbox.find(sandbox.state.folder).runtime.pid == sandbox.runtime.pid, "the same supervisor"


def test_a_cluster_is_described_with_its_real_endpoint_and_certificate(sandbox: Sandbox) -> None:
    described = sandbox.boto("eks").describe_cluster(name="dev-both")["cluster"]
    assert described["endpoint"] == sandbox.clusters["dev-both"].endpoint
    assert described["version"] == "1.35"
    assert described["accessConfig"]["authenticationMode"] == "API_AND_CONFIG_MAP"
    answer = sandbox.clusters["dev-both"].admin.json("GET", "/version")
    assert answer["gitVersion"].startswith("v1.35")


@pytest.mark.parametrize("cluster", ["dev-api", "dev-both"])
def test_an_access_entry_authenticates_its_role_under_the_session_name(sandbox: Sandbox, cluster: str) -> None:
    role = Role.create(sandbox, path="/integrations/")
    assert who(role.in_cluster(cluster)) is None, "this role has no access yet"
    created = sandbox.boto("eks").create_access_entry(
        clusterName=cluster, principalArn=role.arn, kubernetesGroups=["auditors"]
    )["accessEntry"]
    assumed = f"arn:aws:sts::{CUSTOMER}:assumed-role/{role.name}"
    assert created["username"] == assumed + "/{{SessionName}}", "the username that EKS sets by default"
    eventually(lambda: who(role.in_cluster(cluster)), "the entry has had no effect")
    user = who(role.in_cluster(cluster, "alice@example.com"))
    assert user is not None
    assert user["username"] == f"{assumed}/alice-example.com"
    assert user["groups"] == ["auditors", "system:authenticated"]


def test_an_access_entry_is_described_with_the_tags_that_it_has_now(sandbox: Sandbox) -> None:
    role, eks = Role.create(sandbox), sandbox.boto("eks")
    key = {"clusterName": "dev-api", "principalArn": role.arn}
    entry = eks.create_access_entry(**key)["accessEntry"]
    eks.tag_resource(resourceArn=entry["accessEntryArn"], tags={"team": "x", "owner": "y"})
    assert eks.describe_access_entry(**key)["accessEntry"]["tags"] == {"team": "x", "owner": "y"}
    eks.untag_resource(resourceArn=entry["accessEntryArn"], tagKeys=["owner"])
    assert eks.describe_access_entry(**key)["accessEntry"]["tags"] == {"team": "x"}
    eks.delete_access_entry(**key)
    role.delete()


def test_a_config_map_cluster_authenticates_by_aws_auth_and_rejects_every_access_entry_call(sandbox: Sandbox) -> None:
    role, eks = Role.create(sandbox), sandbox.boto("eks")
    principal = {"clusterName": "dev-configmap", "principalArn": role.arn}
    for call in (eks.create_access_entry, eks.describe_access_entry, eks.list_associated_access_policies):
        assert get_error(call, **principal) == ("InvalidRequestException", 400, CONFIG_MAP_MODE_ERROR)
    assert get_error(eks.list_access_entries, clusterName="dev-configmap")[2] == CONFIG_MAP_MODE_ERROR
    add_to_aws_auth(sandbox, "dev-configmap", role.arn, "vendor:{{SessionName}}", "vendor:readers")
    eventually(lambda: who(role.in_cluster("dev-configmap")), "aws-auth has had no effect")
    user = who(role.in_cluster("dev-configmap"))
    assert user is not None
    assert (user["username"], user["groups"][0]) == ("vendor:tester", "vendor:readers")


def test_an_access_entry_takes_precedence_over_aws_auth(sandbox: Sandbox) -> None:
    role = Role.create(sandbox)
    add_to_aws_auth(sandbox, "dev-both", role.arn, "from-aws-auth", "aws-auth")
    eventually(lambda: who(role.in_cluster("dev-both")), "aws-auth has had no effect")
    assert (who(role.in_cluster("dev-both")) or {})["username"] == "from-aws-auth"
    sandbox.boto("eks").create_access_entry(clusterName="dev-both", principalArn=role.arn, username="from-the-entry")
    eventually(
        lambda: (who(role.in_cluster("dev-both")) or {}).get("username") == "from-the-entry",
        "the entry does not override aws-auth",
    )


def test_an_api_cluster_ignores_aws_auth(sandbox: Sandbox) -> None:
    ignored, witness = Role.create(sandbox), Role.create(sandbox)
    add_to_aws_auth(sandbox, "dev-api", ignored.arn, "ignored", "ignored")
    sandbox.boto("eks").create_access_entry(clusterName="dev-api", principalArn=witness.arn)
    eventually(lambda: who(witness.in_cluster("dev-api")), "an entry created later has had no effect")
    assert who(ignored.in_cluster("dev-api")) is None


def test_a_recreated_role_is_not_authenticated_by_its_old_access_entry(sandbox: Sandbox) -> None:
    eks, role = sandbox.boto("eks"), Role.create(sandbox)
    eks.create_access_entry(clusterName="dev-api", principalArn=role.arn)
    eventually(lambda: who(role.in_cluster("dev-api")), "the entry has had no effect")
    role.delete()
    again = Role.create(sandbox, role.name)
    assert again.arn == role.arn, "the ARNs are equal"
    assert who(again.in_cluster("dev-api")) is None, "the entry belongs to the deleted role"
    eks.delete_access_entry(clusterName="dev-api", principalArn=again.arn)
    eks.create_access_entry(clusterName="dev-api", principalArn=again.arn)
    eventually(lambda: who(again.in_cluster("dev-api")), "the new entry has had no effect")


def test_an_access_policy_allows_only_its_own_rights_and_reassociating_replaces_its_scope(sandbox: Sandbox) -> None:
    eks, role = sandbox.boto("eks"), Role.create(sandbox)
    principal = {"clusterName": "dev-api", "principalArn": role.arn}
    view = POLICY + "AmazonEKSViewPolicy"
    eks.create_access_entry(**principal)
    eks.associate_access_policy(**principal, policyArn=view, accessScope={"type": "cluster"})
    api = role.in_cluster("dev-api")
    eventually(lambda: status_of(api, "GET", "/api/v1/pods") == 200, "the policy has had no effect")
    assert status_of(api, "GET", "/api/v1/secrets") == 403, "ViewPolicy has no Secrets"
    assert status_of(api, "GET", "/api/v1/nodes") == 403, "ViewPolicy has no nodes"
    assert (who(api) or {})["groups"] == ["system:authenticated"], "an access policy gives no group"
    scope = {"type": "namespace", "namespaces": ["pay*"]}
    eks.associate_access_policy(**principal, policyArn=view, accessScope=scope)
    eventually(lambda: status_of(api, "GET", "/api/v1/pods") == 403, "the old scope is still in effect")
    assert status_of(api, "GET", "/api/v1/namespaces/payments/pods") == 200
    assert status_of(api, "GET", "/api/v1/namespaces/web/pods") == 403
    eks.disassociate_access_policy(**principal, policyArn=view)
    eventually(lambda: status_of(api, "GET", "/api/v1/namespaces/payments/pods") == 403, "the policy still allows")


def test_iam_denies_a_call_before_eks_validates_it(sandbox: Sandbox) -> None:
    """A caller without permission gets that error, and not the one about what else is wrong with the request."""
    iam = sandbox.boto("iam")
    iam.create_user(UserName="powerless")
    key = iam.create_access_key(UserName="powerless")["AccessKey"]
    eks = sandbox.boto("eks", key=(key["AccessKeyId"], key["SecretAccessKey"]))
    role = Role.create(sandbox)
    for call, arguments in (
        (eks.list_access_entries, {"clusterName": "dev-configmap"}),
        (eks.create_access_entry, {"clusterName": "dev-api", "principalArn": role.arn}),
        (eks.delete_access_entry, {"clusterName": "dev-api", "principalArn": role.arn}),
        (eks.update_cluster_config, {"name": "dev-api", "accessConfig": {"authenticationMode": "API"}}),
    ):
        assert get_error(call, **arguments)[:2] == ("AccessDeniedException", 403), arguments
    forged = sandbox.boto("eks", key=(key["AccessKeyId"], "wrong"))
    assert get_error(forged.list_access_entries, clusterName="dev-configmap")[1] == 403


def test_invalid_requests_get_the_error_messages_of_eks(sandbox: Sandbox) -> None:
    eks, role = sandbox.boto("eks"), Role.create(sandbox, path="/team/")
    principal = {"clusterName": "dev-api", "principalArn": role.arn}
    stripped = f"arn:aws:iam::{CUSTOMER}:role/{role.name}"
    cluster = {"type": "cluster"}
    view = POLICY + "AmazonEKSViewPolicy"
    invalid = "The specified principalArn is invalid: invalid principal."
    assert get_error(eks.create_access_entry, clusterName="dev-api", principalArn=stripped) == (
        "InvalidParameterException",
        400,
        invalid,
    )
    assert get_error(eks.create_access_entry, **principal, kubernetesGroups=["system:masters"])[2] == (
        "The kubernetes group name system:masters is invalid, it cannot start with system:"
    )
    assert get_error(eks.associate_access_policy, **principal, policyArn=view, accessScope=cluster)[:2] == (
        "ResourceNotFoundException",
        404,
    )
    eks.create_access_entry(**principal)
    assert get_error(eks.create_access_entry, **principal) == (
        "ResourceInUseException",
        409,
        "The specified access entry resource is already in use on this cluster.",
    )
    unknown = get_error(
        eks.associate_access_policy, **principal, policyArn=POLICY + "AmazonEKSNoPolicy", accessScope=cluster
    )
    assert unknown[2] == "The specified policyArn could not be found."
    assert get_error(eks.update_access_entry, **principal, username="aws:me")[2] == (
        "The username must not begin with aws:"
    )
    assert eks.update_access_entry(**principal, username="me")["accessEntry"]["username"] == "me"


def test_access_entries_are_listed_in_pages(sandbox: Sandbox) -> None:
    eks = sandbox.boto("eks")
    created = {Role.create(sandbox).arn for _ in range(3)}
    for arn in created:
        eks.create_access_entry(clusterName="dev-both", principalArn=arn)
    listing = eks.get_paginator("list_access_entries")
    pages = list(listing.paginate(clusterName="dev-both", PaginationConfig={"PageSize": 2}))
    assert all(len(page["accessEntries"]) <= 2 for page in pages)
    listed = [arn for page in pages for arn in page["accessEntries"]]
    assert created <= set(listed)
    assert len(listed) == len(set(listed)), "each once"


@pytest.fixture
def opentrace_role(sandbox: Sandbox) -> Callable[[dict[str, str]], str]:
    def create(conditions: dict[str, str]) -> str:
        statement = {
            "Effect": "Allow",
            "Principal": {"Federated": "accounts.google.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"accounts.google.com:{k}": v for k, v in conditions.items()}},
        }
        role = Role.create(sandbox)
        sandbox.boto("iam").update_assume_role_policy(
            RoleName=role.name,
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
        return role.arn

    return create


def assume_with(sandbox: Sandbox, role_arn: str, token: str) -> Any:
    sts: Any = boto3.client(
        "sts",
        endpoint_url=sandbox.endpoint,
        region_name="us-east-1",
        config=Config(signature_version=UNSIGNED, proxies={}),
    )
    return sts.assume_role_with_web_identity(RoleArn=role_arn, RoleSessionName="opentrace", WebIdentityToken=token)


def test_a_web_identity_token_is_validated_for_signature_time_audience_and_subject(
    sandbox: Sandbox, opentrace_role: Any
) -> None:
    arn = opentrace_role({"aud": OPENTRACE_AUDIENCE, "sub": OPENTRACE_SUBJECT})
    right = {"audience": OPENTRACE_AUDIENCE, "subject": OPENTRACE_SUBJECT}
    answer = assume_with(sandbox, arn, sandbox.mint_token(**right))
    assert answer["SubjectFromWebIdentityToken"] == OPENTRACE_SUBJECT
    keys = answer["Credentials"]
    sts = sandbox.boto("sts", key=(keys["AccessKeyId"], keys["SecretAccessKey"]))
    assert sts is not None
    for wrong, code in (
        ({**right, "signed_by": FORGED}, "InvalidIdentityToken"),
        ({**right, "lifetime": -60}, "ExpiredTokenException"),
        ({**right, "audience": "somebody-else"}, "AccessDenied"),
        ({**right, "subject": "1"}, "AccessDenied"),
        ({**right, "issuer": "accounts.example.com", "signed_by": FORGED}, "InvalidIdentityToken"),
    ):
        token = sandbox.mint_token(**wrong)
        assert get_error(assume_with, sandbox=sandbox, role_arn=arn, token=token)[0] == code, wrong


def test_with_an_authorized_party_the_requested_audience_is_oaud(sandbox: Sandbox, opentrace_role: Any) -> None:
    """A Google service account's token has its own number as azp and sub, and the requested audience as aud."""
    arn = opentrace_role({"aud": OPENTRACE_SUBJECT, "oaud": "https://opentrace.example"})
    right = {"audience": "https://opentrace.example", "subject": OPENTRACE_SUBJECT, "azp": OPENTRACE_SUBJECT}
    assert assume_with(sandbox, arn, sandbox.mint_token(**right))["Audience"] == OPENTRACE_SUBJECT
    other = sandbox.mint_token(**{**right, "audience": "https://other.example"})
    assert get_error(assume_with, sandbox=sandbox, role_arn=arn, token=other)[0] == "AccessDenied"


def test_iam_refuses_a_trust_in_a_pattern_and_in_a_role_that_is_not_there(sandbox: Sandbox) -> None:
    iam, name = sandbox.boto("iam"), "trusting"

    def trust(principal: str) -> str:
        statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    vendor = "arn:aws:iam::765656841499:role/ConductorOneService"
    role = Role.create(sandbox, name)
    try:
        for principal in (vendor[:-1] + "*", f"{vendor}2"):
            document = trust(principal)
            with pytest.raises(ClientError, match="Invalid principal in policy") as refused:
                iam.create_role(RoleName="x", AssumeRolePolicyDocument=document)
            assert refused.value.response["Error"]["Code"] == "MalformedPolicyDocument"
            with pytest.raises(ClientError, match="Invalid principal in policy"):
                iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust(vendor))
    finally:
        role.delete()


def test_a_vendor_assumes_the_customers_role_only_with_its_external_id(sandbox: Sandbox) -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::765656841499:role/ConductorOneService"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "right"}},
    }
    role = Role.create(sandbox)
    sandbox.boto("iam").update_assume_role_policy(
        RoleName=role.name, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    program = (
        "import boto3, sys; print(boto3.client('sts').assume_role("
        f"RoleArn='{role.arn}', RoleSessionName='sync', ExternalId=sys.argv[1])['AssumedRoleUser']['Arn'])"
    )

    def assume(profile: str, external_id: str) -> "subprocess.CompletedProcess[str]":
        variables = {"AWS_PROFILE": profile, "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        return sandbox.run([sys.executable, "-c", program, external_id], env=variables)

    assert f"assumed-role/{role.name}/sync" in assume("conductorone", "right").stdout
    for profile, external_id in (("conductorone", "wrong"), ("stranger", "right"), ("cado", "right")):
        refused = assume(profile, external_id)
        assert "AccessDenied" in refused.stderr, (profile, external_id, refused.stdout)


def test_every_canary_is_somewhere_in_each_cluster(sandbox: Sandbox) -> None:
    """Otherwise a search that finds no canary would prove nothing."""
    canaries = json.loads(sandbox.state.canaries.read_text())
    for cluster in sandbox.clusters.values():
        kinds = ("/api/v1/secrets", "/api/v1/configmaps", "/apis/apps/v1/deployments", "/apis/apps/v1/statefulsets")
        text = "".join(
            json.dumps(_with_plain_secrets(cluster.admin.json("GET", path)))
            for path in (*kinds, "/apis/batch/v1/cronjobs")
        )
        missing = [name for name, value in canaries.items() if value not in text]
        assert not missing, f"{cluster.name} lacks {missing}"


def _with_plain_secrets(listed: dict[str, Any]) -> dict[str, Any]:
    if listed["kind"] == "SecretList":
        for secret in listed["items"]:
            secret["data"] = {k: base64.b64decode(v).decode() for k, v in (secret.get("data") or {}).items()}
    return listed


@pytest.fixture(scope="module")
def another(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A second sandbox beside the first, with one empty cluster."""
    clusters = [ClusterSpec("switching", "CONFIG_MAP", nodes=False)]
    with Sandbox.start(tmp_path_factory.mktemp("another"), clusters, workload=False) as running:
        yield running


def test_two_sandboxes_share_neither_clusters_nor_ports(sandbox: Sandbox, another: Sandbox) -> None:
    assert another.boto("eks").list_clusters()["clusters"] == ["switching"]
    assert "switching" not in sandbox.boto("eks").list_clusters()["clusters"]
    ports = {process.port for process in sandbox.runtime.processes} - {None}
    assert not ports & {process.port for process in another.runtime.processes}


def test_the_authentication_mode_changes_one_step_at_a_time_and_takes_effect(another: Sandbox) -> None:
    eks, role = another.boto("eks"), Role.create(another)

    def move(mode: str) -> Any:
        return eks.update_cluster_config(name="switching", accessConfig={"authenticationMode": mode})["update"]

    def finished(update: Any) -> bool:
        now = eks.describe_update(name="switching", updateId=update["id"])["update"]
        return bool(now["status"] == "Successful")

    unsupported = "Unsupported authentication mode update from CONFIG_MAP to "
    wanted = {"name": "switching", "accessConfig": {"authenticationMode": "API"}}
    assert get_error(eks.update_cluster_config, **wanted)[2] == unsupported + "API"
    wanted["accessConfig"] = {"authenticationMode": "CONFIG_MAP"}
    assert get_error(eks.update_cluster_config, **wanted)[2] == unsupported + "CONFIG_MAP", "a no-op is refused too"
    update = move("API_AND_CONFIG_MAP")
    assert (update["status"], update["type"]) == ("InProgress", "AccessConfigUpdate")
    assert eks.describe_cluster(name="switching")["cluster"]["status"] == "UPDATING"
    assert get_error(move, mode="API")[0] == "ResourceInUseException", "one update at a time"
    eventually(lambda: finished(update), "the update does not finish")
    deployer = f"arn:aws:iam::{CUSTOMER}:user/deployer"
    assert eks.list_access_entries(clusterName="switching")["accessEntries"] == [deployer], "the creator's entry"
    add_to_aws_auth(another, "switching", role.arn, "by-aws-auth", "readers")
    eventually(lambda: who(role.in_cluster("switching")), "aws-auth is not read in mode API_AND_CONFIG_MAP")
    update = move("API")
    eventually(lambda: finished(update), "the update does not finish")
    eventually(lambda: who(role.in_cluster("switching")) is None, "aws-auth is still read in mode API")
    keys = another.runtime.access_keys["deployer"]
    creator = in_cluster(another, "switching", {"AccessKeyId": keys[0], "SecretAccessKey": keys[1]})
    assert status_of(creator, "GET", "/api/v1/secrets") == 200, "the creator is an administrator in every mode"


def test_the_sandbox_stops_with_a_message_if_one_of_its_programs_exits(tmp_path: Path) -> None:
    with Sandbox.start(tmp_path, [ClusterSpec("one", "API", nodes=False)], workload=False) as running:
        etcd = next(process for process in running.runtime.processes if process.name == "one.etcd")
        psutil.Process(etcd.pid).kill()
        eventually(lambda: not running.state.is_supervised(), "the supervisor continues without etcd")
        shown = running.run([sys.executable, "-m", "sandbox", "status"])
        assert shown.returncode == 3, "3: it is not running"
        assert "one.etcd ended (signal 9)" in shown.stdout
        assert not [process.name for process in running.runtime.processes if process.alive]


@pytest.mark.parametrize("end", ["down", "killed"])
def test_no_process_is_left_after_down_or_a_killed_supervisor(tmp_path: Path, end: str) -> None:
    with Sandbox.start(tmp_path, [ClusterSpec("one", "API")], workload=False) as running:
        processes = running.runtime.processes
        assert all(process.alive for process in processes), "they were running"
        if end == "down":
            stopped = running.run([sys.executable, "-m", "sandbox", "down"])
            assert stopped.returncode == 0, stopped.stderr
        else:
            psutil.Process(running.runtime.pid).kill()
        eventually(lambda: not any(process.alive for process in processes), "processes are left")
        eventually(lambda: not running.runtime.supervisor.alive, "the supervisor is left")
        assert not _processes_in(tmp_path)
        assert running.run([sys.executable, "-m", "sandbox", "status"]).returncode == 3


def test_ctrl_c_during_the_start_stops_every_process_at_once(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "sandbox", "up", "--state", str(tmp_path), "--cluster", "one=API"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as supervisor:
        eventually(lambda: (State(tmp_path).read() or Runtime(0, 0)).pid == supervisor.pid, "it does not start")
        eventually(lambda: _processes_in(tmp_path), "no process was started")
        supervisor.send_signal(signal.SIGINT)
        supervisor.wait(timeout=10)
    assert not _processes_in(tmp_path)


def test_the_state_of_a_killed_supervisor_is_replaced_by_a_new_start(tmp_path: Path) -> None:
    light = [ClusterSpec("one", "API", nodes=False)]
    with Sandbox.start(tmp_path, light, workload=False) as killed:
        psutil.Process(killed.runtime.pid).kill()
        # The kernel carries a signal out after it is sent; until then this supervisor runs.
        eventually(lambda: not killed.runtime.supervisor.alive, "the supervisor outlives its SIGKILL")
        with Sandbox.start(tmp_path, light, workload=False) as again:
            assert again.boto("eks").list_clusters()["clusters"] == ["one"]
            assert again.runtime.pid != killed.runtime.pid


def _processes_in(folder: Path) -> list[list[str]]:
    """The command lines of the programs that were started for a sandbox in this folder."""
    commands = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    return [command for command in commands if any(f"{folder}/" in part for part in command)]
