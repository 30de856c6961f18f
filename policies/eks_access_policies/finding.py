"""What a rule is, and what it finds. Pure: no engine, no AWS."""

from dataclasses import dataclass

from eks_access.model.severity import Severity as Severity


@dataclass(frozen=True)
class Rule:
    """One thing that is judged. `id` is also the policy's name in the pack and the rule's in SARIF.

    `title` states the rule ("A trust policy names who may assume the role"), a finding's message the instance.
    `frameworks` are control ids ("CIS EKS 4.1.1", "AWS FSBP IAM.1"); `url` is where its reason is documented.
    """

    id: str
    title: str
    severity: Severity
    remediation: str
    url: str
    frameworks: tuple[str, ...] = ()

    @property
    def is_mandatory(self) -> bool:
        """Blocks a deployment unless the pack's configuration says otherwise."""
        return self.severity >= Severity.HIGH


@dataclass(frozen=True)
class Finding:
    """One violation of a rule.

    `where` is the place in the document (`Statement[2].Condition`), `urn` the resource; both are empty where unknown:
    a document by itself belongs to no resource yet.
    """

    rule: Rule
    message: str
    where: str = ""
    urn: str = ""
