"""The model of a custom integration's file. Its JSON schema for editors is generated from these classes.

Texts may contain `{name}`, `{partition}`, `{account}`, `{role_arn}` and `{arg:NAME}`; in an item that is repeated for
each cluster or region also `{cluster_name}`, `{cluster_arn}` and `{region}`. `{cluster_arns}`, and an argument that is
a list, must be a whole item of a list and expand to several. EKS's own `{{SessionName}}` is left as it is.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from ...base_models import StrictModel, Text, Texts
from ...model.iam import find_condition_fault
from ...model.leftovers import LeftoverKind
from .trust import Trust

Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$")]
EachOf = Literal["once", "cluster", "region"]


class Argument(StrictModel):
    """A value given in the environment, available as `{arg:NAME}`. Required unless it has a default."""

    description: Text
    type: Literal["text", "list"] = "text"
    default: str | list[str] | None = None
    pattern: str | None = None
    """A regular expression for the whole value, or for each item of a list."""

    @model_validator(mode="after")
    def _default_has_the_type(self) -> "Argument":
        if self.default is not None and isinstance(self.default, list) is not (self.type == "list"):
            raise ValueError(f"the default is not of type {self.type}")
        return self


class Role(StrictModel):
    """The IAM role's own settings."""

    name: Text = "eks-access-{name}"
    description: Text = "Access to EKS"


def _write_scalars(conditions: Any) -> Any:
    """The conditions with truth values and numbers as IAM writes them: a YAML file may have them without quotes."""
    if isinstance(conditions, dict):
        return {key: _write_scalars(value) for key, value in conditions.items()}
    if isinstance(conditions, list):
        return [_write_scalars(value) for value in conditions]
    if isinstance(conditions, bool):
        return str(conditions).lower()
    return str(conditions) if isinstance(conditions, int | float) else conditions


class Statement(StrictModel):
    """An IAM statement."""

    sid: Annotated[str, Field(pattern=r"^[A-Za-z0-9]+$")]
    effect: Literal["Allow", "Deny"] = "Allow"
    actions: Texts
    resources: Texts
    conditions: Annotated[dict[str, dict[str, str | list[str]]], BeforeValidator(_write_scalars)] = Field(
        default_factory=dict
    )
    why: Text
    """What the vendor does with it."""
    each: EachOf = "once"
    """Whether it is there once, or for each cluster or region, whose key is then added to the `sid`."""

    @model_validator(mode="after")
    def _has_conditions_that_can_be_met(self) -> "Statement":
        fault = find_condition_fault(self.conditions)
        if fault is not None:
            raise ValueError(fault)
        return self


class ManagedPolicy(StrictModel):
    """A policy that AWS manages. AWS adds to it, so prefer `statements` where the vendor says what it uses."""

    name: Text
    """What follows `:policy/` in its ARN, as in `SecurityAudit`."""
    why: Text
    """What the vendor does with it."""


class AccessPolicy(StrictModel):
    """An EKS access policy by its name."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9]+$")]
    namespaces: list[Text] = Field(default_factory=list)
    """The whole cluster when left out."""


class Rule(StrictModel):
    """An RBAC rule: about `resources`, or about `non_resource_urls`."""

    api_groups: Annotated[list[str], Field(min_length=1)] = Field(default=[""])
    resources: Texts | None = None
    verbs: Texts
    resource_names: Texts | None = None
    """Only objects with these names; all when left out. It cannot be empty: in RBAC that means all too."""
    non_resource_urls: list[Annotated[str, Field(pattern=r"^(/[^*]*\*?|\*)$")]] | None = None
    """Paths of the API server itself, such as `/metrics`, instead of resources; `*` for all."""
    why: Text
    """What the vendor does with it."""

    @model_validator(mode="after")
    def _is_about_one(self) -> "Rule":
        if bool(self.resources) is bool(self.non_resource_urls):
            raise ValueError("give either resources or non_resource_urls")
        named = self.model_fields_set & {"api_groups", "resource_names"}
        if self.non_resource_urls and named:
            raise ValueError(f"{min(named)} is for resources, and this rule is about non_resource_urls")
        return self


class Grant(StrictModel):
    """Rules for one of the groups."""

    key: Name
    """Short, and unique within the profile."""
    group: Text | None = None
    """One of the identity's groups; the first when left out."""
    namespaces: list[Text] | None = None
    """Everywhere when left out."""
    rules: Annotated[list[Rule], Field(min_length=1)]

    @model_validator(mode="after")
    def _can_be_bound(self) -> "Grant":
        if self.namespaces is not None and any(rule.non_resource_urls for rule in self.rules):
            raise ValueError(
                "non_resource_urls have no namespace: in `namespaces` the rule grants nothing; give it in another grant"
            )
        return self


class AwsCall(StrictModel):
    """An AWS call that the probe makes as the integration."""

    action: Annotated[str, Field(pattern=r"^[a-z0-9-]+:[A-Za-z0-9]+$")]
    allowed: bool
    why: Text
    parameters: dict[str, Any] = Field(default_factory=dict)
    """The call's parameters, as boto3 takes them. A call that changes something is made only if what it changes is
    named `eks-access-probe-absent`, as nothing is; otherwise its authorization is evaluated."""
    each: EachOf = "once"
    """Whether to make it once, or for each cluster or region, in that region."""


class KubernetesCall(StrictModel):
    """A request to each cluster that the probe makes as the integration."""

    verb: Text
    resource: Text
    """With a subresource after a slash: `pods/exec`. Or a path of the API server itself: `/metrics`."""
    allowed: bool
    why: Text
    api_group: str = ""
    namespace: Text | None = None
    name: Text | None = None


class Expectations(StrictModel):
    """Calls that must be allowed or denied. The baseline, which no integration may do, is always added."""

    aws: list[AwsCall] = Field(default_factory=list)
    kubernetes: list[KubernetesCall] = Field(default_factory=list)


class Rights(StrictModel):
    """What the integration may do in one profile."""

    statements: list[Statement] = Field(default_factory=list)
    managed_policies: list[ManagedPolicy] = Field(default_factory=list)
    """Policies that AWS manages."""
    groups: list[Text] = Field(default_factory=list)
    access_policies: list[AccessPolicy] = Field(default_factory=list)
    grants: list[Grant] = Field(default_factory=list)
    expectations: Expectations = Expectations()


class LeastRights(Rights):
    """What the integration actually uses, without wildcards."""

    @model_validator(mode="after")
    def _has_no_wildcard(self) -> "LeastRights":
        names = [action for statement in self.statements for action in statement.actions]
        for rule in (rule for grant in self.grants for rule in grant.rules):
            names += [*rule.api_groups, *(rule.resources or ()), *rule.verbs, *(rule.non_resource_urls or ())]
        wide = next((name for name in names if "*" in name), None)
        if wide is not None:
            raise ValueError(f"{wide!r} is a wildcard: spell out in `least` what the vendor uses")
        return self


class Profiles(StrictModel):
    least: LeastRights
    vendor: Rights | None = None
    """All that the vendor's page asks for."""


class HandoffField(StrictModel):
    """A value that the vendor's form asks for, under the form's own label."""

    label: Text
    value: Text
    secret: bool = False
    each: EachOf = "once"


class Handoff(StrictModel):
    fields: list[HandoffField] = Field(default_factory=list)
    steps: list[Text] = Field(default_factory=list)
    """The manual steps that are left."""
    removal: list[Text] = Field(default_factory=list)
    """What to do on the vendor's own side when the integration is off-boarded."""


class Leftover(StrictModel):
    """Something that the vendor itself creates in clusters; `eks-access leftovers` looks for it."""

    made: LeftoverKind
    pattern: Text
    """A glob for its name."""
    why: Text


class Definition(StrictModel):
    """A custom integration."""

    version: Literal[1]
    vendor: Name
    title: Text
    sources: list[Text] = Field(default_factory=list)
    """The documents that say what the vendor needs."""
    arguments: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Argument] = Field(default_factory=dict)
    trust: Trust
    role: Role = Role()
    username: Text = "{name}:{{SessionName}}"
    """The username in each cluster, a template of EKS."""
    profiles: Profiles
    expectations: Expectations = Expectations()
    """Expectations of every profile."""
    handoff: Handoff = Handoff()
    residual_risks: list[Text] = Field(default_factory=list)
    """What permissions cannot prevent."""
    leftovers: list[Leftover] = Field(default_factory=list)
