"""Every kind of trust provides what provisioning and the probe use of it."""

from typing import get_args

import pytest

from eks_access.model.trust import CrossAccount, Saml, Service, Trust, TrustKind

KINDS: tuple[type[TrustKind], ...] = get_args(Trust)


def needs_no_change(trust: Trust) -> TrustKind:
    """Fails the type check if a member of the union lacks a member of the protocol."""
    return trust


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_kind_has_a_name_of_its_own_in_the_manifest(kind: type[TrustKind]) -> None:
    names = [each.kind for each in KINDS]
    assert names.count(kind.kind) == 1


@pytest.mark.parametrize(
    "trust",
    [
        CrossAccount(("arn:aws:iam::444455556666:role/vendor",), external_id="acme"),
        Saml("arn:aws:iam::111122223333:saml-provider/corp", "https://signin.aws.amazon.com/saml"),
        Service("eks.amazonaws.com", source_account="111122223333"),
    ],
    ids=lambda trust: trust.kind,
)
def test_a_statement_with_conditions_refuses_a_tampered_request(trust: Trust) -> None:
    kind = needs_no_change(trust)
    assert all("Condition" in statement for statement in kind.statements())
    assert kind.refuses()
