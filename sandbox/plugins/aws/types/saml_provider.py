"""aws:iam/samlProvider:SamlProvider. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateSAMLProvider.html"""

# ruff: noqa: ARG001 - an interface's arguments are given, used or not

from ...plugin import Values
from ..resource import Call, Field, ResourceType, Tagging
from ..session import absent_as_none
from .role import NO_SUCH_ENTITY, iam_tags, plain_tags


def create(call: Call, new: Values) -> str:
    request = {"Name": new["name"], "SAMLMetadataDocument": new["samlMetadataDocument"]}
    tags = {"Tags": iam_tags(new["tagsAll"])} if new["tagsAll"] else {}
    return str(call.iam.create_saml_provider(**request, **tags)["SAMLProviderArn"])


def read(call: Call, arn: str) -> Values | None:
    found = absent_as_none(lambda: call.iam.get_saml_provider(SAMLProviderArn=arn), *NO_SUCH_ENTITY)
    if found is None:
        return None
    until = found.get("ValidUntil")
    return {
        "arn": arn,
        "name": arn.rpartition("/")[2],
        "samlMetadataDocument": found["SAMLMetadataDocument"],
        "samlProviderUuid": found.get("SAMLProviderUUID") or "",
        "validUntil": until.strftime("%Y-%m-%dT%H:%M:%SZ") if until else "",
        "tagsAll": plain_tags(found.get("Tags")),
    }


def update(call: Call, arn: str, old: Values, new: Values, changed: set[str]) -> None:
    if "samlMetadataDocument" in changed:
        call.iam.update_saml_provider(SAMLProviderArn=arn, SAMLMetadataDocument=new["samlMetadataDocument"])


def delete(call: Call, arn: str, state: Values) -> None:
    absent_as_none(lambda: call.iam.delete_saml_provider(SAMLProviderArn=arn), *NO_SUCH_ENTITY)


TYPE = ResourceType(
    token="aws:iam/samlProvider:SamlProvider",
    title="IAM SAML Provider",
    fields=(Field("name", force_new=True, computed=True), Field("samlMetadataDocument")),
    outputs=("arn", "samlProviderUuid", "validUntil"),
    volatile=("validUntil",),
    create=create,
    read=read,
    update=update,
    delete=delete,
    tagging=Tagging(
        add=lambda call, state, tags: call.iam.tag_saml_provider(SAMLProviderArn=state["arn"], Tags=iam_tags(tags)),
        remove=lambda call, state, keys: call.iam.untag_saml_provider(SAMLProviderArn=state["arn"], TagKeys=keys),
    ),
    name_limit=128,
)
