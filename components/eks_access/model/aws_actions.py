"""The catalogue of IAM actions: what being allowed one lets its holder do, in words for a reviewer. Data, and look-ups.

Actions that are worth a warning come first; of all others the name tells whether they read or change something.
"""

from fnmatch import fnmatchcase

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
    ("secretsmanager:GetSecretValue", _severe("can read secrets")),
    ("ssm:GetParameter*", _severe("can read parameters, secret ones included")),
    ("kms:Decrypt", _severe("can decrypt data")),
    ("iam:*AccessKeys", _plain("can see whose access keys there are")),
    ("iam:Get*", _plain("can read who may do what in the account")),
    ("iam:List*", _plain("can read who may do what in the account")),
    ("iam:Simulate*", _plain("can try out who may do what in the account")),
)


def describe_action(action: str) -> Risk:
    """What it means to be allowed an IAM action; wildcards in it are taken for the worst that they cover."""
    if action == "*":
        return _severe("can do everything in the account")
    if action.endswith(":*"):
        return _severe(f"can do everything in {action[:-2]}")
    for pattern, risk in _ACTIONS:
        if fnmatchcase(action, pattern) or ("*" in action and "*" not in pattern and fnmatchcase(pattern, action)):
            return risk
    service, _, operation = action.partition(":")
    reads = operation.startswith(("Get", "List", "Describe", "BatchGet"))
    return _plain(f"can read from {service}") if reads else _severe(f"can change things in {service}")


def is_catalogued(action: str) -> bool:
    """Whether more is known about an IAM action than what its name says."""
    return any(fnmatchcase(action, pattern) for pattern, _ in _ACTIONS)
