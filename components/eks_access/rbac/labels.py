"""Which labels of a ClusterRole give access: those by which another ClusterRole aggregates it. Pure.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Labels = Mapping[str, str]

AGGREGATE_TO = "rbac.authorization.k8s.io/aggregate-to-"
"""The prefix of the labels by which Kubernetes' own roles (view, edit, admin) aggregate others."""


def find_selectors(cluster_roles: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield the label selectors of all aggregation rules."""
    for role in cluster_roles:
        yield from (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or ()


def find_aggregating(live: Labels, declared: Labels, selectors: Sequence[Mapping[str, Any]] | None) -> dict[str, str]:
    """Those labels besides the declared ones that change which roles aggregate this one.

    Without selectors (None: they could not be read) it is every one of them: any label may be selected.
    """
    added = {name: value for name, value in live.items() if name not in declared}
    if selectors is None:
        return added
    deciding = {
        name
        for selector in selectors
        if is_selected(selector, live) != is_selected(selector, {k: v for k, v in live.items() if k in declared})
        for name in _find_names(selector)
    }
    return {name: value for name, value in added.items() if name.startswith(AGGREGATE_TO) or name in deciding}


def is_selected(selector: Mapping[str, Any], labels: Labels) -> bool:
    """Does the selector match an object with these labels? An operator that is not known here matches.

    https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
    """
    exact = (selector.get("matchLabels") or {}).items()
    return all(labels.get(name) == value for name, value in exact) and all(
        _is_matched(expression, labels) for expression in selector.get("matchExpressions") or ()
    )


def _is_matched(expression: Mapping[str, Any], labels: Labels) -> bool:
    name, values = expression.get("key", ""), expression.get("values") or ()
    match expression.get("operator"):
        case "In":
            return labels.get(name) in values
        case "NotIn":
            return labels.get(name) not in values
        case "Exists":
            return name in labels
        case "DoesNotExist":
            return name not in labels
    return True


def _find_names(selector: Mapping[str, Any]) -> Iterator[str]:
    yield from selector.get("matchLabels") or {}
    yield from (expression.get("key", "") for expression in selector.get("matchExpressions") or ())
