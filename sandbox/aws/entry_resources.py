"""IAM's resource for calls on one access entry: the entry, and not its cluster.

`DescribeAccessEntry`, `UpdateAccessEntry`, `DeleteAccessEntry` and the three calls on its access policies act on
`arn:<partition>:eks:<region>:<account>:access-entry/<cluster>/<role|user>/<account>/<name>/<uuid>` only; a policy
that names the cluster grants none of them (service authorization reference of Amazon EKS). MiniStack takes the
cluster for all of them, and no public call changes that, so its lookup is wrapped here, in process. MiniStack
is pinned.
"""

import uuid
from typing import Any
from urllib.parse import unquote

from ministack.core import iam_actions

from .arn import Arn
from .connected_clusters import registration_resource


def entry_resource(path: str, region: str, account: str) -> str | None:
    """The ARN that IAM decides on for a request on one entry; None for a request on anything else."""
    parts = path.strip("/").split("/", 3)
    if len(parts) < 4 or (parts[0], parts[2]) != ("clusters", "access-entries"):
        return None
    principal = Arn.parse(unquote(parts[3]).removesuffix("/").split("/access-policies")[0])
    if principal is None:
        return None
    # The id is EKS's own, and policies cannot contain it; it only has to be there.
    own_id = uuid.uuid5(uuid.NAMESPACE_URL, f"{parts[1]}/{principal}")
    entry = f"{parts[1]}/{principal.kind}/{principal.account}/{principal.name}/{own_id}"
    return f"arn:{principal.partition}:eks:{region}:{account}:access-entry/{entry}"


def decide_on_entries() -> None:
    """From now on, MiniStack decides about calls on an entry by the entry's own ARN."""
    extract = iam_actions.extract_resource_arn

    def extended(
        service: str, method: str, path: str, headers: Any, body: Any, query: Any, region: str, account: str
    ) -> str:
        of = (path, region, account)
        own = entry_resource(*of) or registration_resource(*of) if service == "eks" else None
        return own or str(extract(service, method, path, headers, body, query, region, account))

    iam_actions.extract_resource_arn = extended
