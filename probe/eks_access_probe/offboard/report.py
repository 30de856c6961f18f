"""The report of an off-boarding: the plan, the steps, and the proof. It is also what an interrupted run continues by.

Keys are camelCase in JSON. The version changes when a reader of the old form would misread the new one. No value in it
is a secret: an ExternalId, what the manifest marks as secret, and credentials are never written into it.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from eks_access import __version__
from eks_access.base_models import CamelModel

SCHEMA_VERSION: Literal[1] = 1


class Status(StrEnum):
    """How far the off-boarding is."""

    PLANNED = "planned"
    """Nothing was changed."""
    BEGUN = "begun"
    """It was confirmed, and is not done: run the command again."""
    REMOVED = "removed"
    """Everything of the stack is removed; the proof is not complete, or something is left."""
    PROVEN = "proven"
    """Everything is removed, and nothing can come in."""


class State(StrEnum):
    """What a line of the proof shows."""

    CLOSED = "closed"
    """Refused for its cause, or not there any more."""
    OPEN = "open"
    """A way in that works, or something that is left."""
    STAYS = "stays"
    """It is meant to stay: it is not the stack's."""
    UNKNOWN = "unknown"
    """It could not be asked or read."""


class Step(StrEnum):
    """The steps, in their order."""

    SESSIONS = "sessions"
    """Sessions of the role are taken, to see them refused afterwards."""
    CONFIGURATION = "configuration"
    """The integration is taken out of the stack's file."""
    RESOURCES = "resources"
    """Its resources are destroyed."""
    OUTPUTS = "outputs"
    """The stack's access manifest is written again."""
    VENDOR_OBJECTS = "vendor-objects"
    """What the vendor made itself is removed."""
    PROOF = "proof"


class StepReport(CamelModel):
    step: Step
    done_at: datetime | None = None
    detail: str = ""
    """What was done, or why it was not."""


class ResourceReport(CamelModel):
    """A resource of the integration in the stack's state."""

    urn: str
    type: str
    name: str
    kept: bool = False
    """It stays where it is, and only the state forgets it."""


class ConfigurationReport(CamelModel):
    """What is taken out of the stack's file."""

    file: str
    lines: list[tuple[int, int]]
    secrets: list[str]
    """Secrets of the configuration that only this integration refers to."""


class ClusterReport(CamelModel):
    """What the integration has in one cluster."""

    key: str
    name: str
    region: str
    method: str
    username: str
    groups: list[str]
    access_policies: list[str]
    grants: list[str]
    objects: list[str]


class RoleReport(CamelModel):
    """The integration's role, as IAM has it."""

    arn: str
    existing: bool
    """It is its owner's, and stays."""
    unique_id: str = ""
    max_session_seconds: int
    last_used: datetime | None = None
    last_used_region: str = ""
    why_unknown: str = ""
    """Why IAM could not be asked; empty if it was."""


class VendorObject(CamelModel):
    """Something that the vendor made itself."""

    where: str
    kind: str
    name: str
    why: str
    remove: str
    """A command that removes it."""
    may_be_of: list[str] = Field(default_factory=list)
    """Integrations that stay and make such things too: then it is left alone."""


class Unread(CamelModel):
    where: str
    why: str


class PlanReport(CamelModel):
    """What will be, or was, removed, and what not."""

    resources: list[ResourceReport]
    dependents: list[str] = Field(default_factory=list)
    """Resources outside of the integration that depend on one of it: they keep it from being destroyed on its own."""
    configuration: ConfigurationReport | None
    """Null if the stack's program is one of the user's own, whose code declares the integration."""
    role: RoleReport
    clusters: list[ClusterReport]
    sessions: list[str]
    """What may still be alive afterwards, until when at the latest, and how it is revoked."""
    vendor_objects: list[VendorObject]
    vendor_steps: list[str]
    """What to do on the vendor's own side."""
    untouched: list[str]
    """The integrations that stay as they are."""
    unread: list[Unread]


class Line(CamelModel):
    """One way in, or one thing that could be left, with the evidence."""

    key: str
    """The same before and after."""
    plane: Literal["trust", "aws", "cluster", "remains"]
    where: str = ""
    """A cluster's key; empty for AWS."""
    what: str
    state: State
    evidence: str
    asked_at: datetime


class OffboardReport(CamelModel):
    schema_version: Literal[1] = SCHEMA_VERSION
    made_by: str = f"eks-access {__version__}"
    project: str
    environment: str
    account: str
    integration: str
    vendor: str
    title: str
    status: Status
    plan: PlanReport
    steps: list[StepReport] = Field(default_factory=list)
    before: list[Line] = Field(default_factory=list)
    """The ways in before the removal: a refusal afterwards shows something only where there was none before."""
    proof: list[Line] = Field(default_factory=list)
    started_at: datetime
    finished_at: datetime | None = None
    access: dict[str, Any]
    """The integration's part of the access manifest, without secrets."""

    def is_done(self, step: Step) -> bool:
        return any(each.step is step and each.done_at is not None for each in self.steps)

    def with_step(self, step: Step, detail: str, done_at: datetime | None) -> "OffboardReport":
        others = [each for each in self.steps if each.step is not step]
        return self.model_copy(update={"steps": [*others, StepReport(step=step, done_at=done_at, detail=detail)]})
