"""Every kind of credential is masked, in every form in which it is written, and other text is left alone."""

import base64

import pytest

from eks_access.redaction import MASK, MAX_LENGTH, redacted

PEM = "-----BEGIN RSA PRIVATE KEY-----\nhunter2\nhunter2\n-----END RSA PRIVATE KEY-----"
ASSERTION = '<saml2:Assertion ID="a"><saml2:Subject>hunter2</saml2:Subject></saml2:Assertion>'

CREDENTIALS = {
    "secret key in JSON": '{"SecretAccessKey": "hunter2", "Expiration": "2026"}',
    "secret key in camel case": '{"secretAccessKey":"hunter2"}',
    "secret key in escaped JSON": '{\\"SecretAccessKey\\": \\"hunter2\\"}',
    "secret key in a Python dict": "{'SecretAccessKey': 'hunter2'}",
    "secret key in an object": "ReadOnlyCredentials(access_key='AKIA', secret_key='hunter2', account_id=None)",
    "secret key in XML": "<SecretAccessKey>hunter2</SecretAccessKey>",
    "secret key in the environment": "AWS_SECRET_ACCESS_KEY=hunter2 AWS_REGION=eu-west-1",
    "secret key in a profile": "aws_secret_access_key = hunter2",
    "secret key in YAML": "aws_secret_access_key: hunter2hunter2hunter2",
    "session token in JSON": '{"SessionToken": "hunter2//hunter2==", "Expiration": "2026"}',
    "session token in XML": "<SessionToken>hunter2</SessionToken>",
    "session token in the environment": "AWS_SESSION_TOKEN=hunter2",
    "bearer token in a header": "Authorization: Bearer hunter2",
    "bearer token in lower case": "{'authorization': 'bearer hunter2'}",
    "basic credentials in a header": "Authorization: Basic hunter2==",
    "EKS token": "k8s-aws-v1.hunter2_hunter2-",
    "token in an ExecCredential": '{"status": {"token": "hunter2"}}',
    "presigned URL's signature": "https://sts.amazonaws.com/?Action=x&X-Amz-Signature=hunter2&X-Amz-Expires=60",
    "presigned URL's credential": "https://sts.amazonaws.com/?X-Amz-Credential=hunter2%2F20261129&X-Amz-Expires=60",
    "presigned URL's session token": "https://sts.amazonaws.com/?X-Amz-Security-Token=hunter2&X-Amz-Expires=60",
    "presigned URL in another URL": "https://proxy/?to=https%3A%2F%2Fsts%2F%3FX-Amz-Signature%3Dhunter2%26x",
    "session token in a header": "X-Amz-Security-Token: hunter2",
    "session token in a dict of headers": "{'X-Amz-Security-Token': b'hunter2'}",
    "signature in a header": "AWS4-HMAC-SHA256 Credential=hunter2/20261129, SignedHeaders=host, Signature=hunter2",
    "JSON Web Token": "the issuer signed eyJhbGciOiJSUzI1NiJ9.hunter2.hunter2-sig for it",
    "web identity token": "WebIdentityToken=hunter2&Version=2011-06-15",
    "SAML assertion in XML": f"a response with {ASSERTION} in it",
    "SAML assertion in base64": base64.b64encode(ASSERTION.encode()).decode(),
    "SAML assertion in a form": "SAMLAssertion=hunter2&Version=2011-06-15",
    "private key": PEM,
    "private key on one line": PEM.replace("\n", "\\n"),
    "private key that is cut off": PEM[:45],
    "private key in base64": f"client-key-data: {base64.b64encode(PEM.encode()).decode()}",
    "private key in an unnamed field": base64.b64encode(PEM.encode()).decode(),
    "activation code in JSON": '{"activationId": "x", "activationCode": "hunter2"}',
    "activation code in the environment": "EKS_ACTIVATION_CODE=hunter2",
    "activation code as an option": "init --activation.id=x --activation.code=hunter2",
    "password in a URL": "http://user:hunter2@proxy.example.com:3128",
    "token in a URL": "fatal: cannot read https://hunter2@github.com/acme/app.git",
    "password in JSON": '{"password": "hunter2"}',
    "access token in JSON": '{"access_token":"hunter2", "expires_in": 3600}',
    "access token in camel case": '{"accessToken": "hunter2"}',
    "refresh token in JSON": '{"refresh_token": "hunter2"}',
    "access token in a URL": "https://login.example.com/?access_token=hunter2&state=1",
    "token in a URL's query": "https://example.com/?token=hunter2&x=1",
    "password as an assignment": "DB: host=x password=hunter2 sslmode=on",
    "token as an argument": "usage: login --token hunter2",
    "secret as an argument": "usage: login --client-secret hunter2 --region x",
    "token in a header": "Authorization: token hunter2",
    "API key in the environment": "VENDOR_API_KEY=hunter2",
    "secret value in JSON": '{"SecretString": "hunter2"}',
    "token of GitHub": "fatal: ghp_hunter2hunter2hunter2hunter2 is expired",
    "token of Vault": "permission denied for hvs.hunter2hunter2hunter2",
}


@pytest.mark.parametrize("text", CREDENTIALS.values(), ids=CREDENTIALS)
def test_a_credential_is_masked(text: str) -> None:
    shown = redacted(text)
    assert MASK in shown
    assert "hunter2" not in shown
    assert base64.b64encode(PEM.encode()).decode()[40:60] not in shown
    assert base64.b64encode(ASSERTION.encode()).decode()[10:60] not in shown


@pytest.mark.parametrize("text", CREDENTIALS.values(), ids=CREDENTIALS)
def test_masking_twice_changes_nothing_more(text: str) -> None:
    assert redacted(redacted(text)) == redacted(text)


def test_the_rest_of_a_text_with_credentials_is_kept() -> None:
    shown = redacted(
        '{"AccessKeyId": "AKIA1", "SecretAccessKey": "hunter2", "SessionToken": "hunter2", "Expiration": "E"}'
    )
    assert shown == (
        f'{{"AccessKeyId": "AKIA1", "SecretAccessKey": "{MASK}", "SessionToken": "{MASK}", "Expiration": "E"}}'
    )


@pytest.mark.parametrize(
    "text",
    [
        "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give --profile",
        "the session token: expired",
        "the EKS token is 5000 bytes and the authenticator accepts at most 4096",
        'secrets "eks-connector-token" is forbidden: User "jane" cannot get resource "secrets"',
        "GET https://ABC.gr7.eu-west-1.eks.amazonaws.com/api/v1/secrets: 403 after 0.012 s",
        "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Token_0123456789abcdef",
        "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----",
        "http://127.0.0.1:4566/path@x",
    ],
)
def test_text_without_credentials_is_left_alone(text: str) -> None:
    assert redacted(text) == text


def test_a_long_text_is_cut_off_after_masking_unless_there_is_no_limit() -> None:
    before = "x" * (MAX_LENGTH - len(MASK) - 1) + " "
    assert redacted(f"{before}k8s-aws-v1.{'y' * 100}") == before + MASK
    assert redacted("x" * 5000) == "x" * MAX_LENGTH + "…"
    assert redacted("x" * 5000, limit=None) == "x" * 5000
