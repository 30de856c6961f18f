"""Who may look at a connected cluster in the EKS console, and what they see. Pure.

The connector passes a viewer's request on as that viewer, by impersonation: the user name is the IAM ARN, and no group
is ever passed. So a viewer is bound as a User, and the connector may impersonate these users and nobody else.
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

IMPERSONATION = "eks-connector-service"
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

_BY_PAGE = "as AWS's file for the console has it"
PAGE_RULES = (
    Rule(
        (
            "pods", "configmaps", "endpoints", "events", "limitranges", "persistentvolumeclaims", "podtemplates",
            "replicationcontrollers", "resourcequotas", "secrets", "serviceaccounts", "services",
        ),
        _READ,
        why=f"{_BY_PAGE}, Secrets included",
    ),
    *(
        Rule(resources, _READ, api_groups=(group,), why=_BY_PAGE)
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
    """An IAM principal that may look: everywhere (`namespaces` is None), or into these namespaces only."""

    key: str
    arn: str
    namespaces: tuple[str, ...] | None = None


def viewer_arn(property: str, text: str) -> str:
    """The ARN as the connector passes it on: that of an Identity Center role has no path there.

    https://github.com/aws/eks-anywhere/issues/223
    """
    validate_principal(property, text)
    arn = parse(text)
    if arn is None:
        return text
    return str(arn.without_path()) if arn.name.startswith("AWSReservedSSO_") else text


def viewer(key: str, arn: str, namespaces: list[str] | None) -> Viewer:
    """A viewer as it was declared.

    Raises:
        InvalidInputError: the ARN is not that of a role or user, or the namespaces are none.
    """
    path = f"viewers.{key}"
    if namespaces is not None and not namespaces:
        raise InvalidInputError(f"{path}.namespaces", [], "names no namespace", "Leave it out for the whole cluster.")
    checked = None if namespaces is None else validate_namespaces(f"{path}.namespaces", namespaces)
    return Viewer(key, viewer_arn(f"{path}.arn", arn) if is_known(arn) else arn, checked)


def grants(name: str, viewers: Mapping[str, Viewer], *, by_page: bool = False) -> tuple[Grant, ...]:
    """The right to impersonate just these viewers, and what each of them sees: or what AWS's file gives, `by_page`.

    With no viewers there is no such right: a rule with an empty list of names would mean everybody.
    """
    if not viewers:
        return ()
    arns = tuple(dict.fromkeys(each.arn for each in viewers.values()))
    pinned = Rule(("users",), ("impersonate",), resource_names=arns, why="passes the viewers' requests on as theirs")
    return (
        Grant("impersonate", IMPERSONATION, f"{NAMESPACE}/{NAME}", (pinned,), kind="ServiceAccount"),
        *(grant for each in viewers.values() for grant in _sight(name, each, by_page)),
    )


def _sight(name: str, each: Viewer, by_page: bool) -> Iterator[Grant]:
    key, inside = f"viewer-{each.key}", PAGE_RULES if by_page else NAMESPACED_RULES
    if each.namespaces is None:
        yield Grant(key, f"{name}-{key}", each.arn, (*CLUSTER_RULES, *inside), kind="User")
        return
    yield Grant(key, f"{name}-{key}", each.arn, inside, namespaces=each.namespaces, kind="User")
    if by_page:
        # The file for one namespace shows which namespaces and nodes there are as well.
        wide = f"cluster-for-{each.key}"
        yield Grant(wide, f"{name}-{wide}", each.arn, CLUSTER_RULES, kind="User")
