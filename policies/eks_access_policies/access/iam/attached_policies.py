"""Resolves the managed policies that a resource names: of the stack, of AWS, of neither, or not known yet. Pure."""

from collections import defaultdict
from collections.abc import Iterator

from eks_access.model import arn as arns

from ...iam.aws_policies import find_aws_policy
from ...stack import Resource, Stack, Value, is_unknown
from ...stack.attachments import MANAGED_POLICIES
from ...stack.values import get, is_sequence, text
from .model import AttachedPolicy

_REFERENCE = "customerManagedPolicyReference"


class ManagedPolicies:
    """The managed policies of a stack, by ARN and by name."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.resources = tuple(stack.of_type(*MANAGED_POLICIES))
        self._by_arn = {arn: each for each in self.resources if (arn := find_policy_arn(each))}
        self._by_name: dict[str, list[Resource]] = defaultdict(list)
        for each in self.resources:
            self._by_name[find_policy_name(each) or each.name].append(each)

    def resolve(self, resource: Resource, name: str) -> Iterator[AttachedPolicy]:
        """The policies that a property names, by ARN or by reference, or whose outputs it takes them from."""
        value = resource.get(name)
        unknown = 0
        resolved: set[str] = set()
        linked = [each for each in self._stack.sources(resource, name) if each.type in MANAGED_POLICIES]
        for item in list_elements(value):
            known = _read_name(item)
            if known is None or known in self._stack.secret_texts:
                unknown += 1
                continue
            if found := self._find(known, linked):
                resolved.update(each.urn for each in found)
                yield from (AttachedPolicy(known, resource, each) for each in found)
            else:
                yield AttachedPolicy(known, resource, document=find_aws_policy(known))
        if unknown:
            created = [each for each in linked if each.urn not in resolved]
            yield from (AttachedPolicy(find_policy_arn(each) or each.name, resource, each) for each in created)
            # A list that is unknown as a whole may have policies from elsewhere beside those of the stack.
            others = len(resource.property_dependencies.get(name, ())) > len(linked)
            if len(created) < unknown or (is_unknown(value) and others):
                yield AttachedPolicy("", resource)

    def _find(self, known: str, linked: list[Resource]) -> list[Resource]:
        """The policies of the stack that an ARN or a name stands for."""
        if known in self._by_arn:
            return [self._by_arn[known]]
        arn = arns.parse(known)
        if arn is not None and not arns.ACCOUNT_ID.fullmatch(arn.account):
            return []
        named = self._by_name.get(arn.name if arn else known)
        if arn is None and named:
            return named
        return [each for each in named or linked if find_policy_arn(each) is None]


def find_policy_arn(policy: Resource) -> str | None:
    return text(policy.get("arn")) or text(policy.get("policyArn"))


def find_policy_name(policy: Resource) -> str:
    """The policy's name in AWS; empty while it is not known."""
    return text(policy.get("name")) or text(policy.get("managedPolicyName")) or ""


def list_elements(value: Value) -> list[Value]:
    """The elements of a list, or the single value; one that is unknown as a whole is an element that is unknown."""
    if is_sequence(value):
        return list(value)
    return [] if value is None or value == "" else [value]


def _read_name(item: Value) -> str | None:
    """The ARN, or the name, in an element or in one of Identity Center's references; None if it is unknown."""
    for path in ((), ("managedPolicyArn",), (_REFERENCE, "name"), ("name",)):
        found = get(item, *path) if path else item
        if is_unknown(found):
            return None
        if known := text(found):
            return known
    return None
