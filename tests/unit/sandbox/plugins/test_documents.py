"""Policy documents are compared by meaning."""

import json

import pytest

from sandbox.plugins.aws.documents import InvalidDocumentError, means_the_same, parse


def document(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


ONE = document(Action="eks:ListClusters", Resource="*")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param(ONE, json.dumps(json.loads(ONE), indent=2, sort_keys=True), id="whitespace and key order"),
        pytest.param(ONE, document(Action=["eks:ListClusters"], Resource=["*"]), id="a single value as a list"),
        pytest.param(
            ONE, json.dumps({**json.loads(ONE), "Statement": json.loads(ONE)["Statement"][0]}), id="a single statement"
        ),
        pytest.param(document(Action=["a:b", "c:d"]), document(Action=["c:d", "a:b"]), id="the order of a list"),
        pytest.param(document(Principal="*"), document(Principal={"AWS": "*"}), id="everyone, in both ways"),
        pytest.param(
            document(Principal={"AWS": "111122223333"}),
            document(Principal={"AWS": "arn:aws:iam::111122223333:root"}),
            id="an account by number and by its root's ARN",
        ),
        pytest.param(
            document(Condition={"Bool": {"aws:SecureTransport": True}}),
            document(Condition={"Bool": {"aws:SecureTransport": ["true"]}}),
            id="a condition's value as boolean and as text",
        ),
        pytest.param(document(Sid=""), document(), id="an empty Sid"),
    ],
)
def test_writings_of_one_meaning_are_the_same(left: str, right: str) -> None:
    assert means_the_same(left, right)
    assert means_the_same(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param(ONE, document(Action="eks:*", Resource="*"), id="another action"),
        pytest.param(ONE, ONE.replace("Allow", "Deny"), id="another effect"),
        pytest.param(ONE, document(Action="eks:ListClusters", Resource="*", Sid="x"), id="a Sid"),
        pytest.param(
            document(Principal={"AWS": "111122223333"}),
            document(Principal={"AWS": "444455556666"}),
            id="another account",
        ),
        pytest.param(
            document(Principal={"AWS": "111122223333"}),
            document(Principal={"Federated": "111122223333"}),
            id="another kind of principal",
        ),
        pytest.param(
            document(Condition={"StringEquals": {"sts:ExternalId": "a"}}),
            document(Condition={"StringLike": {"sts:ExternalId": "a"}}),
            id="another operator",
        ),
        pytest.param(document(Action="a:b"), document(NotAction="a:b"), id="the negation"),
        pytest.param("not JSON", ONE, id="no document at all"),
    ],
)
def test_writings_of_different_meaning_differ(left: str, right: str) -> None:
    assert not means_the_same(left, right)


@pytest.mark.parametrize("text", ["", "{", "[]", '"text"'])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(InvalidDocumentError, match="invalid JSON"):
        parse(text)


def test_a_json_object_is_read() -> None:
    assert parse(ONE)["Version"] == "2012-10-17"
