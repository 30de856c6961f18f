"""A fake AWS and fake clusters with the responses of the real ones, without a network.

AWS requests are made and signed by the real client and responses are read by the real parser: only the sending is
replaced. Tests change the responses through the fields of `World`.
"""

import base64
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.awsrequest import AWSResponse

from eks_access.kubernetes.client import Response

ROLE = "arn:aws:iam::111122223333:role/vendors/eks-access-acme"
SESSION = "arn:aws:sts::111122223333:assumed-role/eks-access-acme/eks-access-probe"
EXTERNAL_ID = "acme-external-id"
SECRET_KEY = "wJalrXUtnFEMI-assumed-secret"
SESSION_TOKEN = "IQoJb3JpZ2luX2Vj-session-token"
USERNAME = "acme:eks-access-probe"
GROUPS = ["acme:readers", "system:authenticated"]

STS_DENIED = (
    "User: arn:aws:iam::999999999999:user/{user} is not authorized to perform: sts:AssumeRole on resource: " + ROLE
)


@dataclass
class World:
    """The state of the fake AWS and clusters, for the manifest of `access`."""

    external_id: str | None = EXTERNAL_ID
    """The ExternalId that the trust policy requires."""
    trusts_strangers: bool = False
    role_known_after: int = 0
    """How many requests STS still denies while the role is not visible to it."""
    iam_denied: set[str] = field(default_factory=lambda: {"ListRoles"})
    unauthenticated_clusters: set[str] = field(default_factory=set)
    groups: list[str] = field(default_factory=lambda: list(GROUPS))
    forbidden: set[str] = field(default_factory=lambda: {"secrets"})
    """Resources that the cluster's authorizer denies to read."""
    reviews_allowed: set[str] = field(default_factory=set)
    kubernetes: Callable[[str, str, str], Response | None] = lambda server, method, path: None
    """Overrides the response to a cluster's request if it returns one; may raise."""
    answers: dict[str, Callable[[Any], AWSResponse]] = field(default_factory=dict)
    """Overrides the responses to AWS operations."""
    calls: Counter[str] = field(default_factory=Counter)
    tokens: set[str] = field(default_factory=set)

    # AWS

    def aws(self, **event: Any) -> AWSResponse:
        request, operation = event["request"], event["event_name"].rpartition(".")[2]
        self.calls[operation] += 1
        if operation in self.answers:
            return self.answers[operation](request)
        if operation == "AssumeRole":
            body = {key: values[0] for key, values in parse_qs(text(request.body)).items()}
            return self._assume_role(body, text(request.headers["Authorization"]))
        if operation in self.iam_denied:
            words = f"User: {SESSION} is not authorized to perform: iam:{operation} on resource: *"
            return xml_error(403, "AccessDenied", words)
        if operation == "GetRole":
            return xml_error(404, "NoSuchEntity", "The role with name eks-access-probe-absent cannot be found.")
        return answer(200, json.dumps({"clusters": []}).encode(), "application/json")

    def _assume_role(self, body: Mapping[str, str], authorization: str) -> AWSResponse:
        stranger = "AKIASTRANGER" in authorization
        new = self.calls["AssumeRole"] <= self.role_known_after
        if (
            new
            or (stranger and not self.trusts_strangers)
            or body.get("ExternalId") != (self.external_id or body.get("ExternalId"))
        ):
            return xml_error(403, "AccessDenied", STS_DENIED.format(user="stranger" if stranger else "vendor"))
        return answer(
            200,
            f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
            <AssumedRoleUser><Arn>{SESSION}</Arn><AssumedRoleId>AROA:eks-access-probe</AssumedRoleId></AssumedRoleUser>
            <Credentials><AccessKeyId>ASIAASSUMED</AccessKeyId><SecretAccessKey>{SECRET_KEY}</SecretAccessKey>
            <SessionToken>{SESSION_TOKEN}</SessionToken><Expiration>2035-01-01T00:00:00Z</Expiration></Credentials>
            </AssumeRoleResult></AssumeRoleResponse>""".encode(),
        )

    # Kubernetes

    def request(self, api: Any, method: str, path: str, **options: Any) -> Response:
        """Replaces KubernetesApi.request."""
        self.calls[path] += 1
        token = api._bearer()
        self.tokens.add(token)
        special = self.kubernetes(api.server, method, path)
        if special is not None:
            return special
        if api.server in self.unauthenticated_clusters:
            return status(401, "Unauthorized", "Unauthorized")
        if path.endswith("/selfsubjectreviews"):
            extra = {"arn": [SESSION], "canonicalArn": [ROLE.replace("vendors/", "")], "accessKeyId": ["ASIAASSUMED"]}
            user = {"username": USERNAME, "groups": self.groups, "extra": extra}
            return Response(201, {}, json.dumps({"status": {"userInfo": user}}).encode())
        if path.endswith("/selfsubjectaccessreviews"):
            asked = options["body"]["spec"]["resourceAttributes"]
            resource = "/".join(asked[key] for key in ("resource", "subresource") if key in asked)
            allowed = f"{asked['verb']} {resource}" in self.reviews_allowed
            return Response(201, {}, json.dumps({"status": {"allowed": allowed}}).encode())
        if path in ("/apis/apps",):
            return Response(200, {}, b'{"preferredVersion": {"version": "v1"}}')
        resource, name = _read(path)
        if resource in self.forbidden:
            return forbidden(resource)
        if name:
            return status(404, "NotFound", f'{resource} "{name}" not found', {"name": name, "kind": resource})
        return Response(
            200, {}, b'{"kind": "PartialObjectMetadataList", "items": [{"metadata": {"name": "in-the-body"}}]}'
        )


def _read(path: str) -> tuple[str, str | None]:
    parts = path.split("/")
    rest = parts[3:] if parts[1] == "api" else parts[4:]
    if rest[0] == "namespaces" and len(rest) > 2:
        rest = rest[2:]
    return rest[0], rest[1] if len(rest) > 1 else None


def text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def forbidden(resource: str) -> Response:
    cannot = f'User "{USERNAME}" cannot list resource "{resource}" in API group "" at the cluster scope'
    message = f"{resource} is forbidden: {cannot}"
    return status(403, "Forbidden", message, {"kind": resource})


def status(code: int, reason: str, message: str, details: Mapping[str, Any] | None = None) -> Response:
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
    return Response(code, {}, json.dumps(body | ({"details": details} if details else {})).encode())


def xml_error(code: int, error: str, message: str) -> AWSResponse:
    return answer(
        code,
        f'<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>{error}</Code>'
        f"<Message>{message}</Message></Error><RequestId>11111111-2222</RequestId></ErrorResponse>".encode(),
    )


def json_error(code: int, error: str, message: str) -> AWSResponse:
    return answer(
        code,
        json.dumps({"message": message, "__type": error}).encode(),
        "application/json",
        {"x-amzn-errortype": error},
    )


def ec2_error(code: int, error: str, message: str) -> AWSResponse:
    return answer(
        code,
        "<?xml version='1.0'?>"
        f"<Response><Errors><Error><Code>{error}</Code><Message>{message}</Message></Error></Errors>"
        "<RequestID>11111111-2222</RequestID></Response>".encode(),
    )


def answer(code: int, body: bytes, kind: str = "text/xml", headers: Mapping[str, str] | None = None) -> AWSResponse:
    from botocore.compat import HTTPHeaders

    sent = HTTPHeaders.from_dict({"content-type": kind, **(headers or {})})
    response = AWSResponse("http://127.0.0.1:9/", code, sent, None)
    response._content = body  # type: ignore[attr-defined]  # what `content` reads, once the body has been
    return response


def access(certificate_authority: str, clusters: tuple[str, ...] = ("api",), **changes: Any) -> dict[str, Any]:
    """One integration of a manifest, as JSON."""
    return {
        "vendor": "acme",
        "title": "Acme",
        "profile": "least",
        "role": {"arn": ROLE, "name": "eks-access-acme", "maxSessionSeconds": 3600},
        "trust": {
            "kind": "cross-account",
            "refuses": ["external-id-missing", "external-id-wrong", "stranger"],
            "principals": ["arn:aws:iam::999999999999:role/Acme"],
            "externalId": EXTERNAL_ID,
        },
        "statements": [],
        "identity": {"username": "acme:{{SessionName}}", "groups": ["acme:readers"], "accessPolicies": []},
        "clusters": {
            key: {
                "name": f"dev-{key}",
                "region": "us-east-1",
                "arn": f"arn:aws:eks:us-east-1:111122223333:cluster/dev-{key}",
                "endpoint": f"https://127.0.0.1:{6443 + number}",
                "certificateAuthority": certificate_authority,
                "authenticationMode": "API",
                "method": "access-entry",
            }
            for number, key in enumerate(clusters)
        },
        "grants": [],
        "aws": [
            aws_call("eks:ListClusters", True),
            aws_call("iam:GetRole", True, RoleName="eks-access-probe-absent"),
            aws_call("iam:ListRoles", False, MaxItems=1),
        ],
        "kubernetes": [
            kubernetes_call("list", "pods", True),
            kubernetes_call("list", "deployments", True, apiGroup="apps"),
            kubernetes_call("get", "configmaps", True, namespace="kube-system", name="aws-auth"),
            kubernetes_call("list", "secrets", False),
            kubernetes_call("create", "pods", False, subresource="exec"),
        ],
        "handoff": {"fields": [], "steps": []},
        "residualRisks": [],
    } | changes


def aws_call(action: str, allowed: bool, **parameters: Any) -> dict[str, Any]:
    return {"action": action, "allowed": allowed, "why": "the test's", "parameters": parameters, "region": None}


def kubernetes_call(verb: str, resource: str, allowed: bool, **place: Any) -> dict[str, Any]:
    call = {"apiGroup": "", "subresource": None, "namespace": None, "name": None, "user": None} | place
    return {"verb": verb, "resource": resource, "allowed": allowed, "why": "the test's"} | call


def presigned(token: str) -> Mapping[str, list[str]]:
    """The query parameters of the presigned URL in an EKS token."""
    encoded = token.removeprefix("k8s-aws-v1.")
    return parse_qs(urlsplit(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()).query)
