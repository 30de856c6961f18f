"""aws:eks/accessPolicyAssociation:AccessPolicyAssociation.

https://docs.aws.amazon.com/eks/latest/APIReference/API_AssociateAccessPolicy.html
"""

# ruff: noqa: ARG001 - an interface's arguments are given, used or not

from ...plugin import Values
from ..resource import Call, Field, ResourceType, split_exactly
from ..session import absent_as_none
from .access_entry import NOT_FOUND, moment

ID_FORM = "cluster-name#principal-arn#policy-arn"


def split(resource_id: str) -> tuple[str, ...]:
    return split_exactly(resource_id, "#", ID_FORM)


def create(call: Call, new: Values) -> str:
    scope = {key: value for key, value in new["accessScope"].items() if value}
    call.eks.associate_access_policy(
        clusterName=new["clusterName"],
        principalArn=new["principalArn"],
        policyArn=new["policyArn"],
        accessScope=scope,
    )
    return f"{new['clusterName']}#{new['principalArn']}#{new['policyArn']}"


def read(call: Call, resource_id: str) -> Values | None:
    cluster, principal, policy = split(resource_id)

    def associated() -> list[Values]:
        paginator = call.eks.get_paginator("list_associated_access_policies")
        pages = paginator.paginate(clusterName=cluster, principalArn=principal)
        return [p for page in pages for p in page["associatedAccessPolicies"] if p["policyArn"] == policy]

    found = absent_as_none(associated, *NOT_FOUND)
    if not found:
        return None
    scope = found[0]["accessScope"]
    return {
        "clusterName": cluster,
        "principalArn": principal,
        "policyArn": policy,
        "accessScope": {"type": scope["type"]}
        | ({"namespaces": scope["namespaces"]} if scope.get("namespaces") else {}),
        "associatedAt": moment(found[0].get("associatedAt")),
        "modifiedAt": moment(found[0].get("modifiedAt")),
    }


def delete(call: Call, resource_id: str, state: Values) -> None:
    cluster, principal, policy = split(resource_id)
    absent_as_none(
        lambda: call.eks.disassociate_access_policy(clusterName=cluster, principalArn=principal, policyArn=policy),
        *NOT_FOUND,
    )


TYPE = ResourceType(
    token="aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    title="EKS Access Policy Association",
    fields=(
        Field("clusterName", force_new=True),
        Field("principalArn", force_new=True),
        Field("policyArn", force_new=True),
        Field("accessScope", force_new=True, unordered=True),
    ),
    outputs=("associatedAt", "modifiedAt"),
    volatile=("modifiedAt",),
    create=create,
    read=read,
    delete=delete,
    regional=True,
    import_id=ID_FORM,
    split_id=split,
)
