"""aws:iam/serviceLinkedRole:ServiceLinkedRole.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceLinkedRole.html
"""

# ruff: noqa: ARG001 - an interface's arguments are given, used or not

from ...errors import PluginError
from ...plugin import Values
from ..resource import Call, Field, ResourceType, Tagging
from ..session import absent_as_none
from .role import NO_SUCH_ENTITY, iam_tags, plain_tags


def create(call: Call, new: Values) -> str:
    request = {
        "AWSServiceName": new["awsServiceName"],
        "CustomSuffix": new.get("customSuffix"),
        "Description": new.get("description"),
    }
    role = call.iam.create_service_linked_role(**{k: v for k, v in request.items() if v})["Role"]
    if new["tagsAll"]:
        call.iam.tag_role(RoleName=role["RoleName"], Tags=iam_tags(new["tagsAll"]))
    return str(role["Arn"])


def read(call: Call, arn: str) -> Values | None:
    answer = absent_as_none(lambda: call.iam.get_role(RoleName=_name(arn)), *NO_SUCH_ENTITY)
    if answer is None:
        return None
    role = answer["Role"]
    return {
        "arn": role["Arn"],
        "name": role["RoleName"],
        "path": role["Path"],
        "uniqueId": role["RoleId"],
        "createDate": role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "description": role.get("Description"),
        "awsServiceName": role["Path"].strip("/").rpartition("/")[2],
        "customSuffix": role["RoleName"].partition("_")[2],
        "tagsAll": plain_tags(role.get("Tags")),
    }


def update(call: Call, arn: str, old: Values, new: Values, changed: set[str]) -> None:
    if "description" in changed:
        call.iam.update_role(RoleName=_name(arn), Description=new.get("description") or "")


def delete(call: Call, arn: str, state: Values) -> None:
    task = absent_as_none(lambda: call.iam.delete_service_linked_role(RoleName=_name(arn)), *NO_SUCH_ENTITY)
    while task is not None:
        status = call.iam.get_service_linked_role_deletion_status(DeletionTaskId=task["DeletionTaskId"])
        if status["Status"] == "SUCCEEDED":
            return
        if status["Status"] == "FAILED":
            raise PluginError(f"deleting IAM Service Linked Role ({arn}): {status.get('Reason', {}).get('Reason')}")
        call.op.wait(1.0)


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


TYPE = ResourceType(
    token="aws:iam/serviceLinkedRole:ServiceLinkedRole",
    title="IAM Service Linked Role",
    fields=(
        Field("awsServiceName", force_new=True),
        Field("customSuffix", force_new=True),
        Field("description"),
    ),
    outputs=("arn", "name", "path", "uniqueId", "createDate"),
    create=create,
    read=read,
    update=update,
    delete=delete,
    tagging=Tagging(
        add=lambda call, state, tags: call.iam.tag_role(RoleName=state["name"], Tags=iam_tags(tags)),
        remove=lambda call, state, keys: call.iam.untag_role(RoleName=state["name"], TagKeys=keys),
    ),
)
