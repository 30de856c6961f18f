"""The corpus of aws-auth ConfigMaps, and the mapping that the tests add and remove."""

import json
from pathlib import Path
from typing import Any

from eks_access.aws_auth.mapping import RoleMapping
from eks_access.aws_auth.reader import Reading

CORPUS: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "corpus.json").read_text())["cases"]

OURS = RoleMapping.of("arn:aws:iam::999988887777:role/vendors/Reader", "vendor:{{SessionName}}", ["vendor-readers"])

NODE = """\
- groups:
  - system:bootstrappers
  - system:nodes
  rolearn: arn:aws:iam::111122223333:role/node
  username: system:node:{{EC2PrivateDNSName}}
"""


def effective(reading: Reading) -> list[str]:
    """A reading in the notation of the corpus."""

    def lines(prefix: str, entries: Any) -> list[str]:
        return [
            f"{prefix}{arn}=>{it.username}[{' '.join(json.dumps(g, ensure_ascii=False) for g in it.groups)}]"
            for arn, it in entries.items()
        ]

    accounts = [f"A {account}" for account in reading.accounts]
    return sorted(lines("", reading.roles) + lines("U ", reading.users) + accounts)


def for_others(reading: Reading) -> tuple[Any, Any, Any]:
    """The reading without our mapping. v0.6 also keeps entries without a role, under a key that no principal has."""
    roles = {arn: it for arn, it in reading.roles.items() if arn not in ("", OURS.key)}
    return roles, {arn: it for arn, it in reading.users.items() if arn}, reading.accounts
