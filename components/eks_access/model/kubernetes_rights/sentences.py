"""What a right lets its holder do, in one sentence for a reviewer. Pure look-ups in the catalogue."""

from ..risk import Risk
from .catalogue import DELETES, KUBERNETES_RIGHTS, READ_SENTENCES, READS, WRITES, KubernetesRight
from .request import ANY


def describe_right(resource: str, verb: str, of: str = "", *, named: bool = False) -> Risk:
    """What it means to have `verb` on `resource` (with its subresource: `pods/exec`).

    `of` says whose (" of `payments`", with its space), where it is not everyone's; `named`: on some by name only.
    """
    if resource == ANY:
        return _everything(verb, of)
    if named and resource == "secrets" and verb in (*READS, *WRITES, *DELETES):
        return Risk("can read these, and no other Secret" if verb in READS else "can change these, and no other", False)
    if named and verb == "bind":
        return Risk("can give the role to anyone, itself included", True)
    right = find_right(resource, verb)
    if right is not None:
        return Risk(right.describe((resource,), of), right.is_severe)
    if verb in (*READS, ANY) and resource in READ_SENTENCES:
        return Risk(READ_SENTENCES[resource].replace("{of}", of), False)
    if verb in READS:
        return Risk("can read them", False)
    return Risk("can change them", False) if verb in (*WRITES, *DELETES) else Risk(f"can use the verb {verb!r}", True)


def find_right(resource: str, verb: str) -> KubernetesRight | None:
    """The right of the catalogue that this verb gives: of several the first one, of the verb `*` the most severe."""
    found = [right for right in KUBERNETES_RIGHTS if _is_about(right, resource, verb)]
    if verb == ANY:
        return max(found, key=lambda right: (right.is_severe, right.severity), default=None)
    return found[0] if found else None


def _is_about(right: KubernetesRight, resource: str, verb: str) -> bool:
    subresource = resource.partition("/")[2] if resource.startswith("*/") else None
    return (verb == ANY or verb in right.verbs or verb in right.related_verbs) and any(
        each == resource or (subresource is not None and each.partition("/")[2] == subresource)
        for target in right.targets
        for each in target.resources
    )


def _everything(verb: str, of: str) -> Risk:
    if verb == ANY:
        return Risk("can do everything", True)
    return Risk(f"can read everything{of}, Secrets included" if verb in READS else f"can {verb} everything", True)
