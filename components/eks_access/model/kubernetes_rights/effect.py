"""Which rules give their holder anything: what every caller may do anyway, and what no request ever matches. Pure."""

from collections.abc import Iterable, Iterator

from .request import ANY, PolicyRule, Request, allows

EVERY_CALLER: tuple[PolicyRule, ...] = (
    PolicyRule(("get",), urls=("/healthz", "/livez", "/readyz", "/version", "/version/")),
)
"""What the role `system:public-info-viewer` gives to every caller, without authentication too.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles"""
EVERY_USER: tuple[PolicyRule, ...] = (
    *EVERY_CALLER,
    PolicyRule(("create",), ("authorization.k8s.io",), ("selfsubjectaccessreviews", "selfsubjectrulesreviews")),
    PolicyRule(("create",), ("authentication.k8s.io",), ("selfsubjectreviews",)),
    PolicyRule(("get",), urls=("/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*")),
)
"""What every authenticated user has, by `system:basic-user` and `system:discovery` as well."""


def is_public(request: Request, *, authenticated: bool = True) -> bool:
    """Whether every caller may make the request in every cluster; `authenticated`: every user."""
    return any(allows(rule, request) for rule in (EVERY_USER if authenticated else EVERY_CALLER))


def matches_nothing(group: str, full_resource: str) -> bool:
    """Whether no request is ever for this resource in this API group, since RBAC takes both literally.

    A group has no version (`apps/v1`), and no resource is called `pods/*`.
    https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/rbac/v1/evaluation_helpers.go
    """
    return "/" in group or full_resource.partition("/")[2] == ANY


def find_ineffective(groups: Iterable[str], resources: Iterable[str]) -> Iterator[str]:
    """The API groups and resources of a rule that no request ever matches."""
    yield from (group for group in groups if matches_nothing(group, ""))
    yield from (resource for resource in resources if matches_nothing("", resource))
