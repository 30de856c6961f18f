"""The resource types of the stand-in for AWS, one module each. A new type is one more module, named here."""

from ..resource import ResourceType
from . import (
    access_entry,
    access_policy_association,
    pod_identity_association,
    policy,
    role,
    role_policy,
    role_policy_attachment,
    saml_provider,
    service_linked_role,
)

TYPES: dict[str, ResourceType] = {
    module.TYPE.token: module.TYPE
    for module in (
        access_entry,
        access_policy_association,
        pod_identity_association,
        policy,
        role,
        role_policy,
        role_policy_attachment,
        saml_provider,
        service_linked_role,
    )
}
