"""The deployer's rights in a cluster, by its own access reviews: nothing is created, changed or read.

A role may be created only by a user who has its rights, which Kubernetes decides by RBAC alone; so those are compared
with the rules that RBAC gives the user, and everything else is asked of the cluster's authorizers.
https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from eks_access.errors import EksAccessError
from eks_access.kubernetes.client import KubernetesApi
from eks_access.model.kubernetes_rights import Request
from eks_access.model.kubernetes_rights.request import PolicyRule, allows
from eks_access.model.rbac import Grant
from eks_access.provision.deployer_rights import (
    ClusterRights,
    KubernetesRight,
    escalation_request,
    granted_requests,
)
from eks_access.redaction import redacted
from eks_access.text_layout import format_count

from .aws_rights import STAGES
from .finding import Check, Finding, Status

_API = "/apis/authorization.k8s.io/v1"
_EVERYTHING = (Request("*", "*", "*"), Request("*", url="*"))
_UNBOUND_NAMESPACE = "eks-access-doctor"
"""A namespace of no bindings: the rules that a user has there are those of the whole cluster."""
_THREADS = 8
_MAX_SHOWN = 6


class ReviewError(EksAccessError):
    """The cluster did not answer a review; the message has the reason."""


def check_kubernetes_rights(api: KubernetesApi, key: str, needed: Sequence[ClusterRights]) -> list[Finding]:
    """Findings about all that the integrations need in one cluster."""
    rights: dict[Request, list[KubernetesRight]] = defaultdict(list)
    for right in (each for one in needed for each in one.requests):
        rights[right.request].append(right)
    grants = {grant.name: grant for one in needed for grant in one.grants}
    count = format_count(len(rights), "request")
    try:
        if all(_review(api, request) for request in _EVERYTHING):
            return [_finding(key, Status.OK, f"you may do everything in it; a deployment makes {count}")]
        with ThreadPoolExecutor(_THREADS) as pool:
            allowed = dict(zip(rights, pool.map(lambda request: _review(api, request), rights), strict=True))
        denied = {request: rights[request] for request, is_allowed in allowed.items() if not is_allowed}
        details = [*_denied_lines(denied), *_escalation_lines(api, grants.values())]
    except EksAccessError as error:
        return [_finding(key, Status.UNKNOWN, f"whether you may deploy is not known: {redacted(str(error))}")]
    if not details:
        return [_finding(key, Status.OK, f"{count} of a deployment, by SelfSubjectAccessReview")]
    return [
        Finding(
            Check.KUBERNETES_RIGHTS,
            Status.PROBLEM,
            "you lack rights that a deployment needs",
            key,
            tuple(details),
            "Deploy as an administrator of the cluster, such as by the access policy AmazonEKSClusterAdminPolicy, or"
            " have these rights bound to you.",
        )
    ]


def _finding(key: str, status: Status, summary: str) -> Finding:
    return Finding(Check.KUBERNETES_RIGHTS, status, summary, key)


def _denied_lines(denied: Mapping[Request, Sequence[KubernetesRight]]) -> Iterable[str]:
    """One line for each verb on each kind, with the objects that need it."""
    by_kind: dict[tuple[str, str, str, str], list[KubernetesRight]] = defaultdict(list)
    for request, rights in denied.items():
        by_kind[request.verb, request.full_resource, request.group, request.namespace] += rights
    for (verb, resource, group, namespace), rights in sorted(by_kind.items()):
        purposes = _shorten(dict.fromkeys(right.purpose for right in rights))
        yield f"{_name(verb, resource, group, namespace)}: for {purposes} ({STAGES[rights[0].stage]})"


def _escalation_lines(api: KubernetesApi, grants: Iterable[Grant]) -> Iterable[str]:
    """Roles with rights that the user does not have, unless they may `escalate` and `bind`."""
    held: tuple[PolicyRule, ...] | None = None
    for grant in grants:
        if held is None:
            held = _list_own_rules(api)
        lacking = [each for each in granted_requests(grant) if not any(allows(rule, each) for rule in held)]
        if not lacking:
            continue
        verbs = ["escalate", *(["bind"] if grant.namespaces != () else [])]
        refused = [verb for verb in verbs if not _review(api, escalation_request(verb, grant.name))]
        if refused:
            what = _shorten(dict.fromkeys(_format(each) for each in lacking))
            yield (
                f"{' and '.join(refused)} clusterroles.rbac.authorization.k8s.io, or the rights of ClusterRole"
                f" {grant.name} themselves: you lack {what} ({STAGES['up']})"
            )


def _review(api: KubernetesApi, request: Request) -> bool:
    """Whether the user may make a request.

    Raises:
        ReviewError: the cluster did not decide.
        UnreachableError, CredentialError: it was not reached.
    """
    if request.url:
        spec: dict[str, Any] = {"nonResourceAttributes": {"verb": request.verb, "path": request.url}}
    else:
        names = ("verb", "group", "resource", "subresource", "name", "namespace")
        spec = {"resourceAttributes": {name: value for name in names if (value := getattr(request, name))}}
    status = _post(api, "SelfSubjectAccessReview", spec)
    if not status.get("allowed") and not status.get("denied") and status.get("evaluationError"):
        raise ReviewError(f"the cluster could not decide: {status['evaluationError']}")
    return bool(status.get("allowed"))


def _list_own_rules(api: KubernetesApi) -> tuple[PolicyRule, ...]:
    """The rules that RBAC gives the user in the whole cluster.

    Those of EKS's access policies are not in the answer, which is `incomplete` by them: they do not count for creating
    a role either.
    """
    status = _post(api, "SelfSubjectRulesReview", {"namespace": _UNBOUND_NAMESPACE})
    rules = [*(status.get("resourceRules") or ()), *(status.get("nonResourceRules") or ())]
    return tuple(map(PolicyRule.from_json, rules))


def _post(api: KubernetesApi, kind: str, spec: Mapping[str, Any]) -> Mapping[str, Any]:
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
    response = api.request("POST", f"{_API}/{kind.lower()}s", body=body)
    if response.status >= 400:
        raise ReviewError(
            f"{kind} is answered with {response.status}: {response.body[:200].decode('utf-8', 'replace')}"
        )
    try:
        status: Mapping[str, Any] = json.loads(response.body)["status"]
    except (ValueError, KeyError, TypeError) as error:
        raise ReviewError("the response is not one of a Kubernetes API server") from error
    return status


def _format(request: Request) -> str:
    if request.url:
        return f"{request.verb} {request.url}"
    name = f" {request.name}" if request.name else ""
    return f"{_name(request.verb, request.full_resource, request.group, request.namespace)}{name}"


def _name(verb: str, resource: str, group: str, namespace: str) -> str:
    return f"{verb} {resource}{f'.{group}' if group else ''}{f' in {namespace}' if namespace else ''}"


def _shorten(texts: Iterable[str]) -> str:
    every = list(texts)
    more = f" and {len(every) - _MAX_SHOWN} more" if len(every) > _MAX_SHOWN else ""
    return f"{', '.join(every[:_MAX_SHOWN])}{more}"
