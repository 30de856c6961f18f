"""What a right lets its holder do, in one sentence for a reviewer. Pure look-ups in the catalogue."""

from collections.abc import Collection
from functools import lru_cache

from ..risk import Risk
from .catalogue import DELETES, KUBERNETES_RIGHTS, READ_SENTENCES, READS, WRITES, KubernetesRight
from .effect import is_public, matches_nothing
from .request import ANY, PolicyRule, Request
from .scope import find_outside_namespaces
from .system_objects import find_system_objects

AWS_AUTH_RISK = Risk("can change aws-auth, and with it who may do what in the cluster", True)
_AWS_AUTH_DELETION = Risk("can delete aws-auth, and so take the access of every node and principal in it", True)
OUTSIDE_NAMESPACES = "gives nothing: the kind has no namespace, and the binding is in force in namespaces only"


def describe_aws_auth(verbs: Collection[str]) -> Risk:
    """What a rule with these verbs on ConfigMaps in kube-system makes possible (`writes_aws_auth`)."""
    return AWS_AUTH_RISK if {ANY, *WRITES}.intersection(verbs) else _AWS_AUTH_DELETION


def describe_right(
    resource: str,
    verb: str,
    of: str = "",
    *,
    group: str = ANY,
    named: bool = False,
    names: Collection[str] = (),
    namespaces: Collection[str] | None = None,
) -> Risk:
    """What it means to have `verb` on `resource` (with its subresource: `pods/exec`).

    `of` says whose (" of `payments`", with its space), where it is not everyone's; `named`: on some by name only.
    `names` are those of the rule, `group` is the API group; `*` takes the resource for the one that Kubernetes has of
    this name. `namespaces` are those in which the rule is in force; None is the whole cluster.
    """
    rule = PolicyRule((verb,), (group,), (resource,), tuple(names))
    if matches_nothing(group, resource):
        return Risk("gives nothing: RBAC takes the name literally, and nothing is called that", False)
    if namespaces is not None and find_outside_namespaces(rule):
        return Risk(OUTSIDE_NAMESPACES, False)
    for match in find_system_objects(rule, namespaces):
        return Risk(match.sentence, True)
    if resource == ANY:
        return _everything(verb, of, group)
    if is_public(Request(verb, group, resource)):
        return Risk("can do what every user may do anyway", False)
    if named and resource == "secrets" and verb in (*READS, *WRITES, *DELETES):
        return Risk("can read these, and no other Secret" if verb in READS else "can change these, and no other", False)
    if named and verb == "bind":
        return Risk("can give the role to anyone, itself included", True)
    right = find_right(resource, verb, group, tuple(names))
    if right is not None:
        return Risk(right.describe((resource,), of), right.is_severe and (verb == ANY or verb in right.verbs))
    if verb in READS:
        return Risk(READ_SENTENCES.get(resource, "can read objects of these kinds").replace("{of}", of), False)
    if verb == ANY:
        return Risk("can do everything with objects of these kinds", True)
    return (
        Risk("can change objects of these kinds", False)
        if verb in (*WRITES, *DELETES)
        else Risk(f"can use the verb {verb!r}", True)
    )


@lru_cache(maxsize=1 << 16)
def find_right(resource: str, verb: str, group: str = ANY, names: tuple[str, ...] = ()) -> KubernetesRight | None:
    """The right of the catalogue that this verb gives, the most severe of several; then those it only belongs to."""
    found = [right for right in KUBERNETES_RIGHTS if _is_about(right, resource, verb, group, names)]
    return max(found, key=lambda right: (verb == ANY or verb in right.verbs, right.severity), default=None)


def _is_about(right: KubernetesRight, resource: str, verb: str, group: str, names: tuple[str, ...]) -> bool:
    return (verb == ANY or verb in right.verbs or verb in right.related_verbs) and any(
        target.is_about(group, resource, names) for target in right.targets
    )


def describe_url(url: str, verb: str) -> Risk:
    """What it means to have `verb` on a path of the API server."""
    for right in KUBERNETES_RIGHTS:
        if (verb == ANY or verb in right.verbs) and right.is_about_url(url):
            return Risk(right.describe(()), right.is_severe)
    return Risk("can call these paths of the API server", False)


def _everything(verb: str, of: str, group: str) -> Risk:
    everything = {ANY: "everything", "": "everything of the core API"}.get(group, f"everything of {group}")
    if verb == ANY:
        return Risk(f"can do {everything}", True)
    if verb not in READS:
        return Risk(f"can {verb} {everything}", True)
    return Risk(f"can read {everything}{of}{', Secrets included' if group in (ANY, '') else ''}", True)
