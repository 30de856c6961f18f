"""Tokens, by the rules of the authenticator's verifier."""

import base64
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.credentials import ReadOnlyCredentials

from eks_access.kubernetes.token import MAX_TOKEN_BYTES, PREFIX, TokenTooLargeError, presigned_token, sts_host

ALLOWED = {
    "Action", "Version", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
    "X-Amz-Security-Token", "X-Amz-Signature", "X-Amz-SignedHeaders",
}  # fmt: skip


def credentials(session_token: str | None = "session") -> Any:
    return ReadOnlyCredentials("AKIAEXAMPLE", "secret-key", session_token)


def presigned_url(value: str) -> str:
    text = value.removeprefix(PREFIX)
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


def test_a_token_is_a_presigned_call_with_the_cluster_and_no_other_parameters() -> None:
    token = presigned_token(credentials(), cluster_name="prod", region="eu-west-1").value
    assert "=" not in token, "the verifier refuses padding"
    url = urlsplit(presigned_url(token))
    query = parse_qs(url.query)
    assert (url.scheme, url.netloc, url.path) == ("https", "sts.eu-west-1.amazonaws.com", "/")
    assert set(query) <= ALLOWED, "the verifier refuses any other parameter"
    assert query["Action"] == ["GetCallerIdentity"]
    assert "x-k8s-aws-id" in query["X-Amz-SignedHeaders"][0].split(";")
    assert 0 <= int(query["X-Amz-Expires"][0]) <= 900


def test_the_cluster_is_part_of_what_is_signed() -> None:
    def signature(cluster: str) -> str:
        token = presigned_token(credentials(), cluster_name=cluster, region="us-east-1").value
        return parse_qs(urlsplit(presigned_url(token)).query)["X-Amz-Signature"][0]

    assert signature("a") != signature("b"), "a token for one cluster must not be valid for another"


def test_the_host_is_independent_of_endpoint_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    token = presigned_token(credentials(), cluster_name="a", region="us-east-1").value
    assert urlsplit(presigned_url(token)).netloc == "sts.us-east-1.amazonaws.com"


def test_the_host_is_in_the_partition_of_the_region() -> None:
    assert sts_host("cn-north-1") == "sts.cn-north-1.amazonaws.com.cn"
    assert sts_host("us-gov-west-1") == "sts.us-gov-west-1.amazonaws.com"


def test_a_token_that_is_too_large_for_the_verifier_is_refused() -> None:
    with pytest.raises(TokenTooLargeError, match=f"at most {MAX_TOKEN_BYTES}"):
        presigned_token(credentials("x" * 4096), cluster_name="a", region="us-east-1")
    assert presigned_token(credentials("x" * 1024), cluster_name="a", region="us-east-1").value


def test_the_exec_credential_expires_before_the_signature() -> None:
    token = presigned_token(credentials(), cluster_name="a", region="us-east-1")
    credential = json.loads(token.exec_credential())
    assert credential["status"]["token"] == token.value
    ends = datetime.fromisoformat(credential["status"]["expirationTimestamp"])
    assert timedelta(minutes=13) < ends - datetime.now(UTC) < timedelta(minutes=15)


def test_of_the_credentials_only_the_end_of_the_access_keys_id_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="eks_access"):
        token = presigned_token(credentials(), cluster_name="prod", region="eu-west-1")
    assert "cluster prod in eu-west-1 with access key …MPLE" in caplog.text
    for secret in ("AKIAEXAMPLE", "secret-key", "session", token.value):
        assert secret not in caplog.text
