import json
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from eks_access.manifest import models
from eks_access.model.trust import TamperedRequest
from eks_access_probe.checks import trust
from eks_access_probe.checks.trust import classify_sts_error
from eks_access_probe.identity import identities
from eks_access_probe.identity.assume_role import Actor
from eks_access_probe.identity.aws_clients import Aws
from eks_access_probe.outcome import Answer, Verdict
from tests.support.tokens import token
from tests.support.world import ROLE, SESSION, World, xml_error

DENIED = f"User: arn:aws:iam::999999999999:user/x is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
DENIED_BY_ITSELF = f"{DENIED} because no identity-based policy allows the sts:AssumeRole action"
NO_ASSOCIATION = "The token included in the request has no service account role association for it."
NOT_BY_THE_TRUST = {
    "identity-based policy": f"{DENIED} because no identity-based policy allows the sts:AssumeRole action",
    "own policy": f"{DENIED} with an explicit deny in an identity-based policy: arn:aws:iam::999999999999:policy/own",
    "boundary": f"{DENIED} with an explicit deny in a permissions boundary",
    "silent boundary": f"{DENIED} because no permissions boundary allows the sts:AssumeRole action",
    "session policy": f"{DENIED} with an explicit deny in a session policy",
    "silent session policy": f"{DENIED} because no session policy allows the sts:AssumeRole action",
    "SCP": f"{DENIED} with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-1/p-1",
    "silent SCP": f"{DENIED} because no service control policy allows the sts:AssumeRole action",
    "endpoint": f"{DENIED} with an explicit deny in a VPC endpoint policy",
    "silent endpoint": f"{DENIED} because no VPC endpoint policy allows the sts:AssumeRole action",
    "unnamed": f"{DENIED} with an explicit deny",
    "another": f"{DENIED} with an explicit deny in a policy of tomorrow",
}
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
BY_THE_TRUST = (
    DENIED,
    DENIED.partition(" on resource")[0] + " because no role trust policy allows the sts:AssumeRole action",
    DENIED.partition(" on resource")[0] + " with an explicit deny in the role trust policy",
    f"{DENIED} because no resource-based policy allows the sts:AssumeRole action",
    f"{DENIED} with an explicit deny in a resource-based policy",
)
DENIED_WEB = "Not authorized to perform sts:AssumeRoleWithWebIdentity"


def error(code: str, message: str = "", status: int = 403) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "AssumeRole",
    )


@pytest.mark.parametrize(
    ("tampered", "answer"),
    [
        ("external-id-missing", error("AccessDenied", DENIED)),
        ("external-id-wrong", error("AccessDenied", DENIED)),
        ("stranger", error("AccessDenied", DENIED)),
        ("audience-wrong", error("AccessDenied", DENIED_WEB)),
        ("audience-wrong", error("InvalidIdentityToken", "Incorrect token audience", 400)),
        ("subject-wrong", error("AccessDenied", DENIED_WEB)),
        ("forged", error("InvalidIdentityToken", "The ID Token's signature is not valid", 400)),
        (None, error("AccessDenied", DENIED)),
        ("subject-wrong", error("ResourceNotFoundException", NO_ASSOCIATION, 404)),
        (None, error("ResourceNotFoundException", NO_ASSOCIATION, 404)),
        (None, error("AccessDeniedException", "EKS does not have permissions to assume the associated role.", 400)),
    ],
)
def test_a_refusal_by_the_trust_policy_is_a_denial(tampered: TamperedRequest | None, answer: ClientError) -> None:
    assert classify_sts_error(tampered, answer).verdict is Verdict.DENIED


@pytest.mark.parametrize(
    ("tampered", "answer"),
    [
        ("stranger", error("AccessDenied", DENIED_BY_ITSELF)),
        ("external-id-wrong", error("ExpiredToken", "The security token included in the request is expired")),
        ("external-id-wrong", error("ValidationError", "1 validation error detected", 400)),
        ("subject-wrong", error("ExpiredTokenException", "Token expired", 400)),
        ("subject-wrong", error("InvalidIdentityToken", "The ID Token's signature is not valid", 400)),
        ("audience-wrong", error("InvalidIdentityToken", "The ID Token's signature is not valid", 400)),
        ("forged", error("AccessDenied", DENIED_WEB)),
        ("subject-wrong", error("ResourceNotFoundException", "No cluster found for name: x.", 404)),
        ("forged", error("IDPCommunicationError", "unreachable", 400)),
        (None, error("InvalidClientTokenId", "The security token included in the request is invalid.")),
    ],
)
def test_a_refusal_for_another_cause_is_inconclusive(tampered: TamperedRequest | None, answer: ClientError) -> None:
    assert classify_sts_error(tampered, answer).verdict is Verdict.COULD_NOT_ASK


REFUSED_BY_ACCESS_DENIED: tuple[TamperedRequest | None, ...] = (
    None,
    "external-id-wrong",
    "external-id-missing",
    "stranger",
    "another-session-name",
    "non-sso-principal",
    "subject-wrong",
    "audience-wrong",
)


@pytest.mark.parametrize("tampered", REFUSED_BY_ACCESS_DENIED)
@pytest.mark.parametrize("message", NOT_BY_THE_TRUST.values(), ids=NOT_BY_THE_TRUST)
def test_a_deny_of_any_other_policy_is_inconclusive_and_says_which(
    tampered: TamperedRequest | None, message: str
) -> None:
    answer = classify_sts_error(tampered, error("AccessDenied", message))
    assert answer.verdict is Verdict.COULD_NOT_ASK
    assert answer.message.startswith("refused by a")
    assert "not by the trust policy" in answer.message


@pytest.mark.parametrize("tampered", REFUSED_BY_ACCESS_DENIED)
@pytest.mark.parametrize("message", BY_THE_TRUST)
def test_a_deny_of_the_trust_policy_counts_however_aws_words_it(tampered: TamperedRequest | None, message: str) -> None:
    assert classify_sts_error(tampered, error("AccessDenied", message)).verdict is Verdict.DENIED


def test_a_resource_control_policy_refuses_the_vendor_but_proves_nothing_of_the_trust() -> None:
    refused = error("AccessDenied", f"{DENIED} with an explicit deny in a resource control policy")
    assert classify_sts_error(None, refused).verdict is Verdict.DENIED
    assert classify_sts_error("stranger", refused).verdict is Verdict.COULD_NOT_ASK


def test_throttling_by_sts_is_not_a_denial() -> None:
    assert classify_sts_error("stranger", error("Throttling", "Rate exceeded", 400)).verdict is Verdict.THROTTLED


# Against a role whose trust policy requires an ExternalId.


@pytest.fixture
def ask(world: World, manifest_file: Callable[..., str], tmp_path: Path) -> Callable[[], dict[str, Answer]]:
    def ask() -> dict[str, Answer]:
        read = models.read(json.loads(Path(manifest_file()).read_text()))
        known = identities.load_identities(tmp_path / "identities.yaml")
        actor = Actor(Aws("http://127.0.0.1:9"), "acme", read.integrations["acme"], known)
        return {
            check.question.detail or "allowed": check.ask()
            for check in (trust.build_assume_check(actor), *trust.build_tampered_checks(actor))
        }

    return ask


def test_the_genuine_request_is_allowed_and_every_tampered_one_denied(ask: Callable[[], dict[str, Answer]]) -> None:
    answers = ask()
    assert answers.pop("allowed") == Answer(Verdict.ALLOWED, 200, "", f"assumed {SESSION}")
    assert set(answers) == {"external-id-missing", "external-id-wrong", "stranger"}
    assert {answer.verdict for answer in answers.values()} == {Verdict.DENIED}
    assert {answer.reason for answer in answers.values()} == {"AccessDenied"}


def test_a_trust_policy_without_the_external_id_is_found(ask: Callable[[], dict[str, Answer]], world: World) -> None:
    world.external_id = None
    answers = ask()
    assert answers["external-id-missing"].verdict is Verdict.ALLOWED
    assert answers["external-id-wrong"].verdict is Verdict.ALLOWED
    assert answers["stranger"].verdict is Verdict.DENIED, "the principal is still evaluated"


def test_a_trust_policy_for_any_principal_is_found(ask: Callable[[], dict[str, Answer]], world: World) -> None:
    world.trusts_strangers = True
    assert ask()["stranger"].verdict is Verdict.ALLOWED


@pytest.mark.parametrize(
    ("identities_yaml", "message"),
    [
        ("version: 1\nintegrations: {other: {profile: acme}}", "the identities file has no 'acme'"),
        ("version: 1\nintegrations: {acme: {profile: nowhere}}", "could not be found"),
        ("version: 1\nintegrations: {acme: {web_identity: {token: {file: t}}}}", "has no 'profile'"),
    ],
)
def test_without_the_vendors_credential_no_request_is_sent(
    identities_yaml: str, message: str, ask: Callable[[], dict[str, Answer]], tmp_path: Path, world: World
) -> None:
    (tmp_path / "identities.yaml").write_text(identities_yaml)
    answer = ask()["allowed"]
    assert answer.verdict is Verdict.COULD_NOT_ASK
    assert message in answer.message
    assert not world.calls, "nothing was sent"


# Tokens are compared before they are sent.

TOKEN_TRUST = {
    "kind": "web-identity",
    "refuses": ["audience-wrong", "subject-wrong"],
    "provider": "accounts.google.com",
}


@pytest.mark.parametrize(
    ("wrong_subject", "verdict", "message"),
    [
        (token(sub="b"), Verdict.DENIED, DENIED_WEB),
        (
            token(sub="b", aud="vault"),
            Verdict.COULD_NOT_ASK,
            "not asked: it also differs from the genuine one in 'aud'",
        ),
        (token(), Verdict.COULD_NOT_ASK, "not asked: it does not differ"),
    ],
)
def test_a_token_that_cannot_prove_the_line_makes_it_inconclusive_and_is_not_sent(
    world: World,
    manifest_file: Callable[..., str],
    tmp_path: Path,
    wrong_subject: str,
    verdict: Verdict,
    message: str,
) -> None:
    world.answers["AssumeRoleWithWebIdentity"] = lambda _: xml_error(403, "AccessDenied", DENIED_WEB)
    tokens = {"token": token(), "wrong_subject": wrong_subject}
    for name, value in tokens.items():
        (tmp_path / name).write_text(value)
    identity = {"web_identity": {name: {"file": str(tmp_path / name)} for name in tokens}}
    (tmp_path / "own.yaml").write_text(json.dumps({"version": 1, "integrations": {"acme": identity}}))
    read = models.read(json.loads(Path(manifest_file(trust=TOKEN_TRUST)).read_text()))
    known = identities.load_identities(tmp_path / "own.yaml")
    actor = Actor(Aws("http://127.0.0.1:9"), "acme", read.integrations["acme"], known)
    audience, subject = (check.ask() for check in trust.build_tampered_checks(actor))
    assert (subject.verdict, message in subject.message) == (verdict, True), subject
    assert world.calls["AssumeRoleWithWebIdentity"] == (1 if verdict is Verdict.DENIED else 0)
    assert "web_identity.wrong_audience" in audience.message, "a missing token is named as before"
