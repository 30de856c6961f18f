"""Builds an integration from its definition, the arguments given in the environment, and a place."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from ...errors import InvalidInputError
from ...model import expectations, iam, identity, leftovers, rbac
from ...model.expectations import Expectation, aws_baseline, baseline, combine_expectations
from ...model.integration import (
    ClusterPlace,
    Field,
    Handoff,
    Integration,
    Place,
    Profile,
    Role,
    role_name,
    role_options,
)
from ...model.placeholders import is_known, placeholder
from ...model.trust import CrossAccount, Trust
from .definition import Argument, Definition, EachOf, Expectations, Grant, KubernetesCall, Rights
from .definition_file import load_definition
from .templates import Templates


def build_integration(definition: Definition, args: Mapping[str, Any], place: Place) -> Integration:
    """The integration that the definition describes.

    Raises:
        InvalidInputError: an argument is missing, unknown or does not fit, or AWS or EKS would not accept something
            in the definition.
    """
    profile = args.get("profile", Profile.LEAST)
    rights = definition.profiles.vendor if profile is Profile.VENDOR else definition.profiles.least
    if rights is None:
        raise InvalidInputError("profile", profile.value, f"is not described for {definition.title}", "Leave it out.")
    templates = Templates(_place_values(place), validate_definition_arguments(definition, args.get("arguments", {})))
    groups = tuple(map(templates.fill, rights.groups))
    trust = definition.trust.build(templates, place)
    return Integration(
        vendor=definition.vendor,
        title=definition.title,
        profile=profile,
        role=Role(
            name=role_name(args, templates.fill(definition.role.name)),
            description=templates.fill(definition.role.description),
            trust=trust,
            statements=tuple(_statements(rights, templates, place)),
            managed_policies=tuple(iam.ManagedPolicy(each.name, each.why) for each in rights.managed_policies),
            **role_options(args),
        ),
        identity=identity.Identity(
            username=templates.fill(definition.username),
            groups=groups,
            access_policies=tuple(
                identity.AccessPolicy(
                    policy.name, _fill_restriction(f"{policy.name}.namespaces", policy.namespaces, templates) or None
                )
                for policy in rights.access_policies
            ),
        ),
        grants=tuple(_grant(grant, groups, templates) for grant in rights.grants),
        expectations=combine_expectations(
            baseline(),
            aws_baseline(place.partition),
            _expectations(definition.expectations, templates, place),
            _expectations(rights.expectations, templates, place),
        ),
        handoff=_handoff(definition, templates, place),
        residual_risks=(*map(templates.fill, definition.residual_risks), *_risks_of_trust(trust)),
        sources=tuple(definition.sources),
        leftovers=tuple(
            leftovers.LeftoverPattern(each.made, templates.fill(each.pattern), each.why)
            for each in definition.leftovers
        ),
    )


def _risks_of_trust(trust: Trust) -> Iterator[str]:
    if isinstance(trust, CrossAccount):
        for account in trust.accounts:
            yield (
                f"Account {account} is trusted as a whole, since the vendor names no role: its administrators decide"
                " which of its principals assume the role, and the External ID for which of the vendor's customers."
            )


def validate_definition_arguments(definition: Definition, args: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """Every declared argument with the value given or its default.

    Raises:
        InvalidInputError: an argument is unknown or missing, or its value does not fit its declaration.
    """
    for name in args:
        if name not in definition.arguments:
            known = ", ".join(definition.arguments) or "none"
            raise InvalidInputError(
                f"arguments.{name}", None, f"is not an argument of {definition.title}", f"Known: {known}."
            )
    values = {}
    for name, declared in definition.arguments.items():
        value = args.get(name, declared.default)
        if value is None:
            raise InvalidInputError(f"arguments.{name}", None, f"is required: {declared.description}")
        values[name] = _validate_value(f"arguments.{name}", value, declared)
    return values


def _validate_value(path: str, value: Any, declared: Argument) -> str | list[str]:
    is_list = declared.type == "list"
    items: list[Any] = list(value) if isinstance(value, list | tuple) else [value]
    if isinstance(value, list | tuple) is not is_list or not all(isinstance(item, str) for item in items):
        expected = "a list of texts" if is_list else "a text"
        raise InvalidInputError(path, None, f"must be {expected}: {declared.description}")
    for item in items:
        if declared.pattern and is_known(item) and not re.fullmatch(declared.pattern, item):
            # The value may be a secret of the user's, so the message does not repeat it.
            raise InvalidInputError(path, None, f"does not match {declared.pattern!r}: {declared.description}")
    return items if is_list else str(value)


def sample_arguments(path: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments given, completed by placeholders for those required: explains a definition without a deployment.

    Raises:
        InvalidInputError: the definition cannot be loaded.
    """
    declared = load_definition(Path(path)).arguments
    required = {
        name: [placeholder(name)] if argument.type == "list" else placeholder(name)
        for name, argument in declared.items()
        if argument.default is None
    }
    return required | dict(args)


def _place_values(place: Place) -> dict[str, str | list[str]]:
    return {
        "name": place.name,
        "partition": place.partition,
        "account": place.account,
        "role_arn": place.role_arn,
        "cluster_arns": list(place.cluster_arns),
    }


def _repeat(each: EachOf, templates: Templates, place: Place) -> Iterator[tuple[Templates, str]]:
    """The templates of each item to create, with what tells it from the others: a cluster's key, a region, nothing."""
    if each == "once":
        yield templates, ""
    elif each == "region":
        for region in place.regions:
            yield templates.with_values({"region": region}), region
    else:
        for cluster in place.clusters:
            yield templates.with_values(_cluster_values(cluster)), cluster.key


def _cluster_values(cluster: ClusterPlace) -> dict[str, str | list[str]]:
    return {"cluster_name": cluster.name, "cluster_arn": cluster.arn, "region": cluster.region}


def _statements(rights: Rights, templates: Templates, place: Place) -> Iterator[iam.Statement]:
    for each in rights.statements:
        for filled, key in _repeat(each.each, templates, place):
            yield iam.Statement(
                each.sid + "".join(part.capitalize() for part in re.split("[^A-Za-z0-9]+", key)),
                tuple(each.actions),
                tuple(filled.fill_list(each.resources)),
                filled.fill(each.why),
                each.effect,
                cast("iam.Conditions", filled.fill_tree(each.conditions)),
            )


def _grant(grant: Grant, groups: Sequence[str], templates: Templates) -> rbac.Grant:
    path = f"grants.{grant.key}.group"
    if not groups:
        raise InvalidInputError(path, None, "needs a group", "Name one in the profile's `groups`.")
    group = groups[0] if grant.group is None else templates.fill(grant.group)
    if group not in groups:
        raise InvalidInputError(path, group, f"is not one of the profile's groups: {', '.join(groups)}")
    return rbac.Grant(
        grant.key,
        templates.fill(f"{{name}}-{grant.key}"),
        group,
        tuple(
            rbac.Rule(
                tuple(rule.resources or ()),
                tuple(rule.verbs),
                tuple(rule.api_groups),
                _fill_restriction(f"grants.{grant.key}.resource_names", rule.resource_names or [], templates),
                templates.fill(rule.why),
                tuple(rule.non_resource_urls or ()),
            )
            for rule in grant.rules
        ),
        _namespaces(grant.namespaces, templates),
    )


def _fill_restriction(path: str, items: list[str], templates: Templates) -> tuple[str, ...]:
    """The items of a list that restricts something, whose absence means no restriction.

    Raises:
        InvalidInputError: there are items, and they expand to none, which would lift the restriction.
    """
    filled = templates.fill_list(items)
    if items and not filled:
        raise InvalidInputError(
            path, None, "expands to an empty list, which would mean all of them", "Give at least one."
        )
    return tuple(filled)


def _namespaces(namespaces: list[str] | None, templates: Templates) -> tuple[str, ...] | None:
    return None if namespaces is None else identity.validate_namespaces("namespaces", templates.fill_list(namespaces))


def _expectations(declared: Expectations, templates: Templates, place: Place) -> tuple[Expectation, ...]:
    calls: list[Expectation] = []
    for call in declared.aws:
        for filled, _ in _repeat(call.each, templates, place):
            parameters, region = filled.fill_tree(call.parameters), filled.find("region")
            calls.append(expectations.AwsCall(call.action, call.allowed, filled.fill(call.why), parameters, region))
    for declared_call in declared.kubernetes:
        calls += _kubernetes_calls(declared_call, templates)
    return tuple(calls)


def _kubernetes_calls(declared: KubernetesCall, templates: Templates) -> Iterator[expectations.KubernetesCall]:
    """The call in each of its namespaces, on each of its names: both may be the placeholder of a list."""

    def each_of(text: str | None) -> Sequence[str | None]:
        return [None] if text is None else templates.fill_list([text])

    # A path of the API server itself has no subresource.
    is_path = declared.resource.startswith("/")
    resource, _, subresource = (declared.resource, "", "") if is_path else declared.resource.partition("/")
    for namespace in each_of(declared.namespace):
        for name in each_of(declared.name):
            yield expectations.KubernetesCall(
                declared.verb,
                resource,
                declared.allowed,
                templates.fill(declared.why),
                declared.api_group,
                subresource or None,
                namespace,
                name,
            )


def _handoff(definition: Definition, templates: Templates, place: Place) -> Handoff:
    fields = [
        Field(filled.fill(field.label), filled.fill(field.value), field.secret)
        for field in definition.handoff.fields
        for filled, _ in _repeat(field.each, templates, place)
    ]
    steps, removal = (
        tuple(map(templates.fill, each)) for each in (definition.handoff.steps, definition.handoff.removal)
    )
    return Handoff(tuple(fields), steps, removal)
