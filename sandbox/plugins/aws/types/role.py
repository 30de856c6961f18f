"""aws:iam/role:Role. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""

from typing import Any

from ...plugin import Values
from ..documents import dump
from ..resource import Call, Field, ResourceType, Tagging
from ..session import absent_as_none, until_consistent

NO_SUCH_ENTITY = ("NoSuchEntity", "NoSuchEntityException")


def create(call: Call, new: Values) -> str:
    request = {
        "RoleName": new["name"],
        "AssumeRolePolicyDocument": new["assumeRolePolicy"],
        "Path": new["path"],
        "Description": new.get("description"),
        "MaxSessionDuration": new["maxSessionDuration"],
        "PermissionsBoundary": new.get("permissionsBoundary"),
        "Tags": iam_tags(new["tagsAll"]),
    }
    given = {key: value for key, value in request.items() if value not in (None, "", [])}
    # A principal made moments ago may not be known everywhere yet.
    until_consistent(
        call.op,
        lambda: call.iam.create_role(**given),
        code="MalformedPolicyDocument",
        text="Invalid principal in policy",
    )
    _set_inline(call, new["name"], [], new.get("inlinePolicies") or [])
    _set_attached(call, new["name"], [], new.get("managedPolicyArns") or [])
    return str(new["name"])


def read(call: Call, name: str) -> Values | None:
    answer = absent_as_none(lambda: call.iam.get_role(RoleName=name), *NO_SUCH_ENTITY)
    if answer is None:
        return None
    role = answer["Role"]
    state = {
        "name": role["RoleName"],
        "arn": role["Arn"],
        "uniqueId": role["RoleId"],
        "createDate": role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "path": role["Path"],
        "description": role.get("Description"),
        "maxSessionDuration": role.get("MaxSessionDuration"),
        "permissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "assumeRolePolicy": dump(role["AssumeRolePolicyDocument"]),
        "tagsAll": plain_tags(role.get("Tags")),
    }
    # Both are other resources' business unless the program gives them here.
    if "inlinePolicies" in call.prior:
        state["inlinePolicies"] = [
            {
                "name": n,
                "policy": dump(call.iam.get_role_policy(RoleName=name, PolicyName=n)["PolicyDocument"]),
            }
            for n in _inline(call, name)
        ]
    if "managedPolicyArns" in call.prior:
        state["managedPolicyArns"] = _attached(call, name)
    return state


def update(call: Call, name: str, old: Values, new: Values, changed: set[str]) -> None:
    iam = call.iam
    if "assumeRolePolicy" in changed:
        until_consistent(
            call.op,
            lambda: iam.update_assume_role_policy(RoleName=name, PolicyDocument=new["assumeRolePolicy"]),
            code="MalformedPolicyDocument",
            text="Invalid principal in policy",
        )
    if changed & {"description", "maxSessionDuration"}:
        iam.update_role(
            RoleName=name,
            Description=new.get("description") or "",
            MaxSessionDuration=new["maxSessionDuration"],
        )
    if "permissionsBoundary" in changed:
        if new.get("permissionsBoundary"):
            iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=new["permissionsBoundary"])
        else:
            iam.delete_role_permissions_boundary(RoleName=name)
    if "inlinePolicies" in changed:
        _set_inline(call, name, old.get("inlinePolicies") or [], new.get("inlinePolicies") or [])
    if "managedPolicyArns" in changed:
        _set_attached(call, name, old.get("managedPolicyArns") or [], new.get("managedPolicyArns") or [])


def delete(call: Call, name: str, state: Values) -> None:
    forced = bool(state.get("forceDetachPolicies"))

    def gone() -> bool:
        if forced or "inlinePolicies" in state:
            for policy in _inline(call, name):
                call.iam.delete_role_policy(RoleName=name, PolicyName=policy)
        if forced or "managedPolicyArns" in state:
            for arn in _attached(call, name):
                call.iam.detach_role_policy(RoleName=name, PolicyArn=arn)
        call.iam.delete_role(RoleName=name)
        return True

    absent_as_none(gone, *NO_SUCH_ENTITY)


def iam_tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def plain_tags(tags: list[dict[str, str]] | None) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags or []}


def _set_inline(call: Call, name: str, old: list[Any], new: list[Any]) -> None:
    for policy in new:
        call.iam.put_role_policy(RoleName=name, PolicyName=policy["name"], PolicyDocument=policy["policy"])
    for gone in {p["name"] for p in old} - {p["name"] for p in new}:
        call.iam.delete_role_policy(RoleName=name, PolicyName=gone)


def _set_attached(call: Call, name: str, old: list[str], new: list[str]) -> None:
    for arn in set(new) - set(old):
        call.iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    for arn in set(old) - set(new):
        call.iam.detach_role_policy(RoleName=name, PolicyArn=arn)


def _inline(call: Call, name: str) -> list[str]:
    pages = call.iam.get_paginator("list_role_policies").paginate(RoleName=name)
    return sorted(policy for page in pages for policy in page["PolicyNames"])


def _attached(call: Call, name: str) -> list[str]:
    pages = call.iam.get_paginator("list_attached_role_policies").paginate(RoleName=name)
    return sorted(policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"])


TYPE = ResourceType(
    token="aws:iam/role:Role",
    title="IAM Role",
    fields=(
        Field("name", force_new=True, computed=True),
        Field("namePrefix", force_new=True, computed=True, unread=True),
        Field("assumeRolePolicy", document=True),
        Field("path", force_new=True, default="/"),
        Field("description"),
        Field("maxSessionDuration", default=3600),
        Field("permissionsBoundary"),
        Field("forceDetachPolicies", default=False, unread=True),
        Field("inlinePolicies", computed=True, unordered=True),
        Field("managedPolicyArns", computed=True, unordered=True),
    ),
    outputs=("arn", "uniqueId", "createDate"),
    create=create,
    read=read,
    update=update,
    delete=delete,
    tagging=Tagging(
        add=lambda call, state, tags: call.iam.tag_role(RoleName=state["name"], Tags=iam_tags(tags)),
        remove=lambda call, state, keys: call.iam.untag_role(RoleName=state["name"], TagKeys=keys),
    ),
    name_limit=64,
)
