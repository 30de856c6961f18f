"""Rules, severities and findings. Pure: no Pulumi engine, no AWS calls."""

from dataclasses import dataclass

from eks_access.model.severity import Severity as Severity


@dataclass(frozen=True)
class Rule:
    """One requirement. `id` is also the name of the policy in the pack, and of the rule in SARIF.

    `title` states the requirement ("A trust policy does not allow all principals except a few"), a finding's message
    the violation. `frameworks` are control ids ("CIS EKS 4.1.1", "AWS FSBP IAM.1"); `url` documents the reason.
    """

    id: str
    title: str
    severity: Severity
    remediation: str
    url: str
    frameworks: tuple[str, ...] = ()

    @property
    def is_mandatory(self) -> bool:
        """Whether a violation blocks a deployment, unless the pack's configuration sets another level."""
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
