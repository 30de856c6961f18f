"""Assuming a role by SAML and by IAM Identity Center, and tampered requests to do so."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.awsrequest import AWSResponse

from eks_access.manifest import models
from eks_access.model.trust import TamperedRequest
from eks_access.redaction import redacted
from eks_access_probe.identity import identities
from eks_access_probe.identity.assume_role import Actor, AssumeRoleError
from eks_access_probe.identity.aws_clients import Aws
from tests.support.world import ROLE, SESSION, World, answer, text

PROVIDER = "arn:aws:iam::111122223333:saml-provider/corp"
SAML = {"kind": "saml", "refuses": ["audience-wrong", "forged"], "provider": PROVIDER, "audience": "a"}
SSO = {"kind": "identity-center", "refuses": ["another-session-name", "non-sso-principal", "stranger"]}
JANE = "arn:aws:sts::111122223333:assumed-role/eks-access-acme/jane@example.com"
ASSERTION = "PHNhbWxwOlJlc3BvbnNlIHhtbG5zOnNhbWxwPSJ1cm46b2FzaXM6bmFtZXM6dGM6U0FNTDoyLjA6cHJvdG9jb2wi"

Make = Callable[[dict[str, Any], dict[str, Any]], Actor]


@pytest.fixture
def actor(world: World, manifest_file: Callable[..., str], tmp_path: Path) -> Make:
    def make(trust: dict[str, Any], identity: dict[str, Any]) -> Actor:
        read = models.read(json.loads(Path(manifest_file(trust=trust)).read_text()))
        file = tmp_path / "identities.yaml"
        stranger = {"stranger": {"profile": "stranger"}}
        file.write_text(json.dumps({"version": 1, "integrations": {"acme": identity}} | stranger))
        return Actor(Aws("http://127.0.0.1:9"), "acme", read.integrations["acme"], identities.load_identities(file))

    return make


@pytest.fixture
def requests(world: World) -> list[Any]:
    sent: list[Any] = []

    def sts(operation: str) -> Callable[[Any], AWSResponse]:
        def answered(request: Any) -> AWSResponse:
            sent.append(request)
            return answer(
                200,
                f"""<{operation}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{operation}Result>
                <AssumedRoleUser><Arn>{JANE}</Arn><AssumedRoleId>A:b</AssumedRoleId></AssumedRoleUser><Credentials>
                <AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
                <Expiration>2035-01-01T00:00:00Z</Expiration></Credentials></{operation}Result>
                </{operation}Response>""".encode(),
            )

        return answered

    for operation in ("AssumeRole", "AssumeRoleWithSAML"):
        world.answers[operation] = sts(operation)
    return sent


def form(request: Any) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(text(request.body)).items()}


def prints(words: str) -> dict[str, list[str]]:
    return {"command": [sys.executable, "-c", f"import sys; print({words})", "{role_arn}", "{saml_provider_arn}"]}


def test_an_assertion_is_exchanged_without_any_aws_credential(actor: Make, requests: list[Any]) -> None:
    assert actor(SAML, {"saml": {"assertion": prints(repr(ASSERTION))}}).assume().arn == JANE
    (request,) = requests
    assert "Authorization" not in request.headers, "the assertion alone is the credential"
    sent = form(request)
    assert (sent["PrincipalArn"], sent["RoleArn"], sent["SAMLAssertion"]) == (PROVIDER, ROLE, ASSERTION)
    assert "RoleSessionName" not in sent, "the session's name is the assertion's"


def test_placeholders_in_the_command_are_the_role_and_the_provider(actor: Make, requests: list[Any]) -> None:
    actor(SAML, {"saml": {"assertion": prints("'|'.join(sys.argv[1:])")}}).assume()
    assert form(requests[0])["SAMLAssertion"] == f"{ROLE}|{PROVIDER}"


@pytest.mark.parametrize(("tampered", "field"), [("audience-wrong", "wrong_audience"), ("forged", "forged")])
def test_a_tampered_request_sends_its_own_assertion(
    tampered: TamperedRequest, field: str, actor: Make, requests: list[Any]
) -> None:
    with pytest.raises(AssumeRoleError, match=f"saml.{field}"):
        actor(SAML, {"saml": {"assertion": prints("'a'")}}).assume(tampered)
    assert not requests, "nothing was sent"
    actor(SAML, {"saml": {"assertion": prints("'a'"), field: prints("'changed'")}}).assume(tampered)
    assert form(requests[0])["SAMLAssertion"] == "changed"


SIGNED_IN = {"profile": "acme", "session_name": "jane@example.com"}


@pytest.mark.parametrize(
    ("tampered", "key", "name"),
    [
        (None, "AKIAVENDOR", "jane@example.com"),
        ("another-session-name", "AKIAVENDOR", "root@example.com"),
        ("non-sso-principal", "AKIAELSEWHERE", "jane@example.com"),
        ("stranger", "AKIASTRANGER", "jane@example.com"),
    ],
)
def test_a_tampered_sign_in_changes_one_thing_at_a_time(
    tampered: TamperedRequest | None, key: str, name: str, actor: Make, requests: list[Any], tmp_path: Path
) -> None:
    with (tmp_path / "credentials").open("a") as file:
        file.write("[elsewhere]\naws_access_key_id = AKIAELSEWHERE\naws_secret_access_key = s\n")
    sso = SIGNED_IN | {"another": "root@example.com", "not_sso": "elsewhere"}
    actor(SSO, {"sso": sso}).assume(tampered)
    assert key in text(requests[0].headers["Authorization"])
    assert form(requests[0])["RoleSessionName"] == name
    assert "ExternalId" not in form(requests[0])


@pytest.mark.parametrize(
    ("tampered", "field"), [("another-session-name", "sso.another"), ("non-sso-principal", "sso.not_sso")]
)
def test_a_tampered_sign_in_without_its_field_names_the_field(
    tampered: TamperedRequest, field: str, actor: Make, requests: list[Any]
) -> None:
    with pytest.raises(AssumeRoleError, match=field):
        actor(SSO, {"sso": SIGNED_IN}).assume(tampered)
    assert not requests, "nothing was sent"


@pytest.mark.parametrize(("trust", "missing"), [(SAML, "saml"), (SSO, "sso")])
def test_an_identity_of_another_kind_is_refused(trust: dict[str, Any], missing: str, actor: Make) -> None:
    with pytest.raises(AssumeRoleError, match=f"no '{missing}'"):
        actor(trust, {"profile": "acme"}).assume()


@pytest.mark.parametrize(
    ("kind", "message"),
    [("service", "only an AWS service can assume its role"), ("pod-identity", "has no 'pod_identity'")],
)
def test_a_service_role_cannot_be_assumed_but_a_stranger_can_try(
    kind: str, message: str, actor: Make, requests: list[Any]
) -> None:
    trusted = actor({"kind": kind, "refuses": ["stranger"]}, {"profile": "acme"})
    with pytest.raises(AssumeRoleError, match=message):
        trusted.assume()
    trusted.assume("stranger")
    assert "AKIASTRANGER" in text(requests[0].headers["Authorization"])


POD = {"kind": "pod-identity", "refuses": ["stranger", "subject-wrong"]}


def pod(folder: Path, **changes: Any) -> dict[str, Any]:
    (folder / "own.jwt").write_text("own-token")
    (folder / "other.jwt").write_text("other-token")
    own, other = ({"file": str(folder / f"{name}.jwt")} for name in ("own", "other"))
    return {"pod_identity": {"profile": "acme", "cluster": "api", "token": own, "wrong_subject": other, **changes}}


@pytest.mark.parametrize(("tampered", "sent"), [(None, "own-token"), ("subject-wrong", "other-token")])
def test_a_pods_token_is_exchanged_at_eks_auth_as_the_node(
    tampered: TamperedRequest | None, sent: str, actor: Make, world: World, tmp_path: Path
) -> None:
    asked: list[Any] = []

    def eks_auth(request: Any) -> AWSResponse:
        asked.append(request)
        keys = {"accessKeyId": "ASIAPOD", "secretAccessKey": "s", "sessionToken": "t", "expiration": 2051222400}
        user = {"arn": SESSION, "assumeRoleId": "AROA:x"}
        return answer(200, json.dumps({"credentials": keys, "assumedRoleUser": user}).encode())

    world.answers["AssumeRoleForPodIdentity"] = eks_auth
    session = actor(POD, pod(tmp_path)).assume(tampered)
    assert (session.keys.access_key, session.arn) == ("ASIAPOD", SESSION)
    assert "AKIAVENDOR" in text(asked[0].headers["Authorization"])
    assert json.loads(asked[0].body) == {"token": sent}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cluster": "two"}, "pod_identity.cluster is 'two', which is not a cluster"),
        ({"wrong_subject": None}, "wrong_subject"),
    ],
)
def test_a_missing_field_of_a_pod_identity_is_reported(
    changes: dict[str, Any], message: str, actor: Make, requests: list[Any], tmp_path: Path
) -> None:
    with pytest.raises(AssumeRoleError, match=message):
        actor(POD, pod(tmp_path, **changes)).assume("subject-wrong")
    assert not requests, "nothing was sent"


def test_an_assertion_is_redacted() -> None:
    assert ASSERTION not in redacted(f"could not use {ASSERTION}, sorry")
    assert redacted("PHP and PHONE stay") == "PHP and PHONE stay"
