"""The flow: credentials, then clusters all at once, then what each integration needs of the deployer."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from eks_access.errors import EksAccessError, InvalidInputError
from eks_access.kubernetes.kubeconfig import read_kubeconfig_file
from eks_access.model.identity import AuthenticationMode
from eks_access.provision.deployer_rights import ClusterRights, list_aws_rights, list_cluster_rights
from eks_access.redaction import redacted
from eks_access.stack.configuration import Declared, Environment
from eks_access.stack.description import Described, describe_declared

from ..checks.aws_errors import parse_error
from ..identity.aws_clients import Aws
from .aws_rights import check_aws_rights
from .clock import check_clock
from .clusters import ClusterResult, ClusterTarget, check_cluster
from .credentials import CLIENT_ERRORS, Caller, check_credentials
from .finding import Check, Finding, Status
from .kubernetes_rights import check_kubernetes_rights
from .proxies import check_proxies

_THREADS = 16
_ANY_REGION = "us-east-1"
"""Where the caller is asked about if no region is known: every one answers alike in a partition."""
_NO_STACK = "they follow from an environment's integrations: give --stack NAME"
_NO_CREDENTIALS = "not known without AWS credentials"
_OTHER_ACCOUNT = "not known with credentials of another account"


@dataclass(frozen=True)
class Subject:
    """What is examined: an environment, or without one the clusters of a region.

    Attributes:
        region: the AWS region; None where it is not known, and so no cluster without an environment is.
        environment: the environment; None to examine the region's clusters.
        clusters: only clusters with these keys or names; all where there are none.
        profile: the AWS profile; None for the environment's credentials.
        endpoint: the endpoint on this machine that every AWS call goes to; None for AWS itself.
        only_loopback: must clusters be on this machine too?
    """

    region: str | None
    environment: Environment | None = None
    clusters: tuple[str, ...] = ()
    profile: str | None = None
    endpoint: str | None = None
    only_loopback: bool = False


@dataclass
class Examination:
    """What was found, and what decides which programs are needed.

    Attributes:
        findings: what was found.
        modes: the authentication modes of the clusters whose mode could be read.
        are_modes_complete: are these all of the clusters?
        official_kinds: the kinds of objects that Pulumi's own plugin for Kubernetes creates.
    """

    findings: list[Finding] = field(default_factory=list)
    modes: dict[str, AuthenticationMode] = field(default_factory=dict)
    are_modes_complete: bool = False
    official_kinds: frozenset[str] = frozenset()


def examine(aws: Aws, subject: Subject, environ: Mapping[str, str]) -> Examination:
    """Everything but the installed programs. Nothing is created or changed, and no error is raised."""
    done = Examination()
    declared = None if subject.environment is None else subject.environment.aws["account"]
    region = subject.region or _ANY_REGION
    credentials = check_credentials(aws, subject.profile, region, declared)
    now = datetime.now(UTC)
    done.findings += credentials.findings
    caller = credentials.caller
    if caller is None or (declared is not None and caller.account != declared):
        done.findings.append(check_clock(now, credentials.date, "AWS"))
        done.findings += check_proxies(environ, subject.endpoint, (), frozenset())
        reason = _NO_CREDENTIALS if caller is None else _OTHER_ACCOUNT
        checks = (Check.CLUSTER, Check.INTEGRATION, Check.AWS_RIGHTS, Check.KUBERNETES_RIGHTS)
        done.findings += [Finding(check, Status.UNKNOWN, reason) for check in checks]
        return done
    targets = _list_targets(aws, caller, subject, done)
    with ThreadPoolExecutor(_THREADS) as pool:
        examined = list(
            pool.map(lambda each: check_cluster(aws, caller, each, only_loopback=subject.only_loopback), targets)
        )
    in_eks = [each for each in examined if not each.target.owner]
    done.modes = {each.target.key: each.mode for each in in_eks if each.mode is not None}
    done.are_modes_complete = bool(in_eks) and len(done.modes) == len(in_eks)
    for each in examined:
        done.findings += each.findings
    _check_rights(aws, caller, subject.environment, region, examined, done)
    done.findings.append(_compare_clock(now, credentials.date, examined))
    endpoints = [each.endpoint for each in examined if each.endpoint is not None]
    done.findings += check_proxies(environ, subject.endpoint, endpoints, done.official_kinds)
    return done


def _compare_clock(now: datetime, date: datetime | None, examined: Iterable[ClusterResult]) -> Finding:
    if date is not None:
        return check_clock(now, date, "AWS")
    for each in examined:
        if each.date is not None:
            return check_clock(datetime.now(UTC), each.date, f"cluster {each.target.key}")
    return check_clock(now, None, "")


def _list_targets(aws: Aws, caller: Caller, subject: Subject, done: Examination) -> list[ClusterTarget]:
    if subject.environment is not None:
        found = [*_environment_targets(subject.environment, done)]
    elif subject.region is None:
        advice = "Give --region, or set AWS_REGION."
        done.findings.append(
            Finding(Check.CLUSTER, Status.UNKNOWN, "no region: which clusters are meant?", advice=advice)
        )
        return []
    else:
        found = _region_targets(aws, caller, subject.region, subject.clusters, done)
    wanted = subject.clusters
    for name in wanted:
        if not any(name in (each.key, each.name) for each in found):
            done.findings.append(Finding(Check.CLUSTER, Status.PROBLEM, "there is no such cluster", name))
    return [each for each in found if not wanted or each.key in wanted or each.name in wanted]


def _environment_targets(environment: Environment, done: Examination) -> Iterable[ClusterTarget]:
    region = environment.aws["region"]
    for key, args in environment.clusters.items():
        yield ClusterTarget.from_arguments(key, args, region)
    for declared in environment.integrations:
        if not declared.vendor.own_clusters:
            continue
        for key, connected in declared.arguments["clusters"].items():
            try:
                text = connected.get("kubeconfig")
                if text is None and "kubeconfig_file" in connected:
                    text = read_kubeconfig_file(f"clusters.{key}.kubeconfig_file", connected["kubeconfig_file"])
            except InvalidInputError as error:
                done.findings.append(Finding(Check.CLUSTER, Status.PROBLEM, str(error), key))
                continue
            yield ClusterTarget(
                key, connected["name"], connected.get("region", region), kubeconfig=text, owner=declared.name
            )


def _region_targets(
    aws: Aws, caller: Caller, region: str, named: tuple[str, ...], done: Examination
) -> list[ClusterTarget]:
    if named:
        return [ClusterTarget(name, name, region) for name in named]
    try:
        eks: Any = aws.client("eks", region, caller.keys)
        names = [name for page in eks.get_paginator("list_clusters").paginate() for name in page["clusters"]]
    except ClientError as error:
        parsed = parse_error(error)
        summary = f"the clusters of {region} cannot be listed: {parsed.code}: {redacted(parsed.message)}"
        advice = "Name them with --cluster, or have eks:ListClusters allowed."
        done.findings.append(Finding(Check.CLUSTER, Status.UNKNOWN, summary, advice=advice))
        return []
    except CLIENT_ERRORS as error:
        summary = f"the clusters of {region} cannot be listed: {redacted(str(error))}"
        done.findings.append(Finding(Check.CLUSTER, Status.UNKNOWN, summary))
        return []
    if not names:
        done.findings.append(
            Finding(Check.CLUSTER, Status.NOT_NEEDED, f"region {region} has no cluster", advice="Give --region.")
        )
    return [ClusterTarget(name, name, region) for name in names]


def _check_rights(
    aws: Aws,
    caller: Caller,
    environment: Environment | None,
    region: str,
    examined: Iterable[ClusterResult],
    done: Examination,
) -> None:
    if environment is None:
        done.findings += [
            Finding(check, Status.NOT_NEEDED, _NO_STACK) for check in (Check.AWS_RIGHTS, Check.KUBERNETES_RIGHTS)
        ]
        return
    described = [
        each
        for declared in environment.integrations
        if (each := _describe(environment, declared, caller, done)) is not None
    ]
    rights = [right for each in described for right in list_aws_rights(each.integration, each.place)]
    if rights:
        done.findings += check_aws_rights(aws, caller, rights, region)
    needed: dict[tuple[str, str], list[ClusterRights]] = {}
    for each in described:
        owner = each.declared.name if each.declared.vendor.own_clusters else ""
        for one in list_cluster_rights(each.integration, each.place):
            needed.setdefault((owner, one.key), []).append(one)
    done.official_kinds = frozenset(kind for every in needed.values() for one in every for kind in one.official_kinds)
    asked = [(each, there) for each in examined if (there := needed.get((each.target.owner, each.target.key)))]
    with ThreadPoolExecutor(_THREADS) as pool:
        for found in pool.map(lambda each: _check_rights_in(*each), asked):
            done.findings += found


def _check_rights_in(result: ClusterResult, needed: list[ClusterRights]) -> list[Finding]:
    if result.api is not None:
        return check_kubernetes_rights(result.api, result.target.key, needed)
    summary = "whether you may deploy is not known, since the cluster could not be asked"
    return [Finding(Check.KUBERNETES_RIGHTS, Status.UNKNOWN, summary, result.target.key)]


def _describe(environment: Environment, declared: Declared, caller: Caller, done: Examination) -> Described | None:
    try:
        described = describe_declared(
            environment, declared, partition=caller.partition, account=environment.aws["account"], modes=done.modes
        )
    except EksAccessError as error:
        advice = f"Correct `integrations.{declared.name}` in the environment's file."
        done.findings.append(Finding(Check.INTEGRATION, Status.PROBLEM, str(error), declared.name, advice=advice))
        return None
    summary = f"{described.integration.title}, profile {described.integration.profile}"
    done.findings.append(Finding(Check.INTEGRATION, Status.OK, summary, declared.name))
    return described
