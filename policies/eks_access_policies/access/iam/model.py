"""Types of what IAM identities have: policies, groups, a boundary, and what of that is not known."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from ...iam import Statement, parse_document
from ...iam.document import Document
from ...rules.iam.documents import MALFORMED
from ...stack import Resource
from ...stack.attachments import IdentityKind

NOT_KNOWN_YET = "not known yet"


@dataclass(frozen=True)
class AttachedPolicy:
    """A managed policy, and the resource that attaches it."""

    name: str
    """Its ARN, or its name where that is all that is known; empty if neither is."""
    attached_by: Resource
    own: Resource | None = None
    """The policy's resource, if it is in the stack."""
    document: str | None = None
    """The document of a policy of AWS, as JSON text."""


@dataclass(frozen=True)
class Gap:
    """Something of an identity's that is not known: before the deployment, or because it is not in the stack."""

    what: str
    """What it is: `trust policy`, `attached policy`, `group`."""
    resource: Resource
    """The resource that has it."""
    name: str = ""
    """The name of something that is not in the stack; empty for what is secret or not known yet."""
    is_document: bool = False
    """Whether it is the resource's own document."""


@dataclass(frozen=True)
class Malformed:
    """A known document of an identity's that IAM would reject."""

    what: str
    """What it is: `trust policy`, `inline policy`."""
    resource: Resource
    """The resource that has it."""
    reason: str


@dataclass(eq=False)
class Identity:
    """One role, user, group or permission set, or everyone who has a policy; with its policies."""

    resource: Resource
    """Its own resource; of one that is not in the stack, the first that gives it something."""
    kind: IdentityKind
    name: str
    """Its name in AWS, or its ARN for a permission set that is not in the stack; empty while it is not known."""
    is_external: bool = False
    """Whether it is not in the stack."""
    provider: str = ""
    """The provider that makes it, as `ProviderAccounts` names it; of one that is not in the stack, what names it."""
    account: str = ""
    """The account that it is in; empty if the stack does not show it."""
    trust: tuple[Statement, ...] | None = ()
    """The statements of its trust policy; None if it is unknown or secret."""
    policies: list[str] = field(default_factory=list)
    """The known documents of its own policies."""
    managed: dict[str, AttachedPolicy] = field(default_factory=dict)
    """The policies attached to it that are not in the stack, by ARN."""
    groups: list["Identity"] = field(default_factory=list)
    """The groups that a user is in."""
    boundary: str | None = None
    """The name of its permissions boundary, or `NOT_KNOWN_YET`."""
    boundary_document: str | None = None
    """The boundary's document, if it is known."""
    gaps: list[Gap] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)
    """Documents that IAM would reject: what is read of them may not be what they say."""
    is_attached: bool = False
    """Whether a policy is attached to another identity here, or limits one, which then shows what it allows."""

    @property
    def own_documents(self) -> tuple[str, ...]:
        """The known documents of its policies, and of the policies of its groups, but for AWS's."""
        joined = (document for group in self.groups for document in group.policies)
        return tuple(dict.fromkeys((*self.policies, *joined)))

    @property
    def attached(self) -> dict[str, AttachedPolicy]:
        """The policies that are not in the stack and are attached to it, or to its groups."""
        return {name: each for holder in (*self.groups, self) for name, each in holder.managed.items()}

    @property
    def documents(self) -> tuple[str, ...]:
        """The known documents of all of its policies."""
        attached = (each.document for each in self.attached.values() if each.document is not None)
        return tuple(dict.fromkeys((*self.own_documents, *attached)))

    @property
    def statements(self) -> tuple[Statement, ...]:
        return parse_statements(self.documents)

    @cached_property
    def denials(self) -> frozenset[str]:
        """The documents of its policies that deny something, but for those that IAM would reject."""
        denying = (each for each in self.documents if any(one.denies for one in parse_statements([each])))
        return frozenset(each for each in denying if not explain_rejection(each))

    @property
    def has_anything(self) -> bool:
        """Whether anything is known of it but its name."""
        return bool(self.policies or self.managed or self.groups or self.boundary or self.gaps)

    def __str__(self) -> str:
        if self.kind is IdentityKind.POLICY:
            return f"anyone who has the policy {self.name or self.resource.name}"
        if self.is_external:
            return f"{self.kind} {self.name or NOT_KNOWN_YET} (not in this stack)"
        return f"{self.kind} {self.name or self.resource.name}"


def parse_statements(documents: Iterable[str]) -> tuple[Statement, ...]:
    """The statements of several documents. A fleet has the same document many times, so they are cached."""
    return tuple(statement for each in documents for statement in _parse(each).statements)


def explain_rejection(document: str) -> str:
    """Why IAM would reject the document; empty if it would not."""
    return next((flaw.message.rstrip(".") for flaw in _parse(document).flaws if flaw.rule is MALFORMED), "")


@lru_cache(maxsize=8192)
def _parse(document: str) -> Document:
    return parse_document(document)
