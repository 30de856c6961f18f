"""From a definition, the environment's arguments and a place to the description that everything else reads."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

from ...errors import InvalidInputError
from ...model import expectations, iam, identity, leftovers, rbac
from ...model.expectations import Expectation, aws_baseline, baseline, combined
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
from ...model.placeholders import is_known
from .definition import Definition, EachOf, Expectations, Grant, Rights
from .texts import Texts

_Made = TypeVar("_Made")


def integration(definition: Definition, args: Mapping[str, Any], place: Place) -> Integration:
    """The integration that the definition describes.

    Raises:
        InvalidInputError: an argument is missing, unknown or does not fit, or the definition has what AWS or EKS
            refuses.
    """
    profile = args.get("profile", Profile.LEAST)
    rights = definition.profiles.vendor if profile is Profile.VENDOR else definition.profiles.least
    if rights is None:
        raise InvalidInputError("profile", profile.value, f"is not described for {definition.title}", "Leave it out.")
    texts = Texts(_place_values(place), validate_definition_arguments(definition, args.get("arguments", {})))
    groups = tuple(map(texts.text, rights.groups))
    return Integration(
        vendor=definition.vendor,
        title=definition.title,
        profile=profile,
        role=Role(
            name=role_name(args, texts.text(definition.role.name)),
            description=texts.text(definition.role.description),
            trust=definition.trust.made(texts, place),
            statements=tuple(_statements(rights, texts)),
            **role_options(args),
        ),
        identity=identity.Identity(
            username=texts.text(definition.username),
            groups=groups,
            access_policies=tuple(
                identity.AccessPolicy(
                    policy.name, _narrowing(f"{policy.name}.namespaces", policy.namespaces, texts) or None
                )
                for policy in rights.access_policies
            ),
        ),
        grants=tuple(_grant(grant, groups, texts) for grant in rights.grants),
        expectations=combined(
            baseline(),
            aws_baseline(place.partition),
            _expectations(definition.expectations, texts, place),
            _expectations(rights.expectations, texts, place),
        ),
        handoff=_handoff(definition, texts, place),
        residual_risks=tuple(map(texts.text, definition.residual_risks)),
        sources=tuple(definition.sources),
        leftovers=tuple(
            leftovers.LeftoverPattern(each.made, texts.text(each.pattern), each.why) for each in definition.leftovers
        ),
    )


def validate_definition_arguments(definition: Definition, given: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """Every declared argument with the value given or its default."""
    for name in given:
        if name not in definition.arguments:
            known = ", ".join(definition.arguments) or "none"
            raise InvalidInputError(
                f"arguments.{name}", None, f"is not an argument of {definition.title}", f"Known: {known}."
            )
    values = {}
    for name, declared in definition.arguments.items():
        value = given.get(name, declared.default)
        if value is None:
            raise InvalidInputError(f"arguments.{name}", None, f"is required: {declared.description}")
        items = list(value) if isinstance(value, list | tuple) else [value]
        if isinstance(value, list | tuple) is not (declared.type == "list") or not all(
            isinstance(item, str) for item in items
        ):
            wanted = "a list of texts" if declared.type == "list" else "a text"
            raise InvalidInputError(f"arguments.{name}", None, f"must be {wanted}: {declared.description}")
        for item in items:
            if declared.pattern and is_known(item) and not re.fullmatch(declared.pattern, item):
                # The value may be a secret of the user's, so it is not told.
                raise InvalidInputError(
                    f"arguments.{name}", None, f"does not match {declared.pattern!r}: {declared.description}"
                )
        values[name] = items if declared.type == "list" else value
    return values


def _place_values(place: Place) -> dict[str, str | list[str]]:
    return {
        "name": place.name,
        "partition": place.partition,
        "account": place.account,
        "role_arn": place.role_arn,
        "cluster_arns": list(place.cluster_arns),
    }


def _each(each: EachOf, texts: Texts, place: Place) -> Iterator[tuple[Texts, str | None]]:
    """The texts for each item to make, with the region that it is for."""
    if each == "once":
        yield texts, None
    elif each == "region":
        for region in dict.fromkeys(cluster.region for cluster in place.clusters):
            yield texts.within({"region": region}), region
    else:
        for cluster in place.clusters:
            yield texts.within(_cluster_values(cluster)), cluster.region


def _cluster_values(cluster: ClusterPlace) -> dict[str, str | list[str]]:
    return {"cluster_name": cluster.name, "cluster_arn": cluster.arn, "region": cluster.region}


def _statements(rights: Rights, texts: Texts) -> Iterator[iam.Statement]:
    for each in rights.statements:
        yield iam.Statement(
            each.sid,
            tuple(each.actions),
            tuple(texts.texts(each.resources)),
            texts.text(each.why),
            each.effect,
            cast("iam.Conditions", texts.tree(each.conditions)),
        )


def _grant(grant: Grant, groups: Sequence[str], texts: Texts) -> rbac.Grant:
    path = f"grants.{grant.key}.group"
    if not groups:
        raise InvalidInputError(path, None, "needs a group", "Name one in the profile's `groups`.")
    group = groups[0] if grant.group is None else texts.text(grant.group)
    if group not in groups:
        raise InvalidInputError(path, group, f"is none of the profile's groups: {', '.join(groups)}")
    return rbac.Grant(
        grant.key,
        texts.text(f"{{name}}-{grant.key}"),
        group,
        tuple(
            rbac.Rule(
                tuple(rule.resources),
                tuple(rule.verbs),
                tuple(rule.api_groups),
                _narrowing(f"grants.{grant.key}.resource_names", rule.resource_names or [], texts),
                texts.text(rule.why),
            )
            for rule in grant.rules
        ),
        _namespaces(grant.namespaces, texts),
    )


def _narrowing(path: str, given: list[str], texts: Texts) -> tuple[str, ...]:
    """The items, where none at all would mean everything: what was given must not become none on the way."""
    items = texts.texts(given)
    if given and not items:
        raise InvalidInputError(path, None, "becomes an empty list, which would mean all of them", "Give at least one.")
    return tuple(items)


def _namespaces(namespaces: list[str] | None, texts: Texts) -> tuple[str, ...] | None:
    return None if namespaces is None else identity.validate_namespaces("namespaces", texts.texts(namespaces))


def _expectations(expected: Expectations, texts: Texts, place: Place) -> tuple[Expectation, ...]:
    calls: list[Expectation] = []
    for call in expected.aws:
        for here, region in _each(call.each, texts, place):
            parameters = here.tree(call.parameters)
            calls.append(expectations.AwsCall(call.action, call.allowed, here.text(call.why), parameters, region))
    for asked in expected.kubernetes:
        resource, _, subresource = asked.resource.partition("/")
        for namespace in texts.texts([asked.namespace]) if asked.namespace else [None]:
            calls.append(
                expectations.KubernetesCall(
                    asked.verb,
                    resource,
                    asked.allowed,
                    texts.text(asked.why),
                    asked.api_group,
                    subresource or None,
                    namespace,
                    texts.optional(asked.name),
                )
            )
    return tuple(calls)


def _handoff(definition: Definition, texts: Texts, place: Place) -> Handoff:
    fields = [
        Field(here.text(field.label), here.text(field.value), field.secret)
        for field in definition.handoff.fields
        for here, _ in _each(field.each, texts, place)
    ]
    return Handoff(tuple(fields), tuple(map(texts.text, definition.handoff.steps)))
