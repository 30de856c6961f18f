"""EKS Auth: a service account's token for a session of the role that EKS Pod Identity associates with it.

MiniStack has the associations, and no EKS Auth. It is given the service's name and what its one call acts
on: it then checks signature and IAM policy before it answers that it does not serve the call, and that answer is taken
as leave. https://docs.aws.amazon.com/eks/latest/APIReference/API_auth_AssumeRoleForPodIdentity.html
"""

import asyncio
import re
import secrets
from dataclasses import dataclass
from typing import Any

from ministack.core import iam_actions

from . import sessions
from .asgi import App, Request, Response, forward
from .errors import EksError, not_found
from .identity_provider import SERVICE_ACCOUNTS, IdentityProviders, InvalidTokenError, audience, verified_claims
from .identity_provider import issuer_host as host
from .ministack_client import MiniStack

SERVICE = "eks-auth"
PRINCIPAL = "pods.eks.amazonaws.com"
"""Whom the role must trust; also the audience of the tokens."""
SESSION_SECONDS = 21_600
"""Six hours, whatever the role allows. https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html"""
NEEDED = ("sts:AssumeRole", "sts:TagSession")

_CREDENTIAL = re.compile(r"Credential=([^/,]+)/[^/]+/([^/]+)/eks-auth/")


@dataclass(frozen=True)
class Workload:
    """Whose token it is."""

    namespace: str
    service_account: str
    pod: str
    pod_uid: str

    @classmethod
    def of(cls, token: str, providers: IdentityProviders) -> "Workload":
        """The workload whose token this is.

        Raises:
            EksError: the token is no pod's, for something else, over, or not the cluster's.
        """
        try:
            claims = verified_claims(token, providers)
        except InvalidTokenError as refused:
            over = refused.code == "ExpiredTokenException"
            raise EksError(refused.code if over else "InvalidTokenException", refused.message) from refused
        bound = claims.get("kubernetes.io", {})
        if host(claims["iss"]) != SERVICE_ACCOUNTS or audience(claims) != PRINCIPAL or "pod" not in bound:
            raise EksError("InvalidTokenException", f"The token is not one of the cluster's for a pod and {PRINCIPAL}.")
        pod = bound["pod"]
        return cls(bound["namespace"], bound["serviceaccount"]["name"], pod["name"], pod["uid"])

    def tags(self, cluster_name: str, cluster_arn: str) -> dict[str, str]:
        """https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html"""
        return {
            "eks-cluster-arn": cluster_arn,
            "eks-cluster-name": cluster_name,
            "kubernetes-namespace": self.namespace,
            "kubernetes-service-account": self.service_account,
            "kubernetes-pod-name": self.pod,
            "kubernetes-pod-uid": self.pod_uid,
        }


class PodIdentity:
    def __init__(self, app: App, inner: MiniStack, providers: IdentityProviders) -> None:
        self._app = app
        self._inner = inner
        self._providers = providers

    @staticmethod
    def serves(request_authorization: str) -> bool:
        return _CREDENTIAL.search(request_authorization) is not None

    async def handle(self, request: Request) -> Response:
        decided = await forward(self._app, request, path=request.raw_path)
        if decided.json.get("error") != f"Unsupported service: {SERVICE}":
            return decided
        match (request.method, *request.segments):
            case ("POST", "clusters", cluster, "assume-role-for-pod-identity"):
                try:
                    return await asyncio.to_thread(self._assume, request, cluster)
                except EksError as refusal:
                    return refusal.response()
        return decided

    def _assume(self, request: Request, cluster: str) -> Response:
        caller = _CREDENTIAL.search(request.header("authorization"))
        assert caller is not None, "it was routed here by it"
        account, region = self._inner.account_of(caller[1]), caller[2]
        workload = Workload.of(request.json.get("token", ""), self._providers)
        found = self._association(account, cluster, workload)
        role = self._inner.role(found["roleArn"])
        source = _cluster_arn(cluster, region, account)
        tags = {} if found.get("disableSessionTags") else workload.tags(cluster, source)
        if role is None or not _trusted(role, account, source, tags):
            words = "Unauthorized Exception! EKS does not have permissions to assume the associated role."
            raise EksError("AccessDeniedException", words)
        name = f"eks-{cluster}-{workload.pod}"[:50].rstrip("-") + f"-{secrets.token_hex(6)}"
        session = sessions.issue(role, name, SESSION_SECONDS, tags=tags)
        return Response.of_json(
            200,
            {
                "subject": {"namespace": workload.namespace, "serviceAccount": workload.service_account},
                "audience": PRINCIPAL,
                "podIdentityAssociation": {key: found[key] for key in ("associationArn", "associationId")},
                "assumedRoleUser": {"arn": session.arn, "assumeRoleId": session.role_session_id},
                "credentials": {
                    "accessKeyId": session.access_key_id,
                    "secretAccessKey": session.secret_access_key,
                    "sessionToken": session.session_token,
                    "expiration": session.expiration.timestamp(),
                },
            },
        )

    def _association(self, account: str, cluster: str, workload: Workload) -> dict[str, Any]:
        eks = self._inner.client("eks", account)
        wanted = {"namespace": workload.namespace, "serviceAccount": workload.service_account}
        try:
            found = eks.list_pod_identity_associations(clusterName=cluster, **wanted)["associations"]
        except eks.exceptions.ResourceNotFoundException as cause:
            raise not_found(f"No cluster found for name: {cluster}.") from cause
        if not found:
            raise not_found("The token included in the request has no service account role association for it.")
        one = {"clusterName": cluster, "associationId": found[0]["associationId"]}
        described: dict[str, Any] = eks.describe_pod_identity_association(**one)["association"]
        return described


def _trusted(role: dict[str, Any], account: str, source: str, tags: dict[str, str]) -> bool:
    """Both actions at once, as STS requires for a request with tags: the first alone is not enough."""
    keys = {"aws:SourceAccount": account, "aws:SourceArn": source}
    keys |= {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    needed = NEEDED if tags else NEEDED[:1]
    return all(sessions.trusted(role, action, PRINCIPAL, keys) for action in needed)


def _cluster_arn(cluster: str, region: str, account: str) -> str:
    return f"arn:aws:eks:{region}:{account}:cluster/{cluster}"


def know_eks_auth() -> None:
    """From now on, MiniStack decides who may call EKS Auth, by the cluster's ARN."""
    iam_actions.SERVICE_TO_IAM_NAMESPACE[SERVICE] = SERVICE
    extract = iam_actions.extract_resource_arn

    def extended(
        service: str, method: str, path: str, headers: Any, body: Any, query: Any, region: str, account: str
    ) -> str:
        if service == SERVICE:
            return _cluster_arn(path.strip("/").split("/")[1], region, account)
        return str(extract(service, method, path, headers, body, query, region, account))

    iam_actions.extract_resource_arn = extended
