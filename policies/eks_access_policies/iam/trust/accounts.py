"""AWS principals: everyone, whole accounts, roles and users, one's own and others'."""

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
from ..conditions import Binding, Test, binding, demands_presence
from ..context import AccountTrust
from ..glob import is_pattern, literal_prefix
from ..principal_conditions import CallerRestriction, Scope, irrelevant, why_open
from ..statement import Principal, PrincipalKind
from .assume import ASSUME_ROLE, TAG_SESSION, Trust, told

EXTERNAL_ID = "sts:externalid"
_TAGS = ("aws:tagkeys", "aws:requesttag/")
_IDENTITY = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?P<service>iam|sts)::(?P<account>[^:]*):"
    r"(?P<kind>root|user/|role/|assumed-role/|federated-user/)?(?P<name>.*)",
    re.DOTALL,
)
_UNIQUE_ID = re.compile(r"A(ROA|IDA|GPA|KIA)[A-Z0-9]{12,}")
_PLACEHOLDERS = frozenset(
    {"external-id", "externalid", "your-external-id", "example", "changeme", "test", "12345", "123456"}
)


def evaluate_accounts(trust: Trust, principals: tuple[Principal, ...]) -> Iterator[Finding]:
    """Everyone, or accounts and identities in them, that may call sts:AssumeRole."""
    if not trust.allows(ASSUME_ROLE):
        yield trust.finding(
            TRUST_PROVIDER,
            f"{told(each.value for each in principals)} signs in with {ASSUME_ROLE}, which is not among the actions"
            f" ({told(trust.statement.actions)}), so that nobody can assume the role.",
            "Action",
        )
        return
    said = trust.said
    if any(each.kind is PrincipalKind.ANYONE for each in principals):
        yield from _anyone(trust, said)
    yield from _others(trust, said, tuple(each for each in principals if each.kind is PrincipalKind.AWS))


def _anyone(trust: Trust, said: CallerRestriction) -> Iterator[Finding]:
    if not said.says:
        yield trust.finding(TRUST_ANYONE, f"Principal '*' lets everyone with an AWS account in{_but(trust, said)}.")
        return
    if said.is_organization:
        return
    strangers = [each for each in said.accounts if _needs_proof(trust, each)]
    yield from _cross_account(trust, said, {each: [each] for each in strangers})


def _others(trust: Trust, said: CallerRestriction, principals: tuple[Principal, ...]) -> Iterator[Finding]:
    by_account: dict[str, list[str]] = defaultdict(list)
    for principal in principals:
        if trust.context.accepts(principal.value):
            continue
        account = yield from _account(trust, principal.value, said)
        if account and _needs_proof(trust, account):
            by_account[account].append(principal.value)
    if said.is_organization:
        return
    if said.says and all(each.account or each.scope is Scope.ACCOUNT for each in said.named):
        by_account = {account: by_account[account] for account in by_account.keys() & said.accounts}
    yield from _cross_account(trust, said, by_account)


def _account(trust: Trust, value: str, said: CallerRestriction) -> Generator[Finding, None, str]:
    """The account of a principal, after telling what is wrong with how it is written."""
    if value.isdigit() and len(value) == 12:
        return value
    match = _IDENTITY.fullmatch(value)
    if match is None or not match["kind"]:
        if _UNIQUE_ID.fullmatch(value):
            why = "is the unique id of an identity that was deleted; nobody can be it again"
        else:
            why = "is no principal; it must be an account's id, or the ARN of an account, role, user or session"
        yield trust.finding(MALFORMED, f"{value!r:.120} {why}.", "Principal")
        return ""
    if is_pattern(match["account"]):
        if not said.says:
            yield trust.finding(
                TRUST_ANYONE,
                f"{value!r:.120} leaves the account open: in an account of one's own any name is free"
                f"{_but(trust, said)}. IAM takes no pattern in a principal but a single '*'.",
                "Principal",
            )
        return ""
    if is_pattern(match["name"]):
        yield trust.finding(
            MALFORMED,
            f"{value!r:.120} is a pattern, and IAM takes none in a principal; name the role, or name the account and"
            " require aws:PrincipalArn with ArnLike.",
            "Principal",
        )
    return match["account"]


def _needs_proof(trust: Trust, account: str) -> bool:
    return trust.context.account_trust(account) in (AccountTrust.VENDOR, AccountTrust.UNKNOWN)


def _cross_account(trust: Trust, said: CallerRestriction, by_account: dict[str, list[str]]) -> Iterator[Finding]:
    """Others' accounts: whose they are, whether the ExternalId is asked for, and what may come with the session."""
    if not by_account:
        return
    context = trust.context
    unknown = [each for each in by_account if context.account_trust(each) is AccountTrust.UNKNOWN]
    asking = [each for each in by_account if each in unknown or context.vendors[each].external_id]
    external = [test for test in trust.tests if test.lower_key == EXTERNAL_ID]
    if asking:
        yield from _external_id(trust, external, told(map(context.told, asking)))
    if unknown:
        yield trust.finding(
            TRUST_UNKNOWN_ACCOUNT,
            f"Account {told(unknown)} is neither yours, nor trusted, nor a known vendor's.",
            "Principal",
        )
    whole = [
        each for each, named in by_account.items() if any(value == each or value.endswith(":root") for value in named)
    ]
    if whole and not any(each.scope is Scope.PRINCIPAL for each in said.named):
        yield trust.finding(
            TRUST_WHOLE_ACCOUNT,
            f"Every identity of account {told(map(context.told, whole))} may assume the role that its administrators"
            " let, not one role.",
            "Principal",
        )
    if trust.allows(TAG_SESSION) and not any(test.lower_key.startswith(_TAGS) for test in trust.tests):
        yield trust.finding(
            TRUST_SESSION_TAGS,
            f"Account {told(map(context.told, by_account))} may pass any session tags with {TAG_SESSION}, and policies"
            " that decide by aws:PrincipalTag believe them.",
            "Action",
        )


def _external_id(trust: Trust, tests: list[Test], account: str) -> Iterator[Finding]:
    if not tests:
        yield trust.finding(
            TRUST_EXTERNAL_ID,
            f"Account {account} may assume the role without an ExternalId{_but(trust, trust.said)}.",
            "Condition",
        )
        return
    weak = [reason for test in tests if (reason := _weak(test, trust.tests))]
    if len(weak) == len(tests):
        rule: Rule = TRUST_CONDITION_OPEN
        yield trust.finding(
            rule, f"{tests[0]} does not hold account {account} to its ExternalId: {weak[0]}.", "Condition"
        )


def _weak(test: Test, all_tests: Iterable[Test]) -> str:
    """Why the test does not hold the caller to one ExternalId; nothing where it does."""
    present = demands_presence([each for each in all_tests if each is not test], EXTERNAL_ID)
    found = binding(test, present=present)
    if found not in (Binding.PINS, Binding.NEVER):
        return why_open(found, test)
    for value in test.values:
        if test.operator.globs and is_pattern(value):
            fixed = literal_prefix(value)
            return f"{value!r} leaves " + (f"everything after {fixed!r} open" if fixed else "its beginning open")
        if "${" in value:
            return f"{value!r} is what the caller is, and not what it was given"
        if value.lower().strip("<>{}") in _PLACEHOLDERS:
            return f"{value!r} is a placeholder that anybody would try"
        if len(value) < 2:
            return f"{value!r} is none; it has 2 to 1224 characters"
    return ""


def _but(trust: Trust, said: CallerRestriction) -> str:
    """What the conditions do instead, in words."""
    if said.open:
        return "; " + "; ".join(f"{test} does not help: {why}" for test, why in said.open[:3])
    beside = irrelevant(trust.tests)
    if beside:
        return f"; {', '.join(str(test) for test in beside[:3])} says nothing about who may act"
    if any(test.lower_key == EXTERNAL_ID for test in trust.tests):
        return "; sts:ExternalId alone is no secret, and says nothing about who may act"
    if trust.tests:
        return f"; {trust.tests[0]} says nothing about who may act"
    return ", without any condition"
