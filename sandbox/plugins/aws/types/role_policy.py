"""aws:iam/rolePolicy:RolePolicy. https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html"""

# ruff: noqa: ARG001 - an interface's arguments are given, used or not

from ...plugin import Values
from ..documents import dump
from ..resource import Call, Field, ResourceType, split_exactly
from ..session import absent_as_none
from .role import NO_SUCH_ENTITY

ID_FORM = "role-name:policy-name"


def split(resource_id: str) -> tuple[str, ...]:
    return split_exactly(resource_id, ":", ID_FORM)


def create(call: Call, new: Values) -> str:
    _put(call, new)
    return f"{new['role']}:{new['name']}"


def read(call: Call, resource_id: str) -> Values | None:
    role, name = split(resource_id)
    answer = absent_as_none(lambda: call.iam.get_role_policy(RoleName=role, PolicyName=name), *NO_SUCH_ENTITY)
    return None if answer is None else {"role": role, "name": name, "policy": dump(answer["PolicyDocument"])}


def update(call: Call, resource_id: str, old: Values, new: Values, changed: set[str]) -> None:
    role, name = split(resource_id)
    _put(call, {**new, "role": role, "name": name})


def delete(call: Call, resource_id: str, state: Values) -> None:
    role, name = split(resource_id)
    absent_as_none(lambda: call.iam.delete_role_policy(RoleName=role, PolicyName=name), *NO_SUCH_ENTITY)


def _put(call: Call, new: Values) -> None:
    call.iam.put_role_policy(RoleName=new["role"], PolicyName=new["name"], PolicyDocument=new["policy"])


TYPE = ResourceType(
    token="aws:iam/rolePolicy:RolePolicy",
    title="IAM Role Policy",
    fields=(
        Field("name", force_new=True, computed=True),
        Field("namePrefix", force_new=True, computed=True, unread=True),
        Field("role", force_new=True),
        Field("policy", document=True),
    ),
    outputs=(),
    create=create,
    read=read,
    update=update,
    delete=delete,
    name_limit=128,
    import_id=ID_FORM,
    split_id=split,
)
