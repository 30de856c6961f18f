"""The authorization webhook that evaluates access policies, beside RBAC.

It has the properties of EKS's own authorizer (`eks_access.model.access_policies`), which RBAC objects would not have.

https://kubernetes.io/docs/reference/access-authn-authz/webhook/
"""

from collections.abc import Mapping
from typing import Any

from eks_access.model.access_policies import AssociatedPolicy, find_granting_policy
from eks_access.model.kubernetes_rights import Request as AccessRequest

from ..aws.asgi import Request, Response

PATH = "/_sandbox/authorize/"
PRINCIPAL_ID = "principalid"
"""The user's extra field in which the authenticator passes the unique id. Impersonation does not carry it."""


class Authorizer:
    def __init__(self) -> None:
        self._grants: dict[str, Mapping[str, tuple[AssociatedPolicy, ...]]] = {}

    def replace(self, cluster: str, grants: Mapping[str, tuple[AssociatedPolicy, ...]]) -> None:
        self._grants[cluster] = grants

    def review(self, cluster: str, spec: Mapping[str, Any]) -> dict[str, Any]:
        ids = [
            value
            for key, values in (spec.get("extra") or {}).items()
            if key.lower() == PRINCIPAL_ID
            for value in values
        ]
        known = self._grants.get(cluster, {})
        policy = find_granting_policy(
            (grant for id_ in ids for grant in known.get(id_, ())), AccessRequest.from_review(spec)
        )
        # Not allowed is not denied: RBAC, which comes first, did not allow it either.
        return {
            "allowed": policy is not None,
            **({"reason": f"EKS access policy {policy}"} if policy else {}),
        }

    def handle(self, request: Request) -> Response:
        review = request.json
        status = self.review(request.raw_path.removeprefix(PATH), review.get("spec", {}))
        return Response.of_json(
            200, {"apiVersion": review.get("apiVersion"), "kind": "SubjectAccessReview", "status": status}
        )
