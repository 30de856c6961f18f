"""Checks of requests to a cluster, as the integration. They never change anything.

Lists and gets of a named object are really made, for metadata only and one object at most, and the body is dropped.
Everything else is a SelfSubjectAccessReview: other verbs, subresources, watches, a `get` without a name.
SelfSubjectRulesReview is not used: with webhook authorizers, as on EKS, it is incomplete.
https://github.com/kubernetes/kubernetes/issues/65744
"""

import binascii
import ssl
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

from eks_access.kubernetes.client import UnreachableError
from eks_access.kubernetes.token import TokenTooLargeError
from eks_access.manifest.models import KubernetesExpectation

from ..identity.assume_role import AssumeRoleError
from ..outcome import Answer, Plane, Question, Verdict
from . import undeclared, user_info
from .check import Check
from .cluster_session import ClusterSession, NotKubernetesError, extract
from .grant_sources import find_grant_source
from .kubernetes_answers import classify_response, classify_review

METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_OR_JSON = ", application/json"


def build_identity_check(session: ClusterSession) -> Check:
    """The cluster must authenticate the integration as the declared user."""
    declared = session.actor.access.identity
    groups = f" in {', '.join(declared.groups)}" if declared.groups else ""
    question = Question(
        session.actor.name,
        Plane.KUBERNETES,
        "sign in",
        f"as {declared.username_by(session.cluster.method)}{groups}",
        True,
        "the declared user of the integration",
        session.key,
    )
    return Check(question, lambda: call_cluster(partial(_authenticate, session)), session.renew)


def build_checks(session: ClusterSession) -> list[Check]:
    """One check for each expectation of the manifest, and one for undeclared permissions."""
    access = session.actor.access

    def review(e: KubernetesExpectation) -> Answer:
        return call_cluster(partial(_review, session, e))

    declared = [_build_check(session, expectation) for expectation in access.kubernetes]
    return [*declared, undeclared.build_check(session.actor.name, session.key, access, session.cluster, review)]


def _build_check(session: ClusterSession, e: KubernetesExpectation) -> Check:
    call = _request if is_requested(e) else _review
    question = replace(build_question(session, e), detail="tried" if is_requested(e) else "access review")
    return Check(question, lambda: call_cluster(partial(call, session, e)), session.renew)


def build_question(session: ClusterSession, e: KubernetesExpectation) -> Question:
    """The expectation as a question about the session's cluster."""
    return Question(
        session.actor.name,
        Plane.KUBERNETES,
        e.verb,
        format_target(e),
        e.allowed,
        e.why,
        session.key,
        granted_by=find_grant_source(session.actor.access, session.cluster, e) if e.allowed else None,
    )


def is_requested(e: KubernetesExpectation) -> bool:
    """Whether the request itself is made: only reads that respond at once and name what they read."""
    is_named = e.name is not None or e.resource.startswith("/")
    return e.subresource is None and (e.verb == "list" or (e.verb == "get" and is_named))


def format_target(e: KubernetesExpectation) -> str:
    """`deployments.apps`, `pods/exec in payments`, `configmaps aws-auth in kube-system`."""
    resource = f"{e.resource}/{e.subresource}" if e.subresource else e.resource
    dotted = f"{resource}.{e.api_group}" if e.api_group else resource
    parts = (("", e.name), ("in ", e.namespace), ("as ", _shorten_principal(e.user)))
    return dotted + "".join(f" {word}{value}" for word, value in parts if value)


def _shorten_principal(user: str | None) -> str | None:
    """An IAM principal without the prefix that all have: `111122223333:role/Platform`."""
    return user.rpartition(":iam::")[2] if user else None


def build_path(e: KubernetesExpectation, version: str) -> str:
    """The URL path of the expectation's resource."""
    if e.resource.startswith("/"):
        return e.resource
    root = f"/apis/{e.api_group}/{version}" if e.api_group else f"/api/{version}"
    namespace = f"/namespaces/{quote(e.namespace)}" if e.namespace else ""
    name = f"/{quote(e.name)}" if e.name else ""
    return f"{root}{namespace}/{e.resource}{name}"


def _request(session: ClusterSession, e: KubernetesExpectation) -> Answer:
    version = session.preferred_version(e.api_group) if e.api_group else "v1"
    headers = {"Impersonate-User": e.user} if e.user else {}
    if e.verb == "list":
        query = {"limit": "1"}
        answer = classify_response(
            session.request(
                "GET", build_path(e, version), query=query, headers=headers, accept=METADATA_LIST + _OR_JSON
            )
        )
    else:
        answer = classify_response(
            session.request("GET", build_path(e, version), headers=headers, accept=METADATA + _OR_JSON), e.name
        )
    if e.user and not e.allowed and "cannot impersonate" in answer.message:
        # The impersonation was refused before the impersonated user was authorized, which is inconclusive.
        return Answer(Verdict.COULD_NOT_ASK, answer.status, answer.reason, answer.message)
    return answer


def build_attributes(e: KubernetesExpectation) -> dict[str, dict[str, str]]:
    """What an access review of the call is about: `resourceAttributes`, or for a path `nonResourceAttributes`."""
    if e.resource.startswith("/"):
        return {"nonResourceAttributes": {"verb": e.verb, "path": e.resource}}
    values = {
        "verb": e.verb,
        "group": e.api_group,
        "resource": e.resource,
        "subresource": e.subresource,
        "namespace": e.namespace,
        "name": e.name,
    }
    return {"resourceAttributes": {key: value for key, value in values.items() if value}}


def _review(session: ClusterSession, e: KubernetesExpectation) -> Answer:
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": build_attributes(e),
    }
    return classify_review(session.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body=body))


def _authenticate(session: ClusterSession) -> Answer:
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    response = session.request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body=body)
    if response.status >= 400:
        return classify_response(response)
    user = extract(response, "status", "userInfo")
    access = session.actor.access
    differences = user_info.find_differences(
        user, access.identity, session.cluster.method, access.role, session.role_session()
    )
    return Answer(Verdict.ALLOWED, response.status, "", user_info.format_user(user), tuple(differences))


def call_cluster(call: Callable[[], Answer]) -> Answer:
    """The answer of a call to a cluster, whose errors are classified instead of raised."""
    try:
        return call()
    except UnreachableError as error:
        return Answer(Verdict.UNREACHABLE, None, type(error.cause).__name__, str(error))
    except (AssumeRoleError, ClientError, BotoCoreError, TokenTooLargeError) as error:
        return Answer(Verdict.COULD_NOT_ASK, None, type(error).__name__, f"no token for the cluster: {error}")
    except (ssl.SSLError, binascii.Error, UnicodeDecodeError) as error:
        return Answer(
            Verdict.COULD_NOT_ASK,
            None,
            type(error).__name__,
            f"the cluster's certificate authority is not usable: {error}",
        )
    except NotKubernetesError as error:
        return Answer(Verdict.COULD_NOT_ASK, error.status, "", str(error))
