"""Requests to a cluster, as the integration. Nothing is ever changed.

Lists and gets of a named object are really tried, for metadata only and one object at most, and the body is dropped.
Everything else is asked as a SelfSubjectAccessReview: other verbs, subresources, watches, a `get` of no object.
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
from . import user_info
from .check import Check
from .cluster_session import ClusterSession, NotKubernetesError, within
from .kubernetes_answers import access_review, read
from .undeclared import beyond

LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
ONE = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_FALLBACK = ", application/json"


def identity(session: ClusterSession) -> Check:
    """Signing in at all, as the declared user."""
    declared = session.actor.access.identity
    groups = f" in {', '.join(declared.groups)}" if declared.groups else ""
    question = Question(
        session.actor.name,
        Plane.KUBERNETES,
        "sign in",
        f"as {declared.username_by(session.cluster.method)}{groups}",
        True,
        "who the integration is in the cluster",
        session.key,
    )
    return Check(question, lambda: asked(partial(_sign_in, session)), session.renew)


def checks(session: ClusterSession) -> list[Check]:
    access = session.actor.access
    own = [_check(session, expectation) for expectation in access.kubernetes]
    return [*own, beyond(session.actor.name, session.key, access, session.cluster, partial(_ask, session))]


def _ask(session: ClusterSession, e: KubernetesExpectation) -> Answer:
    return asked(partial(_review, session, e))


def _check(session: ClusterSession, e: KubernetesExpectation) -> Check:
    ask = _try if is_tried(e) else _review
    asking = replace(question(session, e), detail="tried" if is_tried(e) else "access review")
    return Check(asking, lambda: asked(partial(ask, session, e)), session.renew)


def question(session: ClusterSession, e: KubernetesExpectation) -> Question:
    return Question(
        session.actor.name,
        Plane.KUBERNETES,
        e.verb,
        target(e),
        e.allowed,
        e.why,
        session.key,
    )


def is_tried(e: KubernetesExpectation) -> bool:
    """Whether the call is made for real: only reads that answer at once and name what they read."""
    named = e.name is not None or e.resource.startswith("/")
    return e.subresource is None and (e.verb == "list" or (e.verb == "get" and named))


def target(e: KubernetesExpectation) -> str:
    """`deployments.apps`, `pods/exec in payments`, `configmaps aws-auth in kube-system`."""
    resource = f"{e.resource}/{e.subresource}" if e.subresource else e.resource
    dotted = f"{resource}.{e.api_group}" if e.api_group else resource
    parts = (("", e.name), ("in ", e.namespace), ("as ", _in_short(e.user)))
    return dotted + "".join(f" {word}{value}" for word, value in parts if value)


def _in_short(user: str | None) -> str | None:
    """An IAM principal without what is the same for all: `111122223333:role/Platform`."""
    return user.rpartition(":iam::")[2] if user else None


def path(e: KubernetesExpectation, version: str) -> str:
    if e.resource.startswith("/"):
        return e.resource
    root = f"/apis/{e.api_group}/{version}" if e.api_group else f"/api/{version}"
    namespace = f"/namespaces/{quote(e.namespace)}" if e.namespace else ""
    name = f"/{quote(e.name)}" if e.name else ""
    return f"{root}{namespace}/{e.resource}{name}"


def _try(session: ClusterSession, e: KubernetesExpectation) -> Answer:
    version = session.version(e.api_group) if e.api_group else "v1"
    headers = {"Impersonate-User": e.user} if e.user else {}
    if e.verb == "list":
        query = {"limit": "1"}
        answer = read(session.request("GET", path(e, version), query=query, headers=headers, accept=LIST + _FALLBACK))
    else:
        answer = read(session.request("GET", path(e, version), headers=headers, accept=ONE + _FALLBACK), e.name)
    if e.user and not e.allowed and "cannot impersonate" in answer.message:
        # Refused before the user's own rights were looked at, which says nothing about them.
        return Answer(Verdict.COULD_NOT_ASK, answer.status, answer.reason, answer.message)
    return answer


def attributes(e: KubernetesExpectation) -> dict[str, str]:
    """The call as an access review has it."""
    values = {
        "verb": e.verb,
        "group": e.api_group,
        "resource": e.resource,
        "subresource": e.subresource,
        "namespace": e.namespace,
        "name": e.name,
    }
    return {key: value for key, value in values.items() if value}


def _review(session: ClusterSession, e: KubernetesExpectation) -> Answer:
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes(e)},
    }
    return access_review(session.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body=body))


def _sign_in(session: ClusterSession) -> Answer:
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    response = session.request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body=body)
    if response.status >= 400:
        return read(response)
    user = within(response, "status", "userInfo")
    access = session.actor.access
    found = user_info.differences(user, access.identity, session.cluster.method, access.role, session.caller())
    return Answer(Verdict.ALLOWED, response.status, "", user_info.described(user), tuple(found))


def asked(call: Callable[[], Answer]) -> Answer:
    """The answer of a call to a cluster, whatever came of it."""
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
