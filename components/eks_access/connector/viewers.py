"""Viewers of a connected cluster in the EKS console, and their RBAC. Pure.

The connector impersonates the viewer for each of their requests: the user name is the IAM ARN, and no group is passed.
So a viewer is bound as a User, and the connector may impersonate these users and no others.
https://docs.aws.amazon.com/eks/latest/userguide/connector-grant-access.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..errors import InvalidInputError
from ..model.arn import parse, validate_principal
from ..model.identity import validate_namespaces
from ..model.placeholders import is_known
from ..model.rbac import API_GROUP as RBAC
from ..model.rbac import Grant, Rule
from .objects import NAME, NAMESPACE

IMPERSONATION_ROLE = "eks-connector-service"
_READ = ("get", "list")

CLUSTER_RULES = (Rule(("namespaces", "nodes"), _READ, why="the console's overview of the cluster"),)
NAMESPACED_RULES = (
    Rule(("pods", "events"), _READ, why="workloads and what happened to them"),
    Rule(
        ("deployments", "daemonsets", "statefulsets", "replicasets"),
        _READ,
        api_groups=("apps",),
        why="the console's list of workloads",
    ),
    Rule(("jobs",), _READ, api_groups=("batch",), why="the console's list of workloads"),
)

_PAGE_REASON = "as AWS's file for the console has it"
PAGE_RULES = (
    Rule(
        (
            "pods", "configmaps", "endpoints", "events", "limitranges", "persistentvolumeclaims", "podtemplates",
            "replicationcontrollers", "resourcequotas", "secrets", "serviceaccounts", "services",
        ),
        _READ,
        why=f"{_PAGE_REASON}, Secrets included",
    ),
    *(
        Rule(resources, _READ, api_groups=(group,), why=_PAGE_REASON)
        for group, resources in (
            ("apps", ("deployments", "daemonsets", "statefulsets", "replicasets")),
            ("batch", ("jobs", "cronjobs")),
            ("coordination.k8s.io", ("leases",)),
            ("discovery.k8s.io", ("endpointslices",)),
            ("events.k8s.io", ("events",)),
            ("networking.k8s.io", ("ingresses", "networkpolicies")),
            ("policy", ("poddisruptionbudgets",)),
            (RBAC, ("rolebindings", "roles")),
            ("storage.k8s.io", ("csistoragecapacities",)),
        )
    ),
)  # fmt: skip
"""Everything that the console can show, without the API group `extensions`, which no longer exists.

https://docs.aws.amazon.com/eks/latest/userguide/view-kubernetes-resources.html (eks-console-full-access.yaml)"""


@dataclass(frozen=True)
class Viewer:
    """An IAM principal that may view the cluster.

    Attributes:
        key: the short name in the configuration.
        arn: the ARN as the connector passes it on.
        namespaces: the namespaces that the viewer sees; None for the whole cluster.
    """

    key: str
    arn: str
    namespaces: tuple[str, ...] | None = None


def canonicalize_viewer_arn(path: str, text: str) -> str:
    """The ARN as the connector passes it on: without its path if it is that of an Identity Center role.

    https://github.com/aws/eks-anywhere/issues/223
    """
    validate_principal(path, text)
    arn = parse(text)
    if arn is None:
        return text
    return str(arn.without_path()) if arn.name.startswith("AWSReservedSSO_") else text


def build_viewer(key: str, arn: str, namespaces: list[str] | None) -> Viewer:
    """A validated viewer.

    Raises:
        InvalidInputError: the ARN is not that of a role or user, or the list of namespaces is empty.
    """
    path = f"viewers.{key}"
    if namespaces is not None and not namespaces:
        raise InvalidInputError(f"{path}.namespaces", [], "names no namespace", "Leave it out for the whole cluster.")
    validated = None if namespaces is None else validate_namespaces(f"{path}.namespaces", namespaces)
    return Viewer(key, canonicalize_viewer_arn(f"{path}.arn", arn) if is_known(arn) else arn, validated)


def build_viewer_grants(
    name: str, viewers: Mapping[str, Viewer], *, with_console_page: bool = False
) -> tuple[Grant, ...]:
    """The permission to impersonate exactly these viewers, and the permissions of each viewer.

    Without viewers there is no permission to impersonate: a rule with an empty list of names would mean every user.

    Args:
        name: the integration's name, for the names of roles.
        viewers: the viewers by their keys.
        with_console_page: grant everything that AWS's file for the console grants (`PAGE_RULES`).
    """
    if not viewers:
        return ()
    arns = tuple(dict.fromkeys(each.arn for each in viewers.values()))
    pinned = Rule(("users",), ("impersonate",), resource_names=arns, why="passes the viewers' requests on as theirs")
    return (
        Grant("impersonate", IMPERSONATION_ROLE, f"{NAMESPACE}/{NAME}", (pinned,), kind="ServiceAccount"),
        *(grant for each in viewers.values() for grant in _build_permissions(name, each, with_console_page)),
    )


def _build_permissions(name: str, each: Viewer, with_console_page: bool) -> Iterator[Grant]:
    key, inside = f"viewer-{each.key}", PAGE_RULES if with_console_page else NAMESPACED_RULES
    if each.namespaces is None:
        yield Grant(key, f"{name}-{key}", each.arn, (*CLUSTER_RULES, *inside), kind="User")
        return
    yield Grant(key, f"{name}-{key}", each.arn, inside, namespaces=each.namespaces, kind="User")
    if with_console_page:
        # AWS's file for a single namespace also grants the list of namespaces and nodes.
        wide = f"cluster-for-{each.key}"
        yield Grant(wide, f"{name}-{wide}", each.arn, CLUSTER_RULES, kind="User")
