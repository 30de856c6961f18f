"""aws:iam/rolePolicyAttachment:RolePolicyAttachment.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html
"""

# ruff: noqa: ARG001 - an interface's arguments are given, used or not

from ...plugin import Values
from ..resource import Call, Field, ResourceType, split_exactly
from ..session import absent_as_none
from .role import NO_SUCH_ENTITY

ID_FORM = "role-name/policy-arn"


def split(resource_id: str) -> tuple[str, ...]:
    return split_exactly(resource_id, "/", ID_FORM)


def create(call: Call, new: Values) -> str:
    call.iam.attach_role_policy(RoleName=new["role"], PolicyArn=new["policyArn"])
    return f"{new['role']}/{new['policyArn']}"


def read(call: Call, resource_id: str) -> Values | None:
    role, arn = split(resource_id)

    def attached() -> bool:
        pages = call.iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
        return any(policy["PolicyArn"] == arn for page in pages for policy in page["AttachedPolicies"])

    return {"role": role, "policyArn": arn} if absent_as_none(attached, *NO_SUCH_ENTITY) else None


def delete(call: Call, resource_id: str, state: Values) -> None:
    role, arn = split(resource_id)
    absent_as_none(lambda: call.iam.detach_role_policy(RoleName=role, PolicyArn=arn), *NO_SUCH_ENTITY)


TYPE = ResourceType(
    token="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    title="IAM Role Policy Attachment",
    fields=(Field("role", force_new=True), Field("policyArn", force_new=True)),
    outputs=(),
    create=create,
    read=read,
    delete=delete,
    import_id=ID_FORM,
    split_id=split,
)
