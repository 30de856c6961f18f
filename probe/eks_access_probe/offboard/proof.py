"""Proves that an integration is gone: every way in is refused for its cause, and nothing is left of it.

EKS and IAM are eventually consistent, so what is still open is asked and read again until a deadline. At the end every
refusal is asked for once more. What could not be asked is never counted as refused.
"""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from eks_access.endpoint import LoopbackError
from eks_access.kubernetes.client import ApiError, KubernetesApi, UnreachableError
from eks_access.kubernetes.credentials import CredentialError
from eks_access.kubernetes.kubeconfig import KubeconfigError
from eks_access.manifest.models import Cluster, IntegrationAccess, Manifest
from eks_access.redaction import redacted

from ..identity.assume_role import AssumeRoleError
from ..identity.aws_clients import Aws, Keys
from ..leftovers.findings import ClusterContext, Finding, build_context, find_leftovers
from ..leftovers.inspector import ClusterInspector
from ..leftovers.survey import list_eks_clusters, load_leftover_patterns
from ..outcome import Answer, Verdict
from ..run.retry import CheckRetryPolicy
from .conclusions import conclude
from .former import FormerActor
from .remains import find_connected_remains, find_remains, find_vendor_objects, to_lines
from .report import Line, RoleReport, State, VendorObject
from .ways import ASSUME, SESSION, Way

READ_AGAIN_SECONDS = 2.0
AGAIN_SECONDS = 10.0
"""For the refusals that are asked for once more: no longer than a network's hiccup."""
THREADS = 16
_FAILURES = (
    ClientError,
    BotoCoreError,
    ApiError,
    UnreachableError,
    LoopbackError,
    AssumeRoleError,
    KubeconfigError,
    CredentialError,
    OSError,
)


@dataclass(frozen=True)
class Subject:
    """The former integration, and what its remains are looked for with.

    `manifest` is the stack's, with the integration as it was.
    """

    name: str
    access: IntegrationAccess
    manifest: Manifest
    role: RoleReport
    aws: Aws
    keys: Keys
    actor: FormerActor

    @property
    def region(self) -> str:
        return self.actor.region

    def create_inspector(self) -> ClusterInspector:
        """A new one for each reading: it remembers which principals there are."""
        return ClusterInspector(self.aws, self.keys, only_loopback=self.manifest.endpoint == "loopback")


def ask_before(ways: Sequence[Way]) -> list[Line]:
    """Each way in, asked once: before the removal they are expected to be open."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="offboard") as pool:
        answers = list(pool.map(lambda way: way.check.ask(), ways))
    return [_to_line(way, answer) for way, answer in zip(ways, answers, strict=True)]


def prove(subject: Subject, ways: Sequence[Way], before: Sequence[Line], seconds: float) -> list[Line]:
    """The lines of the proof."""
    deadline = time.monotonic() + seconds
    asked = _ask_until_refused(subject, ways, seconds)
    remains = _read_until_gone(subject, deadline)
    refused = [way for way in ways if asked[way.key].state is State.CLOSED]
    again = _ask_until_refused(subject, refused, min(seconds, AGAIN_SECONDS))
    lines = {**asked, **again}
    return [*(conclude(line, before, remains) for line in lines.values()), *remains]


def _ask_until_refused(subject: Subject, ways: Sequence[Way], seconds: float) -> dict[str, Line]:
    async def ask_all() -> list[Line]:
        policy = CheckRetryPolicy(seconds, pool)
        tasks = [_ask_one(policy, way, stays=_stays(subject.access, way)) for way in ways]
        return await asyncio.gather(*tasks)

    for way in ways:
        way.check.renew()  # an API server remembers its answer to a token
    with ThreadPoolExecutor(THREADS, thread_name_prefix="offboard") as pool:
        lines = asyncio.run(ask_all())
    return {line.key: line for line in lines}


def _stays(access: IntegrationAccess, way: Way) -> bool:
    """Whether it is not for this stack to close: the role is its owner's."""
    return access.role.existing and way.key in (ASSUME, SESSION)


async def _ask_one(policy: CheckRetryPolicy, way: Way, *, stays: bool) -> Line:
    if not stays:
        return _to_line(way, (await policy.run(way.check)).answer)
    line = _to_line(way, await asyncio.to_thread(way.check.ask))
    if line.state is not State.OPEN:
        return line
    words = f"{line.evidence}: the role is its owner's, and stays"
    return line.model_copy(update={"state": State.STAYS, "evidence": words})


def _to_line(way: Way, answer: Answer) -> Line:
    states = {Verdict.ALLOWED: State.OPEN, Verdict.DENIED: State.CLOSED}
    state = states.get(answer.verdict, State.UNKNOWN)
    return way.line(state=state, evidence=answer.evidence or answer.verdict.value, asked_at=datetime.now(UTC))


def _read_until_gone(subject: Subject, deadline: float) -> list[Line]:
    """What is left, read again while something is that may only not have vanished yet."""
    while True:
        lines = read_remains(subject)
        vanishing = [line for line in lines if line.state is State.OPEN and not line.key.startswith("vendor:")]
        if not vanishing or time.monotonic() + READ_AGAIN_SECONDS > deadline:
            return lines
        time.sleep(READ_AGAIN_SECONDS)


def read_remains(subject: Subject) -> list[Line]:
    """Everything that is left of the integration, in IAM and in every cluster of the environment."""
    inspector, now = subject.create_inspector(), datetime.now(UTC)
    lines, findings = [_read_role_line(subject, now)], list[Finding]()
    for key, cluster in list_eks_clusters(subject.manifest).items():
        context = _context(subject, key, cluster.name, cluster.region)
        try:
            state = inspector.inspect(cluster.name, cluster.region, subject.manifest.account)
        except _FAILURES as error:
            lines.append(_unread(f"read:{key}", key, "what is in the cluster", error, now))
            continue
        lines += find_remains(subject.name, subject.access, state, context, now)
        findings += find_leftovers(state, context)
    if subject.access.is_connected:
        for key, connected in subject.access.clusters.items():
            lines += _read_connected(subject, inspector, key, connected, now)
    return [*lines, *to_lines(find_vendor_objects(findings, subject.name, subject.access, subject.manifest), now)]


def read_vendor_objects(subject: Subject) -> list[VendorObject]:
    """What the vendor made itself, as far as it can be read now."""
    inspector, findings = subject.create_inspector(), list[Finding]()
    for key, cluster in list_eks_clusters(subject.manifest).items():
        try:
            state = inspector.inspect(cluster.name, cluster.region, subject.manifest.account)
        except _FAILURES:
            continue  # the proof reports it
        findings += find_leftovers(state, _context(subject, key, cluster.name, cluster.region))
    return find_vendor_objects(findings, subject.name, subject.access, subject.manifest)


def _context(subject: Subject, key: str, name: str, region: str) -> ClusterContext:
    patterns = load_leftover_patterns(subject.manifest)
    return build_context(subject.manifest, key, name, region, patterns, frozenset({subject.name}))


def _read_role_line(subject: Subject, now: datetime) -> Line:
    role, what = subject.access.role, "its role in IAM"

    def line(state: State, evidence: str) -> Line:
        return Line(key="role", plane="remains", what=what, state=state, evidence=evidence, asked_at=now)

    iam = subject.aws.client("iam", subject.region, subject.keys)
    try:
        found = iam.get_role(RoleName=role.name)["Role"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return line(State.CLOSED, f"IAM has no role {role.name}")
        return _unread("role", "", what, error, now)
    except (BotoCoreError, LoopbackError) as error:
        return _unread("role", "", what, error, now)
    if role.existing:
        return line(State.STAYS, f"{role.arn} is its owner's, and stays")
    if subject.role.unique_id and found["RoleId"] != subject.role.unique_id:
        return line(State.CLOSED, f"IAM has another role of that name now, with the id {found['RoleId']}")
    return line(State.OPEN, f"{role.arn} is still there")


def _unread(key: str, where: str, what: str, error: BaseException, now: datetime) -> Line:
    return Line(
        key=key,
        plane="remains",
        where=where,
        what=what,
        state=State.UNKNOWN,
        evidence=f"could not be read: {redacted(str(error))}",
        asked_at=now,
    )


def _read_connected(
    subject: Subject, inspector: ClusterInspector, key: str, cluster: Cluster, now: datetime
) -> list[Line]:
    """A cluster outside of EKS: its registration, and with the operator's kubeconfig what is in it."""
    lines = [_read_registration(subject, key, cluster, now)]
    try:
        kubeconfig = subject.actor.operator_kubeconfig(key).read_text(encoding="utf-8")
        api = KubernetesApi.from_kubeconfig(kubeconfig)
        state = inspector.inspect_connected(api)
    except _FAILURES as error:
        return [*lines, _unread(f"read:{key}", key, "what is in the cluster", error, now)]
    context = _context(subject, key, cluster.name, cluster.region)
    return lines + find_connected_remains(subject.name, subject.access, state, context, now)


def _read_registration(subject: Subject, key: str, cluster: Cluster, now: datetime) -> Line:
    what = "its registration with EKS Connector"

    def line(state: State, evidence: str) -> Line:
        return Line(
            key=f"registration:{key}",
            plane="remains",
            where=key,
            what=what,
            state=state,
            evidence=evidence,
            asked_at=now,
        )

    try:
        found = subject.aws.client("eks", cluster.region, subject.keys).describe_cluster(name=cluster.name)["cluster"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return line(State.CLOSED, f"EKS has no cluster {cluster.name}")
        return _unread(f"registration:{key}", key, what, error, now)
    except (BotoCoreError, LoopbackError) as error:
        return _unread(f"registration:{key}", key, what, error, now)
    if not found.get("connectorConfig"):
        return line(State.CLOSED, f"EKS has a cluster {cluster.name} of its own, which is not connected")
    return line(State.OPEN, f"{cluster.name} is registered, with status {found['status']}")
