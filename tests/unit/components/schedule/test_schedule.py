"""The scheduled probe as resources: its objects, its manifest and its permissions."""

import json
from typing import Any

import pulumi
import pytest

from eks_access import ProbeSchedule
from eks_access.errors import InvalidInputError
from eks_access.schedule.manifest import reduce_access
from tests.support.recording_engine import ACCESS_ENTRY, ROLE, ROLE_POLICY, Engine, run
from tests.support.world import EXTERNAL_ID, access

CRON_JOB = "kubernetes:batch/v1:CronJob"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
NAMESPACE = "kubernetes:core/v1:Namespace"
SERVICE_ACCOUNT = "eks-access:index:ServiceAccount"
ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
CLUSTERS: dict[str, Any] = {"api": {"name": "prod-api"}, "old": {"name": "prod-old"}}
ACME = access("Q0E=", ("api",))


def installed(**changes: Any) -> Engine:
    args: dict[str, Any] = {
        "clusters": CLUSTERS,
        "home": "api",
        "integrations": {"acme": ACME},
        "image": "registry.example/eks-access:0.1.0",
    }
    return run(lambda: ProbeSchedule("nightly", {**args, **changes}))  # type: ignore[typeddict-item]


def refusal(**changes: Any) -> str:
    with pytest.raises(pulumi.RunError) as refused:
        installed(**changes)
    return str(refused.value)


def pod(engine: Engine) -> dict[str, Any]:
    (cron_job,) = engine.of(CRON_JOB).values()
    found: dict[str, Any] = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return found


def test_it_runs_in_one_cluster_and_has_access_to_each() -> None:
    engine = installed()
    assert list(engine.of(CRON_JOB)) == ["nightly-api-cronjob-nightly"]
    assert list(engine.of(NAMESPACE)) == ["nightly-api-namespace-nightly"]
    assert list(engine.of(ACCESS_ENTRY)) == ["nightly-api"]
    assert list(engine.of("eks-access:index:AwsAuthMapping")) == ["nightly-old"]


def test_a_large_fleet_is_sharded_over_the_pods_of_an_indexed_job() -> None:
    engine = installed(shards=5)
    (cron_job,) = engine.of(CRON_JOB).values()
    job = cron_job["spec"]["jobTemplate"]["spec"]
    assert (job["completionMode"], job["completions"], job["parallelism"]) == ("Indexed", 5, 5)
    assert job["backoffLimitPerIndex"] == 0, "a mismatch in one shard ends no other"
    (container,) = pod(engine)["containers"]
    assert container["args"][-2:] == ["--shard", "$(JOB_COMPLETION_INDEX)/5"]


def test_its_pods_have_no_privileges_and_no_token() -> None:
    engine = installed()
    spec = pod(engine)
    (container,) = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert spec["automountServiceAccountToken"] is False
    (namespace,) = engine.of(NAMESPACE).values()
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_only_its_own_service_account_gets_its_role_by_pod_identity_or_irsa() -> None:
    engine = installed()
    assert list(engine.of(ASSOCIATION)) == ["nightly-api"], "in the home cluster only"
    (account,) = engine.of(SERVICE_ACCOUNT).values()
    assert "annotations" not in account["metadata"]

    by_irsa = installed(oidc_issuer="oidc.eks.us-east-1.amazonaws.com/id/X")
    assert by_irsa.of(ASSOCIATION) == {}
    (account,) = by_irsa.of(SERVICE_ACCOUNT).values()
    role = "arn:aws:iam::111122223333:role/eks-access-nightly"
    assert account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"] == role
    (made,) = by_irsa.of(ROLE).values()
    (statement,) = json.loads(made["assumeRolePolicy"])["Statement"]
    assert "system:serviceaccount:nightly:nightly" in json.dumps(statement["Condition"])


def test_it_may_evaluate_the_integrations_roles_and_no_others() -> None:
    (policy,) = installed().of(ROLE_POLICY).values()
    statements = {each["Sid"]: each for each in json.loads(policy["policy"])["Statement"]}
    assert statements["EvaluateRoles"]["Resource"] == [ACME["role"]["arn"]]
    assert statements["ReadEntries"]["Resource"] == ["arn:aws:eks:us-east-1:111122223333:access-entry/prod-api/*"]
    assert not any("*" in action for each in statements.values() for action in each["Action"])


def test_its_manifest_has_what_an_evaluation_needs_and_nothing_for_the_vendor() -> None:
    (config_map,) = installed().of(CONFIG_MAP).values()
    manifest = json.loads(config_map["data"]["manifest.json"])
    assert manifest["integrations"]["acme"]["kubernetes"] == ACME["kubernetes"]
    assert manifest["integrations"]["acme"]["trust"]["externalId"] is None
    assert EXTERNAL_ID not in json.dumps(manifest)
    assert manifest["account"] == "111122223333"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"home": "nowhere"}, "home is 'nowhere', which is not the key of one of the clusters"),
        ({"image": "registry.example/eks-access"}, "image is 'registry.example/eks-access', which names no version"),
        ({"image": "registry.example/eks-access:latest"}, "names no version"),
        ({"schedule": "every night"}, "is not a schedule"),
        ({"shards": 0}, "shards is 0, which is not between 1 and 1000"),
        ({"integrations": {}}, "integrations names no integration"),
        ({"shard": 2}, "shard is not a known property"),
    ],
)
def test_an_invalid_argument_is_rejected_with_its_path_and_what_is_allowed(
    changes: dict[str, Any], message: str
) -> None:
    assert message in refusal(**changes)


def test_an_integration_with_a_cluster_that_the_probe_cannot_access_is_rejected() -> None:
    with pytest.raises(InvalidInputError, match="cluster 'api', which is not among"):
        reduce_access("acme", ACME, ("old",))
    assert reduce_access("acme", ACME, ("api", "old"))["clusters"] == ACME["clusters"]
    with pytest.raises(InvalidInputError, match="is not an integration's access"):
        reduce_access("acme", {"role": {}}, ("api",))
