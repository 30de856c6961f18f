"""What is visible to each integration in a cluster, side by side. Pure: the report in, a table for each cluster out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..json import CheckReport, Report
from ..seen import SeenKind
from .view import evidence


@dataclass(frozen=True)
class Sight:
    """How much of a kind one integration sees: the number, or why there is none."""

    words: str
    style: str
    """`some`, `none`, `refused`, `gap` or `unasked`."""
    share: float = 0.0
    """Of the most that anyone sees there."""
    reason: str = ""


@dataclass(frozen=True)
class SideBySide:
    """One cluster, as each integration sees it."""

    cluster: str
    integrations: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Sight, ...]], ...]


UNASKED = Sight("—", "unasked", reason="not asked")


def side_by_side(report: Report) -> list[SideBySide]:
    clusters = dict.fromkeys(key for integration in report.integrations for key in integration.clusters)
    return [table for key in clusters if (table := _beside(report, key)).rows]


def _beside(report: Report, cluster: str) -> SideBySide:
    names = tuple(integration.name for integration in report.integrations if cluster in integration.clusters)
    sights: dict[str, dict[str, SeenKind]] = {
        seen.integration: {kind.kind: kind for kind in seen.kinds}
        for seen in report.seen or ()
        if seen.cluster == cluster
    }
    kinds = dict.fromkeys(kind for name in names for kind in sights.get(name, {}))
    rows = [(_plural(kind), tuple(_seen(kind, name, names, sights) for name in names)) for kind in kinds]
    return SideBySide(cluster, names, (*rows, *_tried(report, cluster, names, set(kinds))))


def _seen(kind: str, name: str, names: Iterable[str], sights: Mapping[str, Mapping[str, SeenKind]]) -> Sight:
    found = sights.get(name, {}).get(kind)
    if found is None:
        return UNASKED
    if found.state == "refused":
        return Sight("⊘ refused", "refused", reason=found.reason)
    if found.state == "absent":
        return Sight("—", "unasked", reason="the cluster does not serve this kind")
    most = max(sights[other][kind].count for other in names if kind in sights.get(other, {}))
    words, reason = f"{found.count:,}", found.reason
    if found.state == "incomplete":
        return Sight(f"{words} or more", "gap", found.count / (most or 1), reason)
    return Sight(words, "some" if found.count else "none", found.count / (most or 1), reason)


def _tried(
    report: Report, cluster: str, names: Sequence[str], listed: set[str]
) -> Iterator[tuple[str, tuple[Sight, ...]]]:
    """What was only tried: resources whose lists were asked for as an expectation."""
    tried: dict[str, dict[str, CheckReport]] = {}
    for check in report.checks:
        verb, _, target = check.call.partition(" ")
        if check.cluster == cluster and verb == "list" and not _is_listed(target, listed):
            tried.setdefault(target, {})[check.integration] = check
    for target, by_name in tried.items():
        yield _named(target), tuple(_verdict(by_name.get(name)) for name in names)


KINDS = (
    "ClusterRoleBinding",
    "ClusterRole",
    "ConfigMap",
    "CronJob",
    "DaemonSet",
    "Deployment",
    "EndpointSlice",
    "Endpoints",
    "Event",
    "Ingress",
    "Job",
    "Namespace",
    "NetworkPolicy",
    "Node",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "Pod",
    "ReplicaSet",
    "RoleBinding",
    "Role",
    "Secret",
    "ServiceAccount",
    "Service",
    "StatefulSet",
)


def _plural(kind: str) -> str:
    if kind.endswith("y"):
        return f"{kind[:-1]}ies"
    return kind if kind.endswith("ts") else f"{kind}es" if kind.endswith("s") else f"{kind}s"


def _named(target: str) -> str:
    """`ClusterRoles` for `clusterroles.rbac.authorization.k8s.io`; what is not known stays as it is."""
    resource, space, place = target.partition(" ")
    plural = resource.partition(".")[0]
    name = next((_plural(kind) for kind in KINDS if _plural(kind).lower() == plural), resource)
    return f"{name}{space}{place}"


def _is_listed(target: str, kinds: set[str]) -> bool:
    """`deployments.apps` is `Deployment`, `ingresses.networking.k8s.io` is `Ingress`."""
    return target.partition(".")[0] in {_plural(kind).lower() for kind in kinds}


def _verdict(check: CheckReport | None) -> Sight:
    if check is None:
        return UNASKED
    match check.verdict:
        case "allowed":
            return Sight("may list", "some")
        case "denied":
            return Sight("⊘ refused", "refused", reason=evidence(check))
        case _:
            return Sight("not proven", "gap", reason=evidence(check))
