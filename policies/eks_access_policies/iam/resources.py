"""Computes how far a resource pattern reaches: all resources of a type, some, one or none.

AWS's service reference does not list every resource that an action acts on: `eks:ListClusters` is authorized on
`cluster/*`, tags are set on types that it lacks, and AWS's own parameters have no account. A pattern is only said to
reach nothing where that follows from what is listed; what is merely not listed counts as reached.
"""

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from functools import lru_cache

from . import actions
from .actions import AccessLevel
from .glob import VARIABLE, covers, is_anything, is_pattern, matches, overlaps

_PLACEHOLDER = re.compile(r"\$\{[A-Za-z0-9]+\}")
_CANARY = "zq7"
"""A name that no pattern is written for: a pattern that matches it matches any name."""

_CANARIES = {"${SecretId}": f"{_CANARY}-qJ7xQ9"}
"""Secrets Manager ends a secret's ARN with six characters of its own, so that `secret:*-??????` is every secret."""
_COLON = "\x02"
_FIELDS = 6
"""Of an ARN, the resource included, which may have colons of its own."""
_LOCATING_PLACEHOLDERS = frozenset({"${ClusterName}", "${IamIdentityType}", "${IamIdentityAccountID}"})
"""Placeholders for where a resource is, not which one: all access entries of one cluster count as all of them."""

_TAGS = re.compile(r"Tags?(?![a-z])")
_CHANGES = (AccessLevel.WRITE, AccessLevel.TAGGING, AccessLevel.PERMISSIONS)

_COMPLETE_SERVICES = frozenset({"dynamodb", "eks", "iam", "kms", "s3", "secretsmanager", "sns", "sqs", "sts"})
"""Services of which the reference lists all types that an action needs: AWS's own policies agree with it."""
_OWNED_SERVICES = frozenset({"dynamodb", "eks", "iam", "secretsmanager", "sns", "sqs", "sts"})
"""Services that have no resources of AWS's own without an account."""

_TARGET_TYPES = {
    "ec2:CreateFleet": ("fleet", "instance"),
    "ec2:RequestSpotInstances": ("spot-instances-request", "instance"),
    "ec2:RunInstances": ("instance",),
    "ssm:SendCommand": ("instance", "managed-instance"),
    "ssm:StartSession": ("instance", "managed-instance", "task"),
}
"""For actions that take several resources at once: the types that they act on, not those that they act with."""


class Reach(IntEnum):
    """How many of the resources of its types a pattern covers."""

    NONE = 0
    ONE = 1
    SOME = 2
    ALL = 3


class Fit(IntEnum):
    """Whether a pattern names anything that an action acts on."""

    NOTHING = 0
    """It names nothing: the statement allows and denies nothing for the action."""
    UNLISTED = 1
    """AWS's reference does not list it for the action, and that proves nothing."""
    LISTED = 2


def is_reference_complete(service: str) -> bool:
    """Whether it is certain that resources of other types than the reference lists are nothing to the actions."""
    return service in _COMPLETE_SERVICES


def compute_reach(pattern: str, action: actions.Action) -> Reach:
    """How far the pattern reaches among the resources that the action acts on."""
    return max(_compute_reach(each, action) for each in _complete(pattern))


def _compute_reach(pattern: str, action: actions.Action) -> Reach:
    targets = _TARGET_TYPES.get(str(action), ())
    reach = _find_listed_reach(pattern, action, targets)
    if _is_of_aws(pattern):
        return min(reach, Reach.ONE)  # what AWS gives everyone, and none of one's own
    # What fits a type that the action only acts with reaches none of its targets.
    if reach is not Reach.NONE or _classify_fit(pattern, action) is not Fit.UNLISTED:
        return reach
    fields = split_arn(pattern)
    if len(fields) == 6 and is_anything(fields[5]):
        return Reach.ALL
    return _reach_of_known_types(pattern, action.service) or (Reach.SOME if is_pattern(pattern) else Reach.ONE)


@lru_cache(maxsize=65_536)
def classify_fit(pattern: str, action: actions.Action) -> Fit:
    """Whether the pattern names anything that the action takes, even if only one of several resources."""
    return max(_classify_fit(each, action) for each in _complete(pattern))


def _classify_fit(pattern: str, action: actions.Action) -> Fit:
    if _find_listed_reach(pattern, action, ()) is not Reach.NONE:
        return Fit.LISTED
    if _has_account_of_aws(pattern):
        # Such as a transform, which the reference has nowhere: `arn:aws:cloudformation:*:aws:transform/Serverless-…`.
        return Fit.NOTHING if _changes_iam(action) else Fit.LISTED
    if _is_about_tags(action) and _reach_of_known_types(pattern, action.service):
        return Fit.LISTED
    return Fit.NOTHING if _fits_nothing(pattern, action) else Fit.UNLISTED


@lru_cache(maxsize=16_384)
def covers_all(
    pattern: str, action: actions.Action, among: str = "*", own_accounts: frozenset[str] = frozenset()
) -> bool:
    """Whether the pattern covers every resource that the action can act on, in the account of `among` or one's own."""
    if is_anything(pattern):
        return True
    account = parse_account(among) or (parse_account(pattern) if parse_account(pattern) in own_accounts else "*")
    taken = list(_find_forms(action, _TARGET_TYPES.get(str(action), ())))
    return bool(taken) and any(
        all(covers(complete, _any_resource_of(each, complete, account)) for each in taken)
        for complete in _complete(pattern)
    )


@lru_cache(maxsize=65_536)
def _complete(pattern: str) -> tuple[str, ...]:
    """The pattern with all fields of an ARN, each way that IAM completes it.

    Missing fields are any (`arn:aws:sqs` is `arn:aws:sqs:*:*:*`), and a `*` that ends a field goes on past its colon.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    fields = split_arn(pattern)
    if fields[0] != "arn" or not 2 < len(fields) < _FIELDS:
        return (pattern,)
    missing = ["*"] * (_FIELDS - len(fields))
    places = [at + 1 for at in range(3, len(fields)) if fields[at].endswith("*")]
    if len(fields) < _FIELDS - 1 or _field_fits(fields[4], "${Account}"):
        places.append(len(fields))
    return tuple(":".join((*fields[:at], *missing, *fields[at:])) for at in dict.fromkeys(places)) or (pattern,)


def parse_account(pattern: str) -> str:
    """The account that a resource pattern names; empty if it names none or leaves it open."""
    fields = split_arn(pattern)
    return fields[4] if len(fields) == 6 and fields[4].isdigit() else ""


@lru_cache(maxsize=65_536)
def split_arn(pattern: str) -> tuple[str, ...]:
    """The six fields of an ARN, or fewer; the colon of a policy variable (`${aws:PrincipalAccount}`) separates none."""
    protected = VARIABLE.sub(lambda found: found.group().replace(":", _COLON), pattern)
    return tuple(field.replace(_COLON, ":") for field in protected.split(":", 5))


def _any_resource_of(template: str, pattern: str, account: str) -> str:
    """A pattern that matches any resource of a type, in the partition of `pattern`: a stack is in one partition."""
    partition = pattern.split(":", 2)[1] if pattern.count(":") > 1 else "*"
    return _PLACEHOLDER.sub("*", template.replace("${Partition}", partition).replace("${Account}", account))


def _find_forms(action: actions.Action, among: tuple[str, ...]) -> Iterator[str]:
    """The ARNs, with placeholders, of the types that the reference lists for the action."""
    types = actions.resource_types(action.service)
    for use in action.resources:
        if use.type in types and (not among or use.type in among):
            yield from types[use.type].arns


def _find_listed_reach(pattern: str, action: actions.Action, among: tuple[str, ...]) -> Reach:
    """How far the pattern reaches among the resources that the reference lists for the action."""
    if is_anything(pattern):
        return Reach.ALL
    if (_has_account_of_aws(pattern) and _changes_iam(action)) or _lacks_account(pattern):
        return Reach.NONE
    return max((_reach_of_form(pattern, each) for each in _find_forms(action, among)), default=Reach.NONE)


def _fits_nothing(pattern: str, action: actions.Action) -> bool:
    """Whether the pattern names nothing that the action acts on, although the reference may be incomplete.

    Statements have the resources of several actions, so those of another service are taken for another action's. A
    request needs its required types, and another type's resource is none of them. What an action is authorized on if it
    needs none, and which other forms ARNs have, the reference does not say reliably.
    """
    fields = split_arn(pattern)
    if len(fields) < 6:
        return not any(overlaps(pattern, f"arn:*:{each}:*") for each in _find_services(action.service))
    if not any(matches(VARIABLE.sub("*", fields[2]), each) for each in _find_services(action.service)):
        return True
    if not (action.resources if is_reference_complete(action.service) else _has_required_type(action)):
        return False
    if is_pattern(fields[3]) and not _field_fits(fields[4], "${Account}"):
        # A field is missing: a `*` that ends a field goes on past its colon (`_complete`).
        return not any(overlaps(pattern, _PLACEHOLDER.sub("*", each)) for each in _find_forms(action, ()))
    if any(_is_elsewhere(fields, each) for each in _find_forms(action, ())):
        return True
    return _reach_of_known_types(pattern, action.service) is not Reach.NONE


def _has_required_type(action: actions.Action) -> bool:
    return any(use.required for use in action.resources)


def _is_about_tags(action: actions.Action) -> bool:
    """Whether it reads or changes tags: most types of a service have some, and the reference lists few of them."""
    return action.access_level is AccessLevel.TAGGING or _TAGS.search(action.name) is not None


def _has_account_of_aws(pattern: str) -> bool:
    return split_arn(pattern)[4:5] == ("aws",)


def _lacks_account(pattern: str) -> bool:
    """Whether it leaves out the account where no resource is without one, as in `arn:aws:iam:::role/…`."""
    fields = split_arn(pattern)
    return len(fields) == 6 and not fields[4] and fields[2] in _OWNED_SERVICES


def _is_of_aws(pattern: str) -> bool:
    """Whether it names resources of AWS itself: in its account, or in none although the type has one."""
    fields = split_arn(pattern)
    return len(fields) == 6 and (fields[4] == "aws" or (not fields[4] and _has_accounts(fields[2])))


@lru_cache(maxsize=1024)
def _has_accounts(service: str) -> bool:
    """Whether the ARNs of a service's resources have an account; those of S3's buckets, for one, have none."""
    forms = (form.split(":", 5) for each in actions.resource_types(service).values() for form in each.arns)
    own = [form for form in forms if len(form) == 6 and form[2] == service]
    return bool(own) and all("Account" in form[4] for form in own)


def _changes_iam(action: actions.Action) -> bool:
    """Whether it changes identities or policies, of which those of AWS itself cannot be changed by customers."""
    return action.service == "iam" and action.access_level in _CHANGES


@lru_cache(maxsize=1024)
def _find_services(service: str) -> frozenset[str]:
    """The service fields of the ARNs that the service's actions act on."""
    forms = (form for each in actions.resource_types(service).values() for form in each.arns)
    return frozenset({service, *(form.split(":", 3)[2] for form in forms)})


def _is_elsewhere(fields: Sequence[str], form: str) -> bool:
    """Whether it has a region or an account where such a resource has none, as in `arn:aws:iam:us-east-1:…`."""
    shape = form.split(":", 5)
    if len(shape) < 6 or not matches(VARIABLE.sub("*", fields[2]), shape[2]):
        return False
    is_named = any(
        field and not is_pattern(field) and not part for field, part in zip(fields[3:5], shape[3:5], strict=True)
    )
    has_type = not shape[5].startswith("${")  # of S3, a bucket is any name, and an access point's has an account
    return is_named and has_type and overlaps(VARIABLE.sub("*", fields[5]), _PLACEHOLDER.sub("*", shape[5]))


@lru_cache(maxsize=16_384)
def _reach_of_known_types(pattern: str, service: str) -> Reach:
    """How far the pattern reaches among all resources of the service that the reference has."""
    types = actions.resource_types(service).values()
    return max((_reach_of_form(pattern, form) for each in types for form in each.arns), default=Reach.NONE)


@lru_cache(maxsize=65_536)
def _reach_of_form(pattern: str, form: str) -> Reach:
    fields, shape = split_arn(pattern), split_arn(form)
    if len(fields) < 6 or len(shape) < 6:
        return Reach.SOME if overlaps(pattern, _PLACEHOLDER.sub("*", form)) else Reach.NONE
    if not all(_field_fits(field, part) for field, part in zip(fields[:5], shape[:5], strict=True)):
        return Reach.NONE
    named, part = fields[5], shape[5]
    if not overlaps(named, _PLACEHOLDER.sub("*", part)):
        return Reach.NONE
    if overlaps(named, _unnamed_resource(named, part)):
        return Reach.ALL
    return Reach.SOME if is_pattern(named) else Reach.ONE


def _unnamed_resource(named: str, form: str) -> str:
    """A resource in the location that the pattern names, with a name that it does not name."""
    located = named.split("/")
    return "/".join(
        (located[at] if at < len(located) else "*")
        if part in _LOCATING_PLACEHOLDERS
        else _PLACEHOLDER.sub(lambda found: _CANARIES.get(found.group(), _CANARY), part)
        for at, part in enumerate(form.split("/"))
    )


def _field_fits(field: str, part: str) -> bool:
    """Whether a field of the ARN (partition, service, region or account) fits the type's form."""
    if part.startswith("${") and "Account" in part:
        # Resources of AWS that everyone may use have no account, or the account "aws".
        return not field or field == "aws" or is_pattern(field) or field.isdigit() or field.startswith("${")
    if part.startswith("${"):
        return bool(field)
    return field == part or (is_pattern(field) and matches(field, part))
