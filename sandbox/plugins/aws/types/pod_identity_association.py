"""aws:eks/podIdentityAssociation:PodIdentityAssociation.

https://docs.aws.amazon.com/eks/latest/APIReference/API_CreatePodIdentityAssociation.html
"""

from ...plugin import Values
from ..resource import Call, Field, ResourceType, Tagging, split_exactly
from ..session import absent_as_none
from .access_entry import NOT_FOUND

ID_FORM = "cluster-name,association-id"
_UPDATED = {
    "roleArn": "roleArn",
    "targetRoleArn": "targetRoleArn",
    "disableSessionTags": "disableSessionTags",
    "policy": "policy",
}


def create(call: Call, new: Values) -> str:
    request = {
        "clusterName": new["clusterName"],
        "namespace": new["namespace"],
        "serviceAccount": new["serviceAccount"],
        "tags": new["tagsAll"],
        **{api: new.get(name) for name, api in _UPDATED.items()},
    }
    answer = call.eks.create_pod_identity_association(**{k: v for k, v in request.items() if v})
    return str(answer["association"]["associationId"])


def read(call: Call, resource_id: str) -> Values | None:
    # The id alone names no cluster: the state does, and an import id does.
    cluster = call.prior.get("clusterName")
    if cluster is None:
        cluster, resource_id = split_exactly(resource_id, ",", ID_FORM)
    answer = absent_as_none(
        lambda: call.eks.describe_pod_identity_association(clusterName=cluster, associationId=resource_id),
        *NOT_FOUND,
    )
    if answer is None:
        return None
    found = answer["association"]
    return {
        "id": found["associationId"],
        "clusterName": found["clusterName"],
        "namespace": found["namespace"],
        "serviceAccount": found["serviceAccount"],
        "roleArn": found["roleArn"],
        "targetRoleArn": found.get("targetRoleArn"),
        "disableSessionTags": found.get("disableSessionTags"),
        "policy": found.get("policy"),
        "associationArn": found["associationArn"],
        "associationId": found["associationId"],
        "externalId": found.get("externalId"),
        "tagsAll": dict(found.get("tags") or {}),
    }


def update(call: Call, resource_id: str, old: Values, new: Values, changed: set[str]) -> None:
    request = {api: new[name] for name, api in _UPDATED.items() if name in changed and new.get(name) is not None}
    if request:
        call.eks.update_pod_identity_association(
            clusterName=old["clusterName"], associationId=resource_id, **request
        )  # fmt: skip


def delete(call: Call, resource_id: str, state: Values) -> None:
    absent_as_none(
        lambda: call.eks.delete_pod_identity_association(clusterName=state["clusterName"], associationId=resource_id),
        *NOT_FOUND,
    )


TYPE = ResourceType(
    token="aws:eks/podIdentityAssociation:PodIdentityAssociation",
    title="EKS Pod Identity Association",
    fields=(
        Field("clusterName", force_new=True),
        Field("namespace", force_new=True),
        Field("serviceAccount", force_new=True),
        Field("roleArn"),
        Field("targetRoleArn"),
        Field("disableSessionTags", default=False),
        Field("policy", document=True),
    ),
    outputs=("associationArn", "associationId", "externalId"),
    volatile=("externalId",),
    create=create,
    read=read,
    update=update,
    delete=delete,
    tagging=Tagging(
        add=lambda call, state, tags: call.eks.tag_resource(resourceArn=state["associationArn"], tags=tags),
        remove=lambda call, state, keys: call.eks.untag_resource(resourceArn=state["associationArn"], tagKeys=keys),
    ),
    regional=True,
)
