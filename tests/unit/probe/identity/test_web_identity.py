import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from eks_access.manifest import models
from eks_access.model.trust import TamperedRequest
from eks_access_probe.identity import identities
from eks_access_probe.identity.assume_role import Actor, AssumeRoleError
from eks_access_probe.identity.aws_clients import Aws
from tests.support.world import SESSION, World, answer, text

TRUST = {
    "kind": "web-identity",
    "refuses": ["audience-wrong", "subject-wrong", "forged"],
    "provider": "accounts.google.com",
    "audience": "1234.apps.googleusercontent.com",
    "subject": "1101",
}
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.fixture
def actor(world: World, manifest_file: Callable[..., str], tmp_path: Path) -> Callable[[str], Actor]:
    def make(web_identity: str) -> Actor:
        read = models.read(json.loads(Path(manifest_file(trust=TRUST)).read_text()))
        file = tmp_path / "identities.yaml"
        file.write_text(f"version: 1\nintegrations: {{acme: {{web_identity: {web_identity}}}}}")
        return Actor(Aws("http://127.0.0.1:9"), "acme", read.integrations["acme"], identities.load_identities(file))

    return make


def test_a_token_is_exchanged_without_any_aws_credential(actor: Callable[[str], Actor], world: World) -> None:
    requests: list[Any] = []

    def sts(request: Any) -> AWSResponse:
        requests.append(request)
        return answer(
            200,
            f"""<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
            <AssumeRoleWithWebIdentityResult><AssumedRoleUser><Arn>{SESSION}</Arn><AssumedRoleId>A:b</AssumedRoleId>
            </AssumedRoleUser><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
            <SessionToken>t</SessionToken><Expiration>2035-01-01T00:00:00Z</Expiration></Credentials>
            </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>""".encode(),
        )

    world.answers["AssumeRoleWithWebIdentity"] = sts
    command = json.dumps([sys.executable, "-c", f"print({JWT!r})"])
    assert actor(f"{{token: {{command: {command}}}}}").assume().arn == SESSION
    assert "Authorization" not in requests[0].headers, "the token alone is the credential"
    assert JWT in text(requests[0].body)
    assert "RoleSessionName=eks-access-probe" in text(requests[0].body)


@pytest.mark.parametrize(
    ("tampered", "field"),
    [("audience-wrong", "wrong_audience"), ("subject-wrong", "wrong_subject"), ("forged", "forged")],
)
def test_a_tampered_request_without_its_token_names_the_missing_field(
    tampered: TamperedRequest, field: str, actor: Callable[[str], Actor], world: World
) -> None:
    with pytest.raises(AssumeRoleError, match=f"web_identity.{field}"):
        actor("{token: {file: x}}").assume(tampered)
    assert not world.calls, "nothing was sent"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (f"import sys; print({JWT!r}); sys.exit('no key for {JWT}')", "exit code 1: no key for .redacted."),
        ("pass", "returned no token"),
        (f"print('warning:', {JWT!r})", "or more than a token"),
    ],
)
def test_the_error_of_a_failed_token_command_does_not_contain_the_token(
    code: str, message: str, actor: Callable[[str], Actor], world: World
) -> None:
    command = json.dumps([sys.executable, "-c", code])
    with pytest.raises(AssumeRoleError, match=message) as refused:
        actor(f"{{token: {{command: {command}}}}}").assume()
    assert JWT not in str(refused.value)


def test_a_missing_command_and_a_missing_file_are_reported(actor: Callable[[str], Actor]) -> None:
    with pytest.raises(AssumeRoleError, match="cannot run the token command 'no-such-command'"):
        actor("{token: {command: [no-such-command]}}").assume()
    with pytest.raises(AssumeRoleError, match="cannot read the token file no-such-file"):
        actor("{token: {file: no-such-file}}").assume()
