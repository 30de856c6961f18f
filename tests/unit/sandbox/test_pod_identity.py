"""A pod's token is exchanged only where it is associated, and where the role trusts EKS Pod Identity with the tags."""

import asyncio
import json
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jwt
import pytest

from eks_access.model.trust import PodIdentity as Trust
from sandbox.aws.asgi import Message, Receive, Request, Response, Scope, Send
from sandbox.aws.identity_provider import FORGED, SERVICE_ACCOUNTS, IdentityProviders
from sandbox.aws.pod_identity import PRINCIPAL, PodIdentity

ACCOUNT, CLUSTER = "111122223333", "arn:aws:eks:us-east-1:111122223333:cluster/dev-api"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/collector"
BOUND = {
    "namespace": "agents",
    "pod": {"name": "collector-7", "uid": "pod-uid"},
    "serviceaccount": {"name": "collector", "uid": "account-uid"},
}
FOUND = {"associationId": "a-1", "associationArn": "arn:association", "roleArn": ROLE}
SIGNED = "AWS4-HMAC-SHA256 Credential=AKIANODE/20260101/us-east-1/eks-auth/aws4_request, SignedHeaders=host"


@pytest.fixture(scope="module")
def providers(tmp_path_factory: pytest.TempPathFactory) -> IdentityProviders:
    made = IdentityProviders(tmp_path_factory.mktemp("idp"))
    made.create(SERVICE_ACCOUNTS, FORGED, "elsewhere.example")
    return made


def token(providers: IdentityProviders, changes: dict[str, Any] | None = None, *, key: str = SERVICE_ACCOUNTS) -> str:
    now = int(time.time())
    claims = {"iss": f"https://{SERVICE_ACCOUNTS}", "aud": [PRINCIPAL], "sub": "x", "iat": now, "exp": now + 600}
    return jwt.encode(
        claims | {"kubernetes.io": BOUND} | (changes or {}), providers.key_file(key).read_bytes(), "RS256"
    )


class Eks:
    """Associations of one cluster, by namespace and service account."""

    class exceptions:
        class ResourceNotFoundException(Exception):
            pass

    def list_pod_identity_associations(self, **asked: str) -> dict[str, Any]:
        if asked["clusterName"] != "dev-api":
            raise self.exceptions.ResourceNotFoundException
        there = (asked["namespace"], asked["serviceAccount"]) == ("agents", "collector")
        return {"associations": [FOUND] if there else []}

    def describe_pod_identity_association(self, **_: str) -> dict[str, Any]:
        return {"association": FOUND}


Ask = Callable[..., Response]


@pytest.fixture
def ask(providers: IdentityProviders) -> Ask:
    """AssumeRoleForPodIdentity with this token, where the role has this trust policy."""

    def ask(
        given: str,
        statements: list[dict[str, Any]] | None = None,
        cluster: str = "dev-api",
        decided: Response | None = None,
    ) -> Response:
        trust = Trust(ACCOUNT, (CLUSTER,), "agents", "collector").statements() if statements is None else statements
        role = {"Arn": ROLE, "RoleId": "AROA", "AssumeRolePolicyDocument": {"Statement": trust}}
        inner: Any = SimpleNamespace(
            account_of=lambda _: ACCOUNT, client=lambda *_: Eks(), role=lambda arn: role if arn == ROLE else None
        )

        async def ministack(_: Scope, receive: Receive, send: Send) -> None:
            answer = decided or Response.of_json(400, {"error": "Unsupported service: eks-auth"})
            start: Message = {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
            await send(start)
            await send({"type": "http.response.body", "body": answer.body})

        path = f"/clusters/{cluster}/assume-role-for-pod-identity"
        scope = {"type": "http", "method": "POST", "path": path, "headers": [(b"authorization", SIGNED.encode())]}
        front = PodIdentity(ministack, inner, providers)
        return asyncio.run(front.handle(Request(scope, json.dumps({"token": given}).encode())))

    return ask


def test_the_service_is_known_by_the_signature() -> None:
    assert PodIdentity.serves(SIGNED)
    assert not PodIdentity.serves(SIGNED.replace("eks-auth", "eks"))


def test_an_associated_pod_gets_a_session_with_six_tags(ask: Ask, providers: IdentityProviders) -> None:
    from ministack.services import sts

    answer = ask(token(providers))
    assert answer.status == 200
    assert answer.json["subject"] == {"namespace": "agents", "serviceAccount": "collector"}
    assert answer.json["assumedRoleUser"]["arn"].startswith(
        f"arn:aws:sts::{ACCOUNT}:assumed-role/collector/eks-dev-api-"
    )
    session = sts._sessions[answer.json["credentials"]["accessKeyId"]]
    assert {tag["Key"]: tag["Value"] for tag in session["SessionTags"]} == {
        "eks-cluster-arn": CLUSTER,
        "eks-cluster-name": "dev-api",
        "kubernetes-namespace": "agents",
        "kubernetes-service-account": "collector",
        "kubernetes-pod-name": "collector-7",
        "kubernetes-pod-uid": "pod-uid",
    }


@pytest.mark.parametrize(
    ("key", "changes", "code"),
    [
        (FORGED, {}, "InvalidTokenException"),
        (SERVICE_ACCOUNTS, {"aud": ["sts.amazonaws.com"]}, "InvalidTokenException"),
        (SERVICE_ACCOUNTS, {"exp": 1000, "iat": 900}, "ExpiredTokenException"),
        (
            SERVICE_ACCOUNTS,
            {"kubernetes.io": {"namespace": "agents", "serviceaccount": BOUND["serviceaccount"]}},
            "InvalidTokenException",
        ),
        ("elsewhere.example", {"iss": "https://elsewhere.example"}, "InvalidTokenException"),
    ],
    ids=["forged", "for another audience", "over", "not a pod's", "of another issuer"],
)
def test_a_token_that_is_not_the_pods_own_is_refused(
    key: str, changes: dict[str, Any], code: str, ask: Ask, providers: IdentityProviders
) -> None:
    answer = ask(token(providers, changes, key=key))
    assert (answer.status, dict(answer.headers)[b"x-amzn-errortype"].decode()) == (400, code)


def test_a_service_account_without_an_association_is_refused(ask: Ask, providers: IdentityProviders) -> None:
    other = {**BOUND, "serviceaccount": {"name": "default", "uid": "x"}}
    answer = ask(token(providers, {"kubernetes.io": other}))
    assert (answer.status, "no service account role association" in answer.json["message"]) == (404, True)
    assert "No cluster found" in ask(token(providers), cluster="another").json["message"]


def trusting(**changes: Any) -> list[dict[str, Any]]:
    (statement,) = Trust().statements()
    return [statement | changes]


@pytest.mark.parametrize(
    "statements",
    [
        [],
        trusting(Action="sts:AssumeRole"),
        trusting(Action="sts:TagSession"),
        trusting(Principal={"Service": "ec2.amazonaws.com"}),
        trusting(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
        Trust(ACCOUNT, (CLUSTER.replace("dev-api", "dev-both"),)).statements(),
        Trust("444455556666", (CLUSTER,)).statements(),
        Trust(ACCOUNT, (CLUSTER,), "other", "collector").statements(),
        Trust(ACCOUNT, (CLUSTER,), "agents", "other").statements(),
    ],
    ids=[
        "no principal", "without tagging", "tagging alone", "another service", "the account", "another cluster",
        "another account", "another namespace", "another service account",
    ],
)  # fmt: skip
def test_a_role_that_does_not_trust_it_is_not_handed_out(
    statements: list[dict[str, Any]], ask: Ask, providers: IdentityProviders
) -> None:
    answer = ask(token(providers), statements)
    assert "EKS does not have permissions to assume the associated role" in answer.json["message"]
    assert ask(token(providers), trusting()).status == 200, "and a trust without conditions hands it out"


def test_who_may_not_call_it_is_answered_by_ministack(ask: Ask, providers: IdentityProviders) -> None:
    refused = Response.of_json(403, {"message": "User is not authorized to perform"})
    assert ask(token(providers), decided=refused) == refused
