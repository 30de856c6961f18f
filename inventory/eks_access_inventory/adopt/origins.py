"""What made something, as far as its tags, its labels or a state of Terraform show. Pure.

What is left by hand shows nothing of it, and nor do the lines that `eksctl create iamidentitymapping` writes into
aws-auth: both are `Maker.HAND`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from eks_access.model.found import FoundAccess, Maker, Origin
from eks_access.model.rbac import MANAGED_BY, STACK

from .terraform import TerraformState

_STACK_NAME = "aws:cloudformation:stack-name"
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html"""
_EKSCTL = "alpha.eksctl.io/"
_EKSCTL_STACK = "eksctl-"
"""https://github.com/eksctl-io/eksctl: every stack's name begins like this."""
_HINT_KEY = re.compile(r"(managed|created|provisioned|deployed)[-_ :]?by|provisioner|iac|tool", re.IGNORECASE)
_HINTS = {
    re.compile(r"terraform|opentofu", re.IGNORECASE): Maker.TERRAFORM,
    re.compile(r"cloud ?formation|\bcdk\b", re.IGNORECASE): Maker.CLOUDFORMATION,
    re.compile(r"eksctl", re.IGNORECASE): Maker.EKSCTL,
}
_LABEL = "app.kubernetes.io/managed-by"
_HAND = Origin()


@dataclass(frozen=True)
class Origins:
    """Finds origins, with the states of Terraform that the user gave."""

    states: tuple[TerraformState, ...] = ()

    def of_role(self, name: str, tags: Mapping[str, str]) -> Origin:
        return self._find(tags, lambda state: state.find_role(name))

    def of_policy(self, role: str, name: str, arn: str, tags: Mapping[str, str]) -> Origin:
        """Of an inline policy, where `arn` is empty, or of an attached one: whichever has it, or attaches it."""
        if not arn:
            return self._find({}, lambda state: state.find_inline_policy(role, name))
        return self._find(tags, lambda state: state.find_policy(arn) or state.find_attachment(role, arn))

    def of_entry(self, cluster: str, principal_arn: str, tags: Mapping[str, str]) -> Origin:
        return self._find(tags, lambda state: state.find_entry(cluster, principal_arn))

    def of_association(self, cluster: str, principal_arn: str, policy_arn: str) -> Origin:
        return self._find({}, lambda state: state.find_association(cluster, principal_arn, policy_arn))

    def of_mapping(self) -> Origin:
        """Of a line of aws-auth: that of the whole ConfigMap. A state does not show of which cluster it is."""
        return self._find({}, lambda state: state.find_aws_auth())

    def of_object(self, kind: str, namespace: str | None, name: str, labels: Mapping[str, str]) -> Origin:
        by_state = self._find_in_states(lambda state: state.find_object(kind, namespace, name))
        return by_state or find_origin_by_labels(labels)

    def _find(self, tags: Mapping[str, str], look_up: Callable[[TerraformState], str]) -> Origin:
        if tags.get(STACK):
            return Origin(Maker.EKS_ACCESS, f"tag {STACK}: {tags[STACK]}", is_managed=True)
        return self._find_in_states(look_up) or find_origin_by_tags(tags)

    def _find_in_states(self, look_up: Callable[[TerraformState], str]) -> Origin | None:
        for state in self.states:
            if address := look_up(state):
                return Origin(Maker.TERRAFORM, f"{address} in {state.path}", is_managed=True)
        return None


def find_owners(found: FoundAccess, own: str) -> list[str]:
    """Stacks of this package, other than `own` (`<project>/<stack>`), that have this access; what shows them, in words.

    Access entries have their stack's name in a tag. Of roles and bindings only the labels are read, which all stacks of
    this package have alike.
    """
    stacks = {way.tags.get(STACK, "") for way in found.ways}
    if own in stacks:
        return []
    if named := sorted(stacks - {""}):
        return [f"stack {stack}" for stack in named]
    labelled = sorted(each.name for each in found.objects if each.origin.maker is Maker.EKS_ACCESS)
    return [f"another stack (by the labels of {name})" for name in labelled[:1]]


def find_origin_by_tags(tags: Mapping[str, str]) -> Origin:
    """The origin that tags show. CloudFormation alone sets its own; other tags are a hint that anyone may give."""
    stack = tags.get(_STACK_NAME, "")
    by_eksctl = next((key for key in sorted(tags) if key.startswith(_EKSCTL)), "")
    if stack:
        # eksctl makes roles and access entries by stacks of CloudFormation.
        maker = Maker.EKSCTL if by_eksctl or stack.startswith(_EKSCTL_STACK) else Maker.CLOUDFORMATION
        return Origin(maker, f"tag {_STACK_NAME}: {stack}", is_managed=True)
    if by_eksctl:
        return Origin(Maker.EKSCTL, f"tag {by_eksctl}")
    for key in sorted(tags):
        if _HINT_KEY.fullmatch(key):
            for pattern, maker in _HINTS.items():
                if pattern.search(tags[key]):
                    return Origin(maker, f"tag {key}: {tags[key]}")
    return _HAND


def find_origin_by_labels(labels: Mapping[str, str]) -> Origin:
    """The origin that an object's labels show."""
    managed_by = labels.get(_LABEL, "")
    evidence = f"label {_LABEL}: {managed_by}"
    if managed_by == MANAGED_BY:
        return Origin(Maker.EKS_ACCESS, evidence, is_managed=True)
    if managed_by == "Helm":
        return Origin(Maker.HELM, evidence, is_managed=True)
    for pattern, maker in _HINTS.items():
        if pattern.search(managed_by):
            return Origin(maker, evidence)
    return _HAND
