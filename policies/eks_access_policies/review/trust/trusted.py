"""The statements of a trust policy as one principal and one call each, in one spelling. Pure.

`arn:aws:iam::<account>:root` and the bare account id are one principal, and NotPrincipal is one set.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from ...finding import Severity
from ...iam import Context, Principal, PrincipalKind, Statement
from ...iam.glob import is_pattern
from ...iam.trust.saml import evaluate_assertion
from ...iam.trust.tokens import evaluate_token, parse_issuer
from ...iam.trust.trust_statement import ASSUME_ROLE, SAML, TAG_SESSION, WEB_IDENTITY, TrustStatement, covers_action
from ...rules.iam.trust import TRUST_AUDIENCE, TRUST_CONDITION_OPEN, TRUST_SUBJECT
from ..conditions import Conditions, entails_all, normalize_key, parse_conditions
from ..formatting import join_words, quote_name

ANYONE = Principal(PrincipalKind.ANYONE, "*")
SESSION_ACTIONS = {
    TAG_SESSION: "can set tags of the session, which other policies may decide by",
    "sts:SetSourceIdentity": "can set the source identity of the session, which other policies may decide by",
    "sts:SetContext": "can set the context of the session, which other policies may decide by",
}
"""What a trust policy may allow besides assuming the role."""
_CALLER_ACTIONS = (ASSUME_ROLE, *SESSION_ACTIONS)
_FEDERATED_ACTIONS = (WEB_IDENTITY, SAML, *SESSION_ACTIONS)
_ALL_ACTIONS = (ASSUME_ROLE, WEB_IDENTITY, SAML, *SESSION_ACTIONS)
_ACTIONS_OF_KIND: Mapping[PrincipalKind, tuple[str, ...]] = {
    PrincipalKind.ANYONE: _ALL_ACTIONS,
    PrincipalKind.FEDERATED: _FEDERATED_ACTIONS,
}
"""The actions that a kind of principal can use, of those that a wildcard covers."""
_OPEN = {TRUST_AUDIENCE, TRUST_SUBJECT, TRUST_CONDITION_OPEN}
"""Rules of the policy pack: conditions that do not restrict whose tokens or assertions are accepted."""
_AUDIENCES = (":aud", ":oaud", ":app_id")
_MAX_CANDIDATES = 100
"""Statements for one principal that are compared. IAM's size limit allows fewer."""


@dataclass(frozen=True)
class TrustedPrincipal:
    """A principal that may make one call under conditions; of a Deny statement, one that may not."""

    principal: Principal
    action: str
    conditions: Conditions
    excluded: frozenset[Principal] = frozenset()
    """From NotPrincipal: everyone except these; `principal` is then everyone."""
    written: str = field(default="", compare=False)
    """The principal as written in the document."""

    @property
    def description(self) -> str:
        value = quote_name(self.written or self.principal.value)
        if self.excluded:
            names = [quote_name(name) for name in sorted(each.value for each in self.excluded)]
            return f"everyone except {join_words(names)}"
        match self.principal.kind:
            case PrincipalKind.ANYONE:
                return "everyone in AWS"
            case PrincipalKind.FEDERATED:
                holders = "holders" if self.limits_subject else "every holder"
                return f"{holders} of a token or assertion from {value}"
            case PrincipalKind.SERVICE:
                return f"the AWS service {value}"
        if self.is_account:
            return f"every principal of the account {value} that the account permits"
        return value

    @property
    def limits_subject(self) -> bool:
        """Whether only some of a provider's tokens meet the conditions, by their subject or another claim."""
        return any(
            each.limits_values and parse_issuer(each.key) and normalize_key(each.key) not in _AUDIENCES
            for each in self.conditions
        )

    @property
    def is_account(self) -> bool:
        return self.principal.value.isdigit()

    @property
    def severity(self) -> Severity:
        """Severity of this trust under its conditions. The policy pack evaluates whether it is acceptable at all."""
        required = {normalize_key(condition.key) for condition in self.conditions if not condition.is_vacuous}
        if self.action in SESSION_ACTIONS:
            return Severity.MEDIUM
        if self.principal.kind is PrincipalKind.ANYONE:
            return Severity.HIGH if required else Severity.CRITICAL
        if self.principal.kind is PrincipalKind.FEDERATED:
            return _grade_federated(self.principal, self.action, self.conditions)
        return Severity.MEDIUM if required or not self.is_account else Severity.HIGH

    def names_same(self, other: "TrustedPrincipal") -> bool:
        """Whether both are for the same principals, whatever their conditions."""
        return (self.principal, self.excluded) == (other.principal, other.excluded)

    def covers(self, other: "TrustedPrincipal") -> bool:
        """Whether it applies to every request to which the other does; False if that cannot be determined."""
        return (
            self.action == other.action
            and entails_all(other.conditions, self.conditions)
            and self._covers_principal(other)
        )

    def _covers_principal(self, other: "TrustedPrincipal") -> bool:
        if self.excluded and other.excluded:
            return self.excluded <= other.excluded
        if self.excluded:
            return all(_are_in_different_accounts(each, other.principal) for each in self.excluded)
        if self.principal == ANYONE:
            # Whether that includes services and holders of tokens is not documented.
            return other.principal.kind in (PrincipalKind.ANYONE, PrincipalKind.AWS)
        return self.principal == other.principal and not other.excluded


class TrustIndex:
    """The trusted principals of one side, or those denied, by principal and action."""

    def __init__(self, trusted: Iterable[TrustedPrincipal]) -> None:
        self._found: dict[tuple[Principal, str], list[TrustedPrincipal]] = defaultdict(list)
        for each in trusted:
            self._found[each.principal, each.action].append(each)

    def find_candidates(self, trusted: TrustedPrincipal) -> list[TrustedPrincipal]:
        """All that are for the same principal, or for everyone."""
        principals = dict.fromkeys((trusted.principal, ANYONE))
        return [each for one in principals for each in self._found.get((one, trusted.action), ())[:_MAX_CANDIDATES]]


def find_trusted(statements: Iterable[Statement], effect: str = "Allow") -> dict[TrustedPrincipal, None]:
    """Every principal and call of the statements with this effect, in order."""
    return {trusted: None for each in statements if each.effect == effect for trusted in _read_statement(each)}


def _read_statement(statement: Statement) -> Iterator[TrustedPrincipal]:
    conditions = parse_conditions(statement)
    for principal in statement.principals:
        same = canonicalize_principal(principal)
        for action in _find_actions(statement, same.kind):
            yield TrustedPrincipal(same, action, conditions, written=principal.value)
    excluded = frozenset(map(canonicalize_principal, statement.not_principals))
    for action in _find_actions(statement, PrincipalKind.ANYONE) if excluded else ():
        yield TrustedPrincipal(ANYONE, action, conditions, excluded)


def _find_actions(statement: Statement, kind: PrincipalKind) -> Iterator[str]:
    """The actions by name; of those that a wildcard or NotAction covers, the ones that such a principal can use.

    Who signs calls with keys of AWS has no token or assertion to assume a role with, whatever the statement names.
    """
    named = {action.strip().lower() for action in statement.actions if not is_pattern(action)}
    usable = _ACTIONS_OF_KIND.get(kind, _CALLER_ACTIONS)
    for action in _ALL_ACTIONS:
        is_named = action.lower() in named and (action in usable or kind in _ACTIONS_OF_KIND)
        if is_named or (action in usable and covers_action(statement, action)):
            yield action


def find_ineffective_actions(statements: Iterable[Statement]) -> dict[str, None]:
    """The actions that the statements allow although they assume no role, in order: they have no effect."""
    known = {action.lower() for action in _ALL_ACTIONS}
    named = (action.strip() for each in statements if each.allows for action in each.actions if not is_pattern(action))
    return {action: None for action in named if action.lower() not in known}


@lru_cache(maxsize=4096)
def _grade_federated(principal: Principal, action: str, conditions: Conditions) -> Severity:
    """Severity of accepting a provider's tokens or assertions, as the policy pack evaluates the conditions."""
    if action not in (WEB_IDENTITY, SAML):
        return Severity.HIGH  # no action of such a principal
    written = tuple(each.as_written for each in conditions)
    statement = Statement(0, "Allow", principals=(principal,), actions=(action,), conditions=written)
    trust = TrustStatement(statement, (principal,), written, Context())
    evaluate = evaluate_assertion if action == SAML else evaluate_token
    rules = {each.rule for each in evaluate(trust, principal.value)}
    return Severity.HIGH if rules & _OPEN else Severity.MEDIUM


def canonicalize_principal(principal: Principal) -> Principal:
    """The principal in one spelling: an account by its id, and what IAM compares without case in lower case."""
    value = principal.value.strip()
    parts = value.split(":", 5)
    if len(parts) == 6:
        if principal.kind is PrincipalKind.AWS and parts[2].lower() == "iam" and parts[5] == "root":
            return Principal(principal.kind, parts[4])
        return Principal(principal.kind, ":".join([*map(str.lower, parts[:5]), parts[5]]))
    return Principal(principal.kind, value.lower() if principal.kind is not PrincipalKind.AWS else value)


def _are_in_different_accounts(one: Principal, other: Principal) -> bool:
    accounts = [_get_account(each) for each in (one, other)]
    return all(accounts) and accounts[0] != accounts[1]


def _get_account(principal: Principal) -> str:
    """The account of a principal of AWS; empty if it has none or that is not known."""
    if principal.kind is not PrincipalKind.AWS:
        return ""
    parts = principal.value.split(":", 5)
    account = parts[4] if len(parts) == 6 else principal.value
    return account if account.isdigit() else ""
