"""What a right lets its holder do, in words for a reviewer. Data, and pure lookups in it.

Rights that are worth a warning come first; everything else gets a plain sentence.
https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase

READS = frozenset({"get", "list", "watch"})
WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
RUNS = frozenset({"create", "get"})
"""POST for SPDY, GET for WebSocket."""


@dataclass(frozen=True)
class Risk:
    """`grave`: it reads credentials, runs code, or widens rights, its own or others'."""

    words: str
    grave: bool


def _grave(words: str) -> Risk:
    return Risk(words, True)


def _plain(words: str) -> Risk:
    return Risk(words, False)


# `{of}` is where a sentence says whose, if it is not everyone's.
_RULES: tuple[tuple[str, frozenset[str], Risk], ...] = (
    ("secrets", READS, _grave("can read every Secret{of}: other systems' passwords, keys and tokens")),
    ("pods/exec", RUNS, _grave("can run commands in every pod{of}, and read the secrets mounted there")),
    ("pods/attach", RUNS, _grave("can take over what runs in every pod{of}, and read the secrets mounted there")),
    ("pods/ephemeralcontainers", WRITES, _grave("can put a container of its own into every running pod{of}")),
    ("pods/portforward", RUNS, _grave("can reach every port in every pod{of}, past network policies")),
    (
        "*/proxy",
        READS | WRITES,
        _grave("can speak to pods through the API server; by way of nodes, run commands in all"),
    ),
    ("serviceaccounts/token", WRITES, _grave("can mint tokens of other identities{of}")),
    ("users", frozenset({"impersonate"}), _grave("can act as somebody else")),
    ("groups", frozenset({"impersonate"}), _grave("can act as a member of any group, administrators included")),
    ("serviceaccounts", frozenset({"impersonate"}), _grave("can act as any service account{of}")),
    ("*roles", frozenset({"bind"}), _grave("can give the role to anyone, itself included")),
    ("*roles", frozenset({"escalate"}), _grave("can give itself any right")),
    ("*roles", WRITES, _grave("can change what roles allow")),
    ("*rolebindings", WRITES, _grave("can give roles that it holds or may bind, to anyone, and take them away")),
    ("*webhookconfigurations", WRITES, _grave("can read and change every object that is written")),
    ("pods", WRITES - {"delete", "deletecollection"}, _grave("can start containers, with any Secret there mounted")),
    *(
        (kind, WRITES - {"delete", "deletecollection"}, _grave("can start containers, with any Secret there mounted"))
        for kind in ("deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "cronjobs")
    ),
    ("secrets", WRITES, _grave("can change other systems' credentials{of}")),
    ("configmaps", READS, _plain("can read every ConfigMap{of}, its values included")),
    ("pods/log", READS, _plain("can read whatever containers{of} write to their logs")),
    ("pods", READS, _plain("can read pods{of}, with the environment values in their specifications")),
    ("serviceaccounts", READS, _plain("can read which identities workloads{of} have")),
    ("*role*", READS, _plain("can read who may do what")),
    ("nodes", READS, _plain("can read the cluster's machines")),
)

_ACTIONS: tuple[tuple[str, Risk], ...] = (
    ("iam:PassRole", _grave("can hand any role to a service that then acts with it")),
    ("iam:Attach*Policy", _grave("can make itself, or anyone, administrator of the account")),
    ("iam:Put*Policy", _grave("can make itself, or anyone, administrator of the account")),
    ("iam:CreateAccessKey", _grave("can become another user")),
    ("iam:UpdateAssumeRolePolicy", _grave("can let anyone become a role")),
    ("iam:Create*", _grave("can make identities and policies")),
    ("iam:Tag*", _grave("can change tags, which other policies may decide by")),
    ("sts:AssumeRole*", _grave("can become other roles that trust it")),
    ("eks:AssociateIdentityProviderConfig", _grave("can let a foreign identity provider sign users in to a cluster")),
    ("eks:CreateAccessEntry", _grave("can let anyone into a cluster")),
    ("eks:UpdateAccessEntry", _grave("can change who someone is in a cluster, and so what they may do")),
    ("eks:AssociateAccessPolicy", _grave("can make anyone administrator of a cluster")),
    ("eks:DisassociateAccessPolicy", _plain("can take access to a cluster away from anyone")),
    ("eks:DeleteAccessEntry", _plain("can shut anyone out of a cluster")),
    ("eks:AccessKubernetesApi", _plain("can see Kubernetes objects in AWS's console; API clients do not need it")),
    ("eks:DescribeCluster", _plain("can read clusters' addresses and settings")),
    ("ssmmessages:*Channel", _plain("can keep a channel to Systems Manager open")),
    ("secretsmanager:GetSecretValue", _grave("can read secrets")),
    ("ssm:GetParameter*", _grave("can read parameters, secret ones included")),
    ("kms:Decrypt", _grave("can decrypt data")),
    ("iam:*AccessKeys", _plain("can see whose access keys there are")),
    ("iam:Get*", _plain("can read who may do what in the account")),
    ("iam:List*", _plain("can read who may do what in the account")),
    ("iam:Simulate*", _plain("can try out who may do what in the account")),
)

_POLICIES = {
    "AmazonEKSClusterAdminPolicy": _grave("is administrator of the whole cluster"),
    "AmazonEKSAdminPolicy": _grave("can change everything in namespaces, run commands in pods and read Secrets"),
    "AmazonEKSEditPolicy": _grave("can change workloads, run commands in pods and read Secrets"),
    "AmazonEKSAdminViewPolicy": _grave("can read everything, Secrets included"),
    "AmazonEKSSecretReaderPolicy": _grave("can read Secrets: other systems' passwords, keys and tokens"),
    "AmazonEKSViewPolicy": _plain("can read workloads with their environment values, ConfigMaps and logs; no Secrets"),
}
"""https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html"""


def of_rule(resource: str, verb: str, of: str = "", *, named: bool = False) -> Risk:
    """What it means to hold `verb` on `resource` (with its subresource: `pods/exec`).

    `of` says whose (" of `payments`", with its space), where it is not everyone's; `named`: on some by name only.
    """
    found = _of_rule(resource, verb, named)
    return Risk(found.words.replace("{of}", of), found.grave)


def _of_rule(resource: str, verb: str, named: bool) -> Risk:
    if resource == "secrets" and named and verb in READS | WRITES:
        return _plain("can read these, and no other Secret" if verb in READS else "can change these, and no other")
    if resource == "*":
        if verb == "*":
            return _grave("can do everything")
        return (
            _grave("can read everything{of}, Secrets included") if verb in READS else _grave(f"can {verb} everything")
        )
    for pattern, verbs, risk in _RULES:
        if fnmatchcase(resource, pattern) and (verb in verbs or verb == "*"):
            return risk
    if verb in READS:
        return _plain("can read them")
    return _grave(f"can use the right {verb!r}") if verb not in WRITES else _plain("can change them")


def of_action(action: str) -> Risk:
    """What it means to be allowed an IAM action; wildcards in it are taken for the worst that they cover."""
    if action == "*":
        return _grave("can do everything in the account")
    if action.endswith(":*"):
        return _grave(f"can do everything in {action[:-2]}")
    for pattern, risk in _ACTIONS:
        if fnmatchcase(action, pattern) or ("*" in action and "*" not in pattern and fnmatchcase(pattern, action)):
            return risk
    service, _, operation = action.partition(":")
    reads = operation.startswith(("Get", "List", "Describe", "BatchGet"))
    return _plain(f"can read from {service}") if reads else _grave(f"can change things in {service}")


def is_listed(action: str) -> bool:
    """Whether more is known about an IAM action than what its name says."""
    return any(fnmatchcase(action, pattern) for pattern, _ in _ACTIONS)


def of_access_policy(name: str) -> Risk:
    """What an EKS access policy gives; an unknown one is grave, since its rules are not known here."""
    return _POLICIES.get(name, _grave("gives rights that this version does not know; see AWS's list"))
