"""What each integration can see in a cluster, side by side. Pure: the report in, a table for each cluster out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..models import CheckReport, Report, SeenKind


@dataclass(frozen=True)
class VisibilityCell:
    """How much of a kind one integration sees: the number of objects, or why there is none."""

    words: str
    style: str
    """`some`, `none`, `refused`, `gap` or `unasked`."""
    share: float = 0.0
    """The fraction of the highest number that any integration sees in the cluster."""
    reason: str = ""


@dataclass(frozen=True)
class VisibilityTable:
    """One cluster: kinds by integrations."""

    cluster: str
    integrations: tuple[str, ...]
    rows: tuple[tuple[str, tuple[VisibilityCell, ...]], ...]


NOT_CHECKED = VisibilityCell("—", "unasked", reason="not checked")


def build_tables(report: Report) -> list[VisibilityTable]:
    """A table for each cluster in which something was listed or checked."""
    clusters = dict.fromkeys(key for integration in report.integrations for key in integration.clusters)
    return [table for key in clusters if (table := _build_table(report, key)).rows]


def _build_table(report: Report, cluster: str) -> VisibilityTable:
    names = tuple(integration.name for integration in report.integrations if cluster in integration.clusters)
    visible: dict[str, dict[str, SeenKind]] = {
        seen.integration: {kind.kind: kind for kind in seen.kinds}
        for seen in report.seen or ()
        if seen.cluster == cluster
    }
    kinds = dict.fromkeys(kind for name in names for kind in visible.get(name, {}))
    rows = [(_pluralize(kind), tuple(_listed_cell(kind, name, names, visible) for name in names)) for kind in kinds]
    return VisibilityTable(cluster, names, (*rows, *_checked_rows(report, cluster, names, set(kinds))))


def _listed_cell(
    kind: str, name: str, names: Iterable[str], visible: Mapping[str, Mapping[str, SeenKind]]
) -> VisibilityCell:
    seen = visible.get(name, {}).get(kind)
    if seen is None:
        return NOT_CHECKED
    if seen.state == "refused":
        return VisibilityCell("⊘ refused", "refused", reason=seen.reason)
    if seen.state == "absent":
        return VisibilityCell("—", "unasked", reason="the cluster does not serve this kind")
    highest = max(visible[other][kind].count for other in names if kind in visible.get(other, {}))
    words, share = f"{seen.count:,}", seen.count / (highest or 1)
    if seen.state == "incomplete":
        return VisibilityCell(f"{words} or more", "gap", share, seen.reason)
    return VisibilityCell(words, "some" if seen.count else "none", share, seen.reason)


def _checked_rows(
    report: Report, cluster: str, names: Sequence[str], listed: set[str]
) -> Iterator[tuple[str, tuple[VisibilityCell, ...]]]:
    """Resources that were not listed by the collector, but for which an expectation was checked."""
    checks: dict[str, dict[str, CheckReport]] = {}
    for check in report.checks:
        verb, _, target = check.call.partition(" ")
        if check.cluster == cluster and verb == "list" and not _is_listed(target, listed):
            checks.setdefault(target, {})[check.integration] = check
    for target, by_name in checks.items():
        yield _format_target(target), tuple(_checked_cell(by_name.get(name)) for name in names)


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


def _pluralize(kind: str) -> str:
    if kind.endswith("y"):
        return f"{kind[:-1]}ies"
    return kind if kind.endswith("ts") else f"{kind}es" if kind.endswith("s") else f"{kind}s"


def _format_target(target: str) -> str:
    """`ClusterRoles` for `clusterroles.rbac.authorization.k8s.io`; other resources stay as they are."""
    resource, space, place = target.partition(" ")
    plural = resource.partition(".")[0]
    name = next((_pluralize(kind) for kind in KINDS if _pluralize(kind).lower() == plural), resource)
    return f"{name}{space}{place}"


def _is_listed(target: str, kinds: set[str]) -> bool:
    """`deployments.apps` is `Deployment`, `ingresses.networking.k8s.io` is `Ingress`."""
    return target.partition(".")[0] in {_pluralize(kind).lower() for kind in kinds}


def _checked_cell(check: CheckReport | None) -> VisibilityCell:
    if check is None:
        return NOT_CHECKED
    match check.verdict:
        case "allowed":
            return VisibilityCell("may list", "some")
        case "denied":
            return VisibilityCell("⊘ refused", "refused", reason=check.evidence.text)
        case _:
            return VisibilityCell("not proven", "gap", reason=check.evidence.text)
