"""Places for describing integrations."""

from eks_access.model.identity import AuthenticationMode
from eks_access.model.integration import ClusterPlace, Place

ACCOUNT = "111122223333"


def place(name: str, *modes: str, partition: str = "aws") -> Place:
    return Place(
        name=name,
        partition=partition,
        account=ACCOUNT,
        role_arn=f"arn:{partition}:iam::{ACCOUNT}:role/eks-access-{name}",
        clusters=tuple(
            ClusterPlace(
                key=f"c{index}",
                name=f"prod-{index}",
                region="us-east-1",
                arn=f"arn:{partition}:eks:us-east-1:{ACCOUNT}:cluster/prod-{index}",
                mode=AuthenticationMode(mode),
            )
            for index, mode in enumerate(modes or ("API",))
        ),
    )
