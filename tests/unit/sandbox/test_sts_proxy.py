"""The STS proxy answers as STS does when it is asked for JSON, and tunnels to nothing but STS."""

import pytest

from sandbox.aws.asgi import Response
from sandbox.aws.sts_proxy import STS_HOST, as_json

XML = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::111122223333:user/a</Arn><UserId>AIDA1</UserId><Account>111122223333</Account>
</GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""


def test_an_answer_has_the_same_names_in_json() -> None:
    answer = as_json(Response(200, [(b"content-type", b"text/xml")], XML))
    assert answer.json["GetCallerIdentityResponse"]["GetCallerIdentityResult"] == {
        "Arn": "arn:aws:iam::111122223333:user/a",
        "UserId": "AIDA1",
        "Account": "111122223333",
    }
    assert (b"content-type", b"application/json") in answer.headers


def test_an_error_keeps_its_status_and_code() -> None:
    xml = b"<ErrorResponse><Error><Code>ExpiredToken</Code><Message>over</Message></Error></ErrorResponse>"
    answer = as_json(Response(403, [], xml))
    assert answer.status == 403
    assert answer.json["Error"] == {"Code": "ExpiredToken", "Message": "over"}


@pytest.mark.parametrize(
    ("host", "is_sts"),
    [
        ("sts.amazonaws.com", True),
        ("sts.us-east-1.amazonaws.com", True),
        ("sts-fips.us-east-1.amazonaws.com", True),
        ("sts.cn-north-1.amazonaws.com.cn", True),
        ("eks.us-east-1.amazonaws.com", False),
        ("sts.us-east-1.amazonaws.com.example.com", False),
        ("example.com", False),
    ],
)
def test_only_sts_hosts_are_tunnelled_to(host: str, is_sts: bool) -> None:
    assert (STS_HOST.fullmatch(host) is not None) == is_sts
