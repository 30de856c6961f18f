"""aws:eks/accessEntry:AccessEntry. https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessEntry.html"""

# ruff: noqa: ARG001 - an interface's arguments are given, used or not

from datetime import datetime

from ...plugin import Values
from ..resource import Call, Field, ResourceType, Tagging, split_exactly
from ..session import absent_as_none, until_consistent

ID_FORM = "cluster-name:principal-arn"
NOT_FOUND = ("ResourceNotFoundException",)


def split(resource_id: str) -> tuple[str, ...]:
    return split_exactly(resource_id, ":", ID_FORM)


def create(call: Call, new: Values) -> str:
    request = {
        "clusterName": new["clusterName"],
        "principalArn": new["principalArn"],
        "kubernetesGroups": new.get("kubernetesGroups"),
        "username": new.get("userName"),
        "type": new.get("type"),
        "tags": new["tagsAll"],
    }
    given = {key: value for key, value in request.items() if value}
    # EKS has one message for a principal that does not exist and for one that was created moments ago.
    until_consistent(
        call.op,
        lambda: call.eks.create_access_entry(**given),
        code="InvalidParameterException",
        text="The specified principalArn is invalid: invalid principal",
    )
    return f"{new['clusterName']}:{new['principalArn']}"


def read(call: Call, resource_id: str) -> Values | None:
    cluster, principal = split(resource_id)
    answer = absent_as_none(
        lambda: call.eks.describe_access_entry(clusterName=cluster, principalArn=principal), *NOT_FOUND
    )
    if answer is None:
        return None
    entry = answer["accessEntry"]
    return {
        "clusterName": entry.get("clusterName", cluster),
        "principalArn": entry["principalArn"],
        "accessEntryArn": entry["accessEntryArn"],
        "kubernetesGroups": entry.get("kubernetesGroups") or [],
        "userName": entry.get("username"),
        "type": entry.get("type"),
        "createdAt": moment(entry.get("createdAt")),
        "modifiedAt": moment(entry.get("modifiedAt")),
        "tagsAll": dict(entry.get("tags") or {}),
    }


def update(call: Call, resource_id: str, old: Values, new: Values, changed: set[str]) -> None:
    cluster, principal = split(resource_id)
    if changed & {"kubernetesGroups", "userName"}:
        # The official plug-in always sends both, the unchanged one with its present value.
        username = new.get("userName", old.get("userName"))
        call.eks.update_access_entry(
            clusterName=cluster,
            principalArn=principal,
            kubernetesGroups=new.get("kubernetesGroups", old.get("kubernetesGroups")) or [],
            **({"username": username} if username else {}),
        )


def delete(call: Call, resource_id: str, state: Values) -> None:
    cluster, principal = split(resource_id)
    absent_as_none(lambda: call.eks.delete_access_entry(clusterName=cluster, principalArn=principal), *NOT_FOUND)


def moment(value: object) -> str | None:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else None


TYPE = ResourceType(
    token="aws:eks/accessEntry:AccessEntry",
    title="EKS Access Entry",
    fields=(
        Field("clusterName", force_new=True),
        Field("principalArn", force_new=True),
        Field("type", force_new=True, default="STANDARD"),
        Field("kubernetesGroups", computed=True, unordered=True),
        Field("userName", computed=True),
    ),
    outputs=("accessEntryArn", "createdAt", "modifiedAt"),
    volatile=("modifiedAt",),
    create=create,
    read=read,
    update=update,
    delete=delete,
    tagging=Tagging(
        add=lambda call, state, tags: call.eks.tag_resource(resourceArn=state["accessEntryArn"], tags=tags),
        remove=lambda call, state, keys: call.eks.untag_resource(resourceArn=state["accessEntryArn"], tagKeys=keys),
    ),
    regional=True,
    import_id=ID_FORM,
    split_id=split,
)
