"""Compares access that was found with what this package would make of it in each profile. Pure."""

from dataclasses import replace

from eks_access.model.found import FoundAccess
from eks_access.model.integration import Integration, Place, Profile

from .cluster_rows import compare_rights, compare_ways
from .comparison import Comparison
from .masking import ExternalIdMask
from .planned import plan_access
from .role_rows import compare_permissions, compare_roles, compare_trust
from .sentences import describe_difference


def compare_access(
    found: FoundAccess, least: Integration | None, vendor: Integration | None, place: Place
) -> Comparison:
    """All rows and sentences. A profile that the vendor does not have here is None.

    Clusters that are not of the place stay as they are, and are not compared.
    """
    mask = ExternalIdMask()
    own = mask.hide(found)
    described = {Profile.LEAST: least, Profile.VENDOR: vendor}
    planned = {
        profile: _keep_existing_role(mask.hide(plan_access(integration, place)), own, integration)
        for profile, integration in described.items()
        if integration is not None
    }
    rows = (
        *compare_roles(own, planned),
        *compare_trust(own, planned),
        *compare_permissions(own, planned),
        *compare_ways(own, planned),
        *compare_rights(own, planned),
    )
    title = next((each.title for each in (least, vendor) if each is not None), found.vendor)
    sentences = {profile: describe_difference(own, each) for profile, each in planned.items()}
    return Comparison(found.principal_arn, title, rows, sentences, found.unread)


def _keep_existing_role(planned: FoundAccess, found: FoundAccess, integration: Integration) -> FoundAccess:
    """With an existing role, which is used as it is: what it must be instead is its owner's to do, and no change."""
    return planned if integration.role.existing_arn is None else replace(planned, role=found.role)
