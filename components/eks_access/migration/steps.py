"""The steps of a plan in words, and the commands that take one back. Pure."""

from ..shell_command import format_command
from .plan import AssociatePolicy, MakeBinding, MakeEntry, Step
from .translation import BindingCopy, PlannedEntry


def describe_step(step: Step) -> str:
    """The step as a line for its user."""
    match step:
        case MakeBinding(copy):
            return f"make {copy.binding}: {copy.binding.role_kind} {copy.source.role_name} for group {copy.group}"
        case MakeEntry(entry):
            return f"make access entry {entry.principal_arn}{_describe_identity(entry)}"
        case AssociatePolicy(entry):
            assert entry.policy is not None, "only what an entry has is missing"
            return f"associate {entry.policy.name} with access entry {entry.principal_arn}"


def format_undo(step: Step, cluster: str) -> str:
    """The command that takes the step back. Where aws-auth is read, the mapping counts again as soon as it is done."""
    match step:
        case MakeBinding(copy):
            return _format_binding_undo(copy)
        case MakeEntry(entry) | AssociatePolicy(entry):
            options = {"cluster-name": cluster, "principal-arn": entry.principal_arn}
            return format_command("aws eks delete-access-entry", options)


def _format_binding_undo(copy: BindingCopy) -> str:
    binding = copy.binding
    namespace = {"namespace": binding.namespace} if binding.namespace is not None else {}
    return format_command(f"kubectl delete {binding.kind.lower()}", namespace, [binding.name])


def _describe_identity(entry: PlannedEntry) -> str:
    if entry.type != "STANDARD":
        return f" of type {entry.type}"
    parts = [f"username {entry.username!r}" if entry.username else "the username that EKS makes"]
    parts += [f"groups {', '.join(entry.groups)}"] if entry.groups else []
    parts += [f"and right after it {entry.policy.name}"] if entry.policy else []
    return f" with {', '.join(parts)}"
