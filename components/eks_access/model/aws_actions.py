"""The catalogue of IAM actions: what being allowed one lets its holder do, in words for a reviewer. Data, and look-ups.

Actions that are worth a warning come first; of all others the name tells whether they read or change something.
"""

from fnmatch import fnmatchcase
from functools import lru_cache

from .aws_data import DATA_READS
from .risk import Risk


def _severe(sentence: str) -> Risk:
    return Risk(sentence, True)


def _plain(sentence: str) -> Risk:
    return Risk(sentence, False)


_ACTIONS: tuple[tuple[str, Risk], ...] = (
    ("iam:PassRole", _severe("can hand any role to a service that then acts with it")),
    ("iam:Attach*Policy", _severe("can make itself, or anyone, administrator of the account")),
    ("iam:Put*Policy", _severe("can make itself, or anyone, administrator of the account")),
    ("iam:CreateAccessKey", _severe("can act as another user")),
    ("iam:UpdateAssumeRolePolicy", _severe("can let anyone assume a role")),
    ("iam:Create*", _severe("can make identities and policies")),
    ("iam:Tag*", _severe("can change tags, which other policies may decide by")),
    ("sts:AssumeRole*", _severe("can assume other roles that trust it")),
    ("eks:AssociateIdentityProviderConfig", _severe("can let a foreign identity provider sign users in to a cluster")),
    ("eks:CreateAccessEntry", _severe("can let anyone into a cluster")),
    ("eks:UpdateAccessEntry", _severe("can change who someone is in a cluster, and so what they may do")),
    ("eks:AssociateAccessPolicy", _severe("can make anyone administrator of a cluster")),
    ("eks:DisassociateAccessPolicy", _plain("can take access to a cluster away from anyone")),
    ("eks:DeleteAccessEntry", _plain("can shut anyone out of a cluster")),
    ("eks:AccessKubernetesApi", _plain("can see Kubernetes objects in AWS's console; API clients do not need it")),
    ("eks:DescribeCluster", _plain("can read clusters' addresses and settings")),
    ("ssmmessages:*Channel", _plain("can keep a channel to Systems Manager open")),
    *((action, _severe(row.sentence)) for row in DATA_READS for action in row.actions),
    ("iam:*AccessKeys", _plain("can see whose access keys there are")),
    ("iam:Get*", _plain("can read who may do what in the account")),
    ("iam:List*", _plain("can read who may do what in the account")),
    ("iam:Simulate*", _plain("can try out who may do what in the account")),
)

_LOWERED_ACTIONS = tuple((pattern.lower(), risk) for pattern, risk in _ACTIONS)


@lru_cache(maxsize=65_536)
def describe_action(action: str) -> Risk:
    """What it means to be allowed an IAM action; wildcards in it are taken for the worst that they cover."""
    if action == "*":
        return _severe("can do everything in the account")
    if action.endswith(":*"):
        return _severe(f"can do everything in {action[:-2]}")
    lowered = action.lower()
    for pattern, risk in _LOWERED_ACTIONS:
        if fnmatchcase(lowered, pattern) or ("*" in lowered and "*" not in pattern and fnmatchcase(pattern, lowered)):
            return risk
    service, _, operation = lowered.partition(":")
    reads = operation.startswith(("get", "list", "describe", "batchget"))
    return _plain(f"can read from {service}") if reads else _severe(f"can change things in {service}")


@lru_cache(maxsize=65_536)
def is_catalogued(action: str) -> bool:
    """Whether more is known about an IAM action than what its name says."""
    return any(fnmatchcase(action.lower(), pattern) for pattern, _ in _LOWERED_ACTIONS)
