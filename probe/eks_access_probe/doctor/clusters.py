"""Each cluster: whether EKS has it and in which mode, whether its API server answers, and as which user."""

import base64
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from botocore.exceptions import ClientError

from eks_access.endpoint import is_loopback
from eks_access.errors import EksAccessError
from eks_access.kubernetes.client import KubernetesApi, UnreachableError
from eks_access.kubernetes.credentials import CredentialError
from eks_access.kubernetes.kubeconfig import KubeconfigError
from eks_access.kubernetes.token import TokenTooLargeError, presigned_token
from eks_access.model.identity import AuthenticationMode, supports_access_entries
from eks_access.model.placeholders import is_known
from eks_access.provision.arguments import ClusterArgs
from eks_access.redaction import redacted
from eks_access.shell_command import format_command

from ..checks.aws_errors import is_denial, parse_error
from ..identity.aws_clients import Aws
from .clock import read_date
from .credentials import CLIENT_ERRORS, Caller
from .finding import Check, Finding, Status
from .proxies import Endpoint

WHO_AM_I = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_TIMEOUT = 10.0
_USABLE = ("ACTIVE", "UPDATING")
_ADMINISTRATOR = "AmazonEKSClusterAdminPolicy"


@dataclass(frozen=True)
class ClusterTarget:
    """A cluster to examine, as its environment has it or by its name alone."""

    key: str
    name: str
    region: str
    declared_mode: AuthenticationMode | None = None
    kubeconfig: str | None = None
    owner: str = ""
    """The integration that it is declared with, where it is outside of EKS and known by its kubeconfig alone."""

    @classmethod
    def from_arguments(cls, key: str, args: ClusterArgs, region: str) -> "ClusterTarget":
        kubeconfig = args.get("kubeconfig")
        return cls(
            key,
            cast("str", args["name"]),
            args.get("region", region),
            args.get("authentication_mode"),
            cast("str | None", kubeconfig),
        )


@dataclass(frozen=True)
class ClusterResult:
    """What was found; `api` is None where the API server cannot be asked as the caller."""

    target: ClusterTarget
    findings: tuple[Finding, ...]
    mode: AuthenticationMode | None = None
    endpoint: Endpoint | None = None
    api: KubernetesApi | None = field(default=None, repr=False)
    date: datetime | None = None


class _ExaminationError(EksAccessError):
    """The examination of a cluster ends with this finding."""

    def __init__(self, target: ClusterTarget, status: Status, summary: str, advice: str = "") -> None:
        self.finding = Finding(Check.CLUSTER, status, summary, target.key, advice=advice)
        super().__init__(summary)


def check_cluster(aws: Aws, caller: Caller, target: ClusterTarget, *, only_loopback: bool) -> ClusterResult:
    """Examines one cluster; with `only_loopback`, none that is not on this machine."""
    mode = endpoint = None
    findings: list[Finding] = []
    try:
        described = None if target.owner else _describe(aws, caller, target)
        if described is not None:
            mode = _read_mode(target, described)
            endpoint = Endpoint(target.key, described["endpoint"], _is_private(described))
            findings += _compare_modes(target, mode)
        api = _connect(target, described, caller, only_loopback=only_loopback)
        user, date = _ask_who_am_i(api, target, caller, mode, endpoint)
    except _ExaminationError as end:
        return ClusterResult(target, (*findings, end.finding), mode, endpoint)
    way = "outside of EKS" if mode is None else f"authentication mode {mode}"
    findings.append(Finding(Check.CLUSTER, Status.OK, f"{way}; you are {user} there", target.key))
    return ClusterResult(target, tuple(findings), mode, endpoint, api, date)


def _describe(aws: Aws, caller: Caller, target: ClusterTarget) -> dict[str, Any]:
    if not is_known(target.name):
        raise _ExaminationError(
            target, Status.UNKNOWN, "its name is a secret of the stack, which is not decrypted here"
        )
    try:
        described: dict[str, Any] = aws.client("eks", target.region, caller.keys).describe_cluster(name=target.name)[
            "cluster"
        ]
    except ClientError as error:
        raise _describe_failure(target, error) from error
    except CLIENT_ERRORS as error:
        raise _ExaminationError(target, Status.UNKNOWN, f"EKS cannot be asked: {redacted(str(error))}") from error
    if described.get("connectorConfig"):
        raise _ExaminationError(
            target,
            Status.PROBLEM,
            f"{target.name} is not a cluster of EKS: EKS Connector connects it",
            "Declare it under `clusters` of an integration of the vendor eks-connector instead.",
        )
    if described["status"] not in _USABLE:
        raise _ExaminationError(
            target, Status.PROBLEM, f"{target.name} is {described['status']}", "Wait until EKS has it as ACTIVE."
        )
    return described


def _describe_failure(target: ClusterTarget, error: ClientError) -> _ExaminationError:
    parsed = parse_error(error)
    if parsed.code == "ResourceNotFoundException":
        return _ExaminationError(
            target,
            Status.PROBLEM,
            f"there is no cluster {target.name} in {target.region}",
            f"{format_command('aws eks list-clusters', {'region': target.region})} lists those that there are.",
        )
    if is_denial(parsed.code):
        return _ExaminationError(
            target,
            Status.PROBLEM,
            f"you may not read it: {redacted(parsed.message)}",
            "Allow eks:DescribeCluster on it: every deployment reads the cluster's authentication mode.",
        )
    return _ExaminationError(target, Status.UNKNOWN, f"EKS answered {parsed.code}: {redacted(parsed.message)}")


def _read_mode(target: ClusterTarget, described: dict[str, Any]) -> AuthenticationMode:
    text = (described.get("accessConfig") or {}).get("authenticationMode")
    try:
        return AuthenticationMode(str(text))
    except ValueError as error:
        summary = f"its authentication mode is {text!r}, which this version does not know"
        raise _ExaminationError(target, Status.UNKNOWN, summary) from error


def _compare_modes(target: ClusterTarget, mode: AuthenticationMode) -> list[Finding]:
    if target.declared_mode in (None, mode):
        return []
    return [
        Finding(
            Check.CLUSTER,
            Status.PROBLEM,
            f"its authentication mode is {mode}, and the environment has {target.declared_mode}",
            target.key,
            advice=f"Correct `clusters.{target.key}.authentication_mode`, or leave it out: it is read from EKS.",
        )
    ]


def _is_private(described: dict[str, Any]) -> bool:
    network = described.get("resourcesVpcConfig") or {}
    return bool(network.get("endpointPrivateAccess")) and not network.get("endpointPublicAccess", True)


def _connect(
    target: ClusterTarget, described: dict[str, Any] | None, caller: Caller, *, only_loopback: bool
) -> KubernetesApi:
    if target.kubeconfig is not None and not is_known(target.kubeconfig):
        raise _ExaminationError(
            target, Status.UNKNOWN, "its kubeconfig is a secret of the stack, which is not decrypted here"
        )
    try:
        if target.kubeconfig is not None:
            api = KubernetesApi.from_kubeconfig(target.kubeconfig, timeout=_TIMEOUT)
        elif described is not None:
            api = KubernetesApi(
                described["endpoint"],
                ca_data=base64.b64decode(described["certificateAuthority"]["data"]),
                bearer=lambda: presigned_token(caller.keys, cluster_name=target.name, region=target.region).value,
                timeout=_TIMEOUT,
            )
        else:
            raise _ExaminationError(target, Status.PROBLEM, "it has no kubeconfig")
    except (KubeconfigError, OSError) as error:
        raise _ExaminationError(target, Status.PROBLEM, str(error), "Correct its kubeconfig.") from error
    if only_loopback and not is_loopback(api.server):
        raise _ExaminationError(
            target,
            Status.PROBLEM,
            f"the environment has `endpoint: loopback`, and the cluster's endpoint {api.server} is not on this machine",
        )
    return api


def _ask_who_am_i(
    api: KubernetesApi,
    target: ClusterTarget,
    caller: Caller,
    mode: AuthenticationMode | None,
    endpoint: Endpoint | None,
) -> tuple[str, datetime | None]:
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        response = api.request("POST", WHO_AM_I, body=body)
    except UnreachableError as error:
        raise _ExaminationError(target, Status.PROBLEM, redacted(str(error)), _route_advice(endpoint)) from error
    except CredentialError as error:
        raise _ExaminationError(target, Status.PROBLEM, redacted(str(error)), "Correct its kubeconfig.") from error
    except TokenTooLargeError as error:
        raise _ExaminationError(target, Status.PROBLEM, str(error)) from error
    date = read_date(response.headers)
    if response.status == 401:
        advice = _mapping_advice(target, caller, mode)
        raise _ExaminationError(
            target,
            Status.PROBLEM,
            "the cluster does not know you (401 Unauthorized): it maps your principal to no user",
            advice,
        )
    if response.status >= 400:
        # The review is of Kubernetes 1.28. Who is asked about does not change what may be done.
        return f"a user that it does not name ({response.status})", date
    try:
        user = json.loads(response.body)["status"]["userInfo"]["username"]
    except (ValueError, KeyError, TypeError) as error:
        raise _ExaminationError(
            target,
            Status.PROBLEM,
            f"what answers at {api.server} is not a Kubernetes API server",
            "A proxy's or portal's own page may be in between: check the network.",
        ) from error
    return str(user), date


def _route_advice(endpoint: Endpoint | None) -> str:
    if endpoint is None:
        return "Check the server in its kubeconfig, and the network."
    if endpoint.private:
        return "Its endpoint is private: run where the cluster's VPC is reached (a VPN, or a runner in it)."
    return (
        "This connection is direct, without HTTPS_PROXY: check the network, and that this machine's address is among"
        " the endpoint's publicAccessCidrs."
    )


def _mapping_advice(target: ClusterTarget, caller: Caller, mode: AuthenticationMode | None) -> str:
    if mode is None:
        return "Correct the credential in its kubeconfig."
    principal = _principal_of(caller)
    if not supports_access_entries(mode):
        return f"Have an administrator of the cluster map {principal} in aws-auth, to a user that is one too."
    of = {"region": target.region, "cluster-name": target.name, "principal-arn": principal}
    policy = f"arn:{caller.partition}:eks::aws:cluster-access-policy/{_ADMINISTRATOR}"
    create = format_command("aws eks create-access-entry", of)
    associated = {**of, "policy-arn": policy, "access-scope": "type=cluster"}
    associate = format_command("aws eks associate-access-policy", associated)
    return f"Have an administrator of its account make you one of the cluster's: `{create}` and `{associate}`."


def _principal_of(caller: Caller) -> str:
    """The principal that an access entry names: the role of a session, whose path the session does not show."""
    parsed = caller.parsed
    if parsed is None or parsed.kind != "assumed-role":
        return caller.arn
    return f"arn:{parsed.partition}:iam::{parsed.account}:role/{parsed.resource.split('/')[1]}"
