"""Evaluates AWS principals: everyone, whole accounts, roles and users, in one's own accounts and others."""

import re
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator

from ...finding import Finding, Rule
from ...rules.iam.documents import MALFORMED
from ...rules.iam.trust import (
    TRUST_ANYONE,
    TRUST_CONDITION_OPEN,
    TRUST_EXTERNAL_ID,
    TRUST_PROVIDER,
    TRUST_SESSION_TAGS,
    TRUST_UNKNOWN_ACCOUNT,
    TRUST_WHOLE_ACCOUNT,
)
from ..conditions import Condition, Constraint, classify_constraint, requires_presence
from ..context import AccountTrust
from ..document import Principal, PrincipalKind
from ..glob import is_pattern, literal_prefix
from ..known_vendors import KNOWN_VENDORS
from ..principal_conditions import (
    ANY_SERVICE,
    SERVICE_NAME,
    CallerRestriction,
    Scope,
    explain_open,
    find_non_identifying,
)
from .services import evaluate_source
from .trust_statement import ASSUME_ROLE, TAG_SESSION, TrustStatement, format_list, format_quoted

EXTERNAL_ID = "sts:externalid"
_TAGS = ("aws:tagkeys", "aws:requesttag/")
_PRINCIPAL_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?P<service>iam|sts)::(?P<account>[^:]*):"
    r"(?P<kind>root|user/|role/|assumed-role/|federated-user/)?(?P<name>.*)",
    re.DOTALL,
)
_UNIQUE_ID = re.compile(r"A(ROA|IDA|GPA|KIA)[A-Z0-9]{12,}")
_TO_REPLACE = re.compile(
    r"your|example|sample|change.?me|replace|place.?holder|insert|fixme|dummy|default|\bto.?do\b|\btbd\b"
    r"|fill.?(me|it)?.?in|set.?me|\b(put|enter|paste).*(id|here)$|(provided|generated|given|issued).?by"
    r"|(from|by).the.(vendor|console)|<.*>|\{\{.*\}\}|\[.*\]"
)
"""Words, and brackets, of a page or template whose reader was to write the value."""
_GUESSABLE = re.compile(
    r"(my|the|some|an?|any|unique|random|aws|acme|test|demo|dev|prod|staging|vendor|customer|company|tenant|account|org)*"
    r"(external|ext)?(id|identifier|secret|string|name)(value|here|from(the)?(vendor|console)|\d*)"
    r"|(test(ing)?|demo|foo|bar|foobar|baz|secret|password|pssw0rd|none|null|undefined|true|false|value|input|uuid|guid"
    r"|na|hello(world)?|qwerty|letmein|notasecret|deadbeef|acme|eks|terraform|dev|staging|prod(uction)?)\d*"
    r"|x{3,}\d*|abc(d|def)?\d*|12345678\d*|((.)\13{3,})+|123e4567e89b12d3a456426614174000"
)
"""Values, in lower case and without punctuation, that anyone would try: also four or more of each character, as in the
account 111122223333, and the UUID of the standard."""
_VENDORS = frozenset(re.sub(r"[^a-z0-9]", "", each.name.lower()) for each in KNOWN_VENDORS.values())
_SEQUENCES = ("0123456789" * 2, "9876543210" * 2, "abcdefghijklmnopqrstuvwxyz")


def evaluate_accounts(trust: TrustStatement, principals: tuple[Principal, ...]) -> Iterator[Finding]:
    """Evaluate AWS principals, which call sts:AssumeRole."""
    if not trust.allows(ASSUME_ROLE):
        yield trust.finding(
            TRUST_PROVIDER,
            f"{format_quoted(each.value for each in principals)} signs in with {ASSUME_ROLE}, which is not among the"
            f" actions ({format_quoted(trust.statement.actions)}), so no principal can assume the role.",
            "Action",
        )
        return
    restriction = trust.caller_restriction
    if any(each.kind is PrincipalKind.ANYONE for each in principals):
        yield from _evaluate_any_principal(trust, restriction)
    yield from _evaluate_accounts(
        trust, restriction, tuple(each for each in principals if each.kind is PrincipalKind.AWS)
    )


def _evaluate_any_principal(trust: TrustStatement, restriction: CallerRestriction) -> Iterator[Finding]:
    if not restriction.is_restricted:
        if any(each.lower_key == ANY_SERVICE for each, _ in restriction.ineffective):
            message = "Principal '*' lets every AWS service assume the role, for any customer's resource: neither"
            yield trust.finding(TRUST_ANYONE, f"{message} aws:SourceArn nor aws:SourceAccount is required.")
            return
        yield trust.finding(
            TRUST_ANYONE,
            "Principal '*' lets everyone with an AWS account assume the role"
            f"{_describe_ineffective(trust, restriction)}.",
        )
        return
    if restriction.is_organization:
        return
    for condition in trust.conditions:
        if condition.lower_key == SERVICE_NAME and not condition.operator.is_negated:
            for service in condition.values:
                yield from evaluate_source(trust, service)
    third_parties = [each for each in restriction.accounts if _is_third_party(trust, each)]
    yield from _evaluate_cross_account(trust, restriction, {each: [each] for each in third_parties})


def _evaluate_accounts(
    trust: TrustStatement, restriction: CallerRestriction, principals: tuple[Principal, ...]
) -> Iterator[Finding]:
    by_account: dict[str, list[str]] = defaultdict(list)
    for principal in principals:
        if trust.context.accepts(principal.value):
            continue
        account = yield from _check_principal(trust, principal.value, restriction)
        if account and _is_third_party(trust, account):
            by_account[account].append(principal.value)
    if restriction.is_organization:
        return
    if restriction.is_restricted and all(each.account or each.scope is Scope.ACCOUNT for each in restriction.callers):
        by_account = {account: by_account[account] for account in by_account.keys() & restriction.accounts}
    yield from _evaluate_cross_account(trust, restriction, by_account)


def _check_principal(
    trust: TrustStatement, value: str, restriction: CallerRestriction
) -> Generator[Finding, None, str]:
    """Yield findings for a malformed principal; return its account, or "" if it has none."""
    if value.isdigit() and len(value) == 12:
        return value
    match = _PRINCIPAL_ARN.fullmatch(value)
    if match is None or not match["kind"]:
        if _UNIQUE_ID.fullmatch(value):
            why = "is the unique id of a deleted identity, and matches no principal"
        else:
            why = "is not a principal; it must be an account id, or the ARN of an account, role, user or session"
        yield trust.finding(MALFORMED, f"{value!r:.120} {why}.", "Principal")
        return ""
    if is_pattern(match["account"]):
        if not restriction.is_restricted:
            yield trust.finding(
                TRUST_ANYONE,
                f"{value!r:.120} leaves the account open, and anyone can choose any name in their own account"
                f"{_describe_ineffective(trust, restriction)}. IAM accepts no pattern in a principal except a single"
                " '*'.",
                "Principal",
            )
        return ""
    if is_pattern(match["name"]):
        yield trust.finding(
            MALFORMED,
            f"{value!r:.120} is a pattern, and IAM accepts none in a principal; name the role, or name the account and"
            " require aws:PrincipalArn with ArnLike.",
            "Principal",
        )
    return match["account"]


def _is_third_party(trust: TrustStatement, account: str) -> bool:
    return trust.context.account_trust(account) in (AccountTrust.VENDOR, AccountTrust.UNKNOWN)


def _evaluate_cross_account(
    trust: TrustStatement, restriction: CallerRestriction, by_account: dict[str, list[str]]
) -> Iterator[Finding]:
    """Evaluate third-party accounts: whose they are, whether an ExternalId is required, and which session tags pass."""
    if not by_account:
        return
    context = trust.context
    unknown = [each for each in by_account if context.account_trust(each) is AccountTrust.UNKNOWN]
    requiring = [each for each in by_account if each in unknown or context.vendors[each].external_id]
    external = [condition for condition in trust.conditions if condition.lower_key == EXTERNAL_ID]
    if requiring:
        yield from _evaluate_external_id(trust, external, format_list(map(context.describe_account, requiring)))
    if unknown:
        yield trust.finding(
            TRUST_UNKNOWN_ACCOUNT,
            f"Account {format_quoted(unknown)} is neither yours, nor trusted, nor a known vendor's.",
            "Principal",
        )
    whole = [
        each for each, named in by_account.items() if any(value == each or value.endswith(":root") for value in named)
    ]
    if whole and not any(each.scope is Scope.PRINCIPAL for each in restriction.callers):
        yield trust.finding(
            TRUST_WHOLE_ACCOUNT,
            f"Account {format_list(map(context.describe_account, whole))} is trusted as a whole: any identity that"
            " its administrators permit can assume the role, not only one role.",
            "Principal",
        )
    if trust.allows(TAG_SESSION) and not any(condition.lower_key.startswith(_TAGS) for condition in trust.conditions):
        yield trust.finding(
            TRUST_SESSION_TAGS,
            f"Account {format_list(map(context.describe_account, by_account))} may pass any session tags with"
            f" {TAG_SESSION}, which policies with conditions on aws:PrincipalTag trust.",
            "Action",
        )


def _evaluate_external_id(trust: TrustStatement, conditions: list[Condition], account: str) -> Iterator[Finding]:
    if not conditions:
        yield trust.finding(
            TRUST_EXTERNAL_ID,
            f"Account {account} may assume the role without an ExternalId"
            f"{_describe_ineffective(trust, trust.caller_restriction)}.",
            "Condition",
        )
        return
    weak = [reason for condition in conditions if (reason := _explain_weak_external_id(condition, trust.conditions))]
    if len(weak) == len(conditions):
        rule: Rule = TRUST_CONDITION_OPEN
        yield trust.finding(
            rule, f"{conditions[0]} does not require one ExternalId of account {account}: {weak[0]}.", "Condition"
        )


def _explain_weak_external_id(condition: Condition, conditions: Iterable[Condition]) -> str:
    """Why the condition does not require one ExternalId; empty if it does."""
    present = requires_presence([each for each in conditions if each is not condition], EXTERNAL_ID)
    found = classify_constraint(condition, present=present)
    if found not in (Constraint.PINS, Constraint.NEVER):
        return explain_open(found, condition)
    for value in condition.values:
        if condition.operator.takes_patterns and is_pattern(value):
            fixed = literal_prefix(value)
            return f"{value!r} leaves " + (f"everything after {fixed!r} open" if fixed else "its beginning open")
        if "${" in value:
            return f"{value!r} is a property of the caller, not a value that the vendor issued"
        if _is_placeholder(value):
            return f"{value!r} is a placeholder that anyone would try"
        if len(value) < 2:
            return f"{value!r} is not an ExternalId, which has 2 to 1224 characters"
    return ""


def _is_placeholder(value: str) -> bool:
    lowered = value.lower()
    plain = re.sub(r"[^a-z0-9]", "", lowered)
    is_sequence = len(set(plain)) == 1 or (len(plain) > 2 and any(plain in each for each in _SEQUENCES))
    return is_sequence or plain in _VENDORS or bool(_TO_REPLACE.search(lowered) or _GUESSABLE.fullmatch(plain))


def _describe_ineffective(trust: TrustStatement, restriction: CallerRestriction) -> str:
    """Why the conditions that are there do not restrict the caller, in words."""
    if restriction.ineffective:
        return "; " + "; ".join(f"{condition} has no effect: {why}" for condition, why in restriction.ineffective[:3])
    beside = find_non_identifying(trust.conditions)
    if beside:
        return f"; {', '.join(str(condition) for condition in beside[:3])} does not restrict the caller"
    if any(condition.lower_key == EXTERNAL_ID for condition in trust.conditions):
        return "; sts:ExternalId alone is not a secret, and does not restrict the caller"
    if trust.conditions:
        return f"; {trust.conditions[0]} does not restrict the caller"
    return ", without any condition"
