"""What counts as a refusal of the former integration, and what only looks like one."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from eks_access.kubernetes.client import Response
from eks_access.manifest.models import IntegrationAccess
from eks_access_probe.identity.aws_clients import Aws
from eks_access_probe.identity.identities import Identities, load_identities
from eks_access_probe.offboard.former import FormerActor
from eks_access_probe.offboard.kept import Kept, KeptSession
from eks_access_probe.offboard.ways import Way, build_ways, classify_authentication, classify_sts_refusal, take_sessions
from eks_access_probe.outcome import Verdict
from tests.support.fixtures import ENDPOINT
from tests.support.world import SECRET_KEY, SESSION, World, access, json_error, xml_error


def actor(certificate_authority: str, *, identities: Identities | None = None, **changes: Any) -> FormerActor:
    value = access(certificate_authority, **changes)
    known = identities or load_identities(Path(os.environ["EKS_ACCESS_IDENTITIES"]))
    integration = IntegrationAccess.model_validate(value)
    return FormerActor(Aws(ENDPOINT), "acme", integration, known, Kept(access=value))


def ask(former: FormerActor) -> dict[str, Verdict]:
    return {way.key: way.check.ask().verdict for way in ways(former)}


def ways(former: FormerActor) -> list[Way]:
    return build_ways(former, Aws(ENDPOINT))


def test_every_way_in_is_open_while_it_is_deployed(world: World, certificate_authority: str) -> None:
    former = actor(certificate_authority)
    assert list(take_sessions(former)) == []
    assert ask(former) == dict.fromkeys(("assume", "session", "cluster:api"), Verdict.ALLOWED)
    assert former.kept.session is not None
    assert former.kept.session.secret_key == SECRET_KEY


def test_every_way_in_is_refused_once_it_is_gone(world: World, certificate_authority: str) -> None:
    former = actor(certificate_authority)
    list(take_sessions(former))
    gone = xml_error(403, "AccessDenied", "User: x is not authorized to perform: sts:AssumeRole on resource: y")
    unknown = json_error(403, "InvalidClientTokenId", "The security token included in the request is invalid")
    world.answers = {"AssumeRole": lambda _: gone, "ListClusters": lambda _: unknown}
    world.unauthenticated_clusters = {"https://127.0.0.1:6443"}
    assert ask(former) == dict.fromkeys(("assume", "session", "cluster:api"), Verdict.DENIED)


def test_without_a_session_from_before_nothing_is_known(world: World, certificate_authority: str) -> None:
    former = actor(certificate_authority, identities=Identities(version=1))
    (problem,) = take_sessions(former)
    assert "the identities file has neither 'acme'" in problem or "has no 'acme'" in problem
    assert set(ask(former).values()) == {Verdict.COULD_NOT_ASK}


def test_a_session_that_has_expired_is_not_used(world: World, certificate_authority: str) -> None:
    former = actor(certificate_authority)
    ended = datetime.now(UTC) - timedelta(seconds=1)
    session = KeptSession(access_key="ASIA", secret_key="s", token="t", arn=SESSION, expires_at=ended)
    former.kept = former.kept.model_copy(update={"session": session})
    answers = {way.key: way.check.ask() for way in ways(former)}
    assert answers["cluster:api"].verdict is answers["session"].verdict is Verdict.COULD_NOT_ASK
    assert "has expired" in answers["cluster:api"].message
    assert world.tokens == set(), "nothing was sent"


@pytest.mark.parametrize(
    ("code", "message", "verdict"),
    [
        ("AccessDenied", "User: x is not authorized to perform: sts:AssumeRole on resource: y", Verdict.DENIED),
        ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", Verdict.DENIED),
        ("AccessDeniedException", "x", Verdict.DENIED),
        ("ResourceNotFoundException", "No association found for service account", Verdict.DENIED),
        ("ResourceNotFoundException", "No cluster found", Verdict.COULD_NOT_ASK),
        ("ExpiredTokenException", "Token expired", Verdict.COULD_NOT_ASK),
        ("InvalidIdentityToken", "x", Verdict.COULD_NOT_ASK),
        ("IDPRejectedClaim", "x", Verdict.COULD_NOT_ASK),
        ("InvalidClientTokenId", "x", Verdict.COULD_NOT_ASK),
        ("Throttling", "Rate exceeded", Verdict.THROTTLED),
    ],
)
def test_sts_refuses_the_role_only_with_access_denied(code: str, message: str, verdict: Verdict) -> None:
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    error = ClientError(answer, "AssumeRole")  # type: ignore[arg-type]
    assert classify_sts_refusal(error).verdict is verdict


@pytest.mark.parametrize(
    ("status", "message", "verdict"),
    [
        (401, "Unauthorized", Verdict.DENIED),
        (403, 'User "cado:x" cannot create selfsubjectreviews', Verdict.ALLOWED),
        (403, 'User "system:anonymous" cannot create selfsubjectreviews', Verdict.COULD_NOT_ASK),
        (201, "", Verdict.ALLOWED),
        (404, "not found", Verdict.COULD_NOT_ASK),
        (429, "slow down", Verdict.THROTTLED),
        (500, "webhook", Verdict.COULD_NOT_ASK),
    ],
)
def test_a_cluster_refuses_the_sign_in_only_with_401(status: int, message: str, verdict: Verdict) -> None:
    body = json.dumps({"reason": "Forbidden" if status == 403 else "", "message": message}).encode()
    assert classify_authentication(Response(status, {}, body)).verdict is verdict


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("InvalidClientTokenId", Verdict.DENIED),
        ("AccessDenied", Verdict.DENIED),
        ("ExpiredToken", Verdict.NOT_AUTHENTICATED),
        ("SignatureDoesNotMatch", Verdict.NOT_AUTHENTICATED),
    ],
)
def test_aws_refuses_a_session_because_it_does_not_know_it_and_not_because_it_has_expired(
    world: World, certificate_authority: str, code: str, verdict: Verdict
) -> None:
    former = actor(certificate_authority)
    list(take_sessions(former))
    world.answers = {"ListClusters": lambda _: json_error(403, code, "x")}
    assert ask(former)["session"] is verdict


def test_a_role_that_only_an_aws_service_may_assume_has_no_way_in_to_try(certificate_authority: str) -> None:
    trust = {"kind": "service", "refuses": ["stranger"], "service": "ssm.amazonaws.com"}
    assert ways(actor(certificate_authority, trust=trust)) == []
