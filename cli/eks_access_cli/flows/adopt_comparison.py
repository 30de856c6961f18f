"""How what was made by hand differs from the integration in each profile, side by side."""

from eks_access.errors import InvalidInputError
from eks_access.model.existing_role import name_from_arn
from eks_access.model.found import FoundAccess
from eks_access.model.identity import AuthenticationMode
from eks_access.model.integration import Integration, Place, Profile, Role, describe_other_profile
from eks_access.model.placeholders import is_known
from eks_access.provision.arguments import validate_arguments
from eks_access.stack.configuration import Environment
from eks_access.stack.description import Described, describe_declared
from eks_access_inventory.adopt.compare import compare_access
from eks_access_inventory.adopt.markdown import format_comparison
from eks_access_inventory.reading.model import AccountReading

from .adopt_environment import AdoptError


def format_differences(described: Described, found: FoundAccess) -> str:
    """The comparison as Markdown."""
    arguments = validate_arguments(
        {**described.declared.arguments, "clusters": {}}, described.declared.vendor.arguments
    )
    other = describe_other_profile(described.declared.vendor.describe, arguments, described.place)
    sides = {described.integration.profile: described.integration, **({other.profile: other} if other else {})}
    place = described.place
    comparison = compare_access(
        found, _usable(sides, Profile.LEAST, place), _usable(sides, Profile.VENDOR, place), place
    )
    return format_comparison(comparison, described.integration.profile, with_kept=False)


def validate_same_role(role: Role, integration: str, principal_arn: str) -> None:
    """Validates that the integration has the role that is taken over: else the access of that one would be removed.

    Raises:
        AdoptError: it has another one.
    """
    name = name_from_arn(role.existing_arn) if role.existing_arn is not None else role.name
    if is_known(name) and name != name_from_arn(principal_arn):
        raise AdoptError(
            f"integrations.{integration} has the role {name!r}, and --role is {principal_arn}: adopt that one under"
            f" another name, or give {integration} the role_name {name_from_arn(principal_arn)!r}"
        )


def describe_integration(environment: Environment, name: str, reading: AccountReading) -> Described:
    """The integration as it is declared, in the clusters as they were read.

    Raises:
        InvalidInputError: it cannot be as it is declared.
    """
    declared = next((each for each in environment.integrations if each.name == name), None)
    if declared is None:
        raise AdoptError(f"the environment has no integration {name!r}")
    return describe_declared(
        environment,
        declared,
        partition=reading.partition,
        account=reading.account,
        modes=_find_modes(environment, reading),
    )


def _find_modes(environment: Environment, reading: AccountReading) -> dict[str, AuthenticationMode]:
    read = {(each.name, each.region): each.mode for each in reading.clusters}
    found = {}
    for key, args in environment.clusters.items():
        mode = read.get((str(args["name"]), args.get("region", environment.aws["region"])))
        if mode is not None:
            found[key] = mode
    return found


def _usable(sides: dict[Profile, Integration], profile: Profile, place: Place) -> Integration | None:
    """The description in a profile; None where these clusters do not allow it."""
    integration = sides.get(profile)
    if integration is None:
        return None
    try:
        integration.validate_place(place)
    except InvalidInputError:
        return None
    return integration
