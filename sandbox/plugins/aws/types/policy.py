"""aws:iam/policy:Policy. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html"""

# ruff: noqa: ARG001 - an interface's arguments are given, used or not

from ...plugin import Values
from ..documents import dump
from ..resource import Call, Field, ResourceType, Tagging
from ..session import absent_as_none
from .role import NO_SUCH_ENTITY, iam_tags, plain_tags

VERSION_LIMIT = 5
"""Versions that a managed policy can have: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def create(call: Call, new: Values) -> str:
    request = {
        "PolicyName": new["name"],
        "PolicyDocument": new["policy"],
        "Path": new["path"],
        "Description": new.get("description"),
        "Tags": iam_tags(new["tagsAll"]),
    }
    answer = call.iam.create_policy(**{k: v for k, v in request.items() if v not in (None, "", [])})
    return str(answer["Policy"]["Arn"])


def read(call: Call, arn: str) -> Values | None:
    answer = absent_as_none(lambda: call.iam.get_policy(PolicyArn=arn), *NO_SUCH_ENTITY)
    if answer is None:
        return None
    policy = answer["Policy"]
    version = call.iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
    return {
        "arn": policy["Arn"],
        "name": policy["PolicyName"],
        "policyId": policy["PolicyId"],
        "path": policy["Path"],
        "description": policy.get("Description"),
        "attachmentCount": policy.get("AttachmentCount", 0),
        "policy": dump(version["Document"]),
        "tagsAll": plain_tags(policy.get("Tags")),
    }


def update(call: Call, arn: str, old: Values, new: Values, changed: set[str]) -> None:
    if "policy" not in changed:
        return
    versions = _old_versions(call, arn)
    if len(versions) >= VERSION_LIMIT - 1:
        call.iam.delete_policy_version(PolicyArn=arn, VersionId=versions[0])
    call.iam.create_policy_version(PolicyArn=arn, PolicyDocument=new["policy"], SetAsDefault=True)


def delete(call: Call, arn: str, state: Values) -> None:
    def gone() -> bool:
        for version in _old_versions(call, arn):
            call.iam.delete_policy_version(PolicyArn=arn, VersionId=version)
        call.iam.delete_policy(PolicyArn=arn)
        return True

    absent_as_none(gone, *NO_SUCH_ENTITY)


def _old_versions(call: Call, arn: str) -> list[str]:
    """The versions beside the default one, oldest first."""
    versions = call.iam.list_policy_versions(PolicyArn=arn)["Versions"]
    others = [v for v in versions if not v["IsDefaultVersion"]]
    return [v["VersionId"] for v in sorted(others, key=lambda v: v["CreateDate"])]


TYPE = ResourceType(
    token="aws:iam/policy:Policy",
    title="IAM Policy",
    fields=(
        Field("name", force_new=True, computed=True),
        Field("namePrefix", force_new=True, computed=True, unread=True),
        Field("policy", document=True),
        Field("path", force_new=True, default="/"),
        Field("description", force_new=True),
        Field("delayAfterPolicyCreationInMs", unread=True),
    ),
    outputs=("arn", "policyId", "attachmentCount"),
    volatile=("attachmentCount",),
    create=create,
    read=read,
    update=update,
    delete=delete,
    tagging=Tagging(
        add=lambda call, state, tags: call.iam.tag_policy(PolicyArn=state["arn"], Tags=iam_tags(tags)),
        remove=lambda call, state, keys: call.iam.untag_policy(PolicyArn=state["arn"], TagKeys=keys),
    ),
    name_limit=128,
)
