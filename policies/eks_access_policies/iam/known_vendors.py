"""AWS accounts from which vendors assume roles, and whether the vendor issues an ExternalId.

Account ids as the vendors publish them; collected with sources in https://github.com/fwdcloudsec/known_aws_accounts.
The setting `vendorAccounts` of the pack's configuration extends this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Vendor:
    """A vendor that assumes roles in its customers' accounts."""

    name: str
    external_id: bool = True
    """The vendor issues an ExternalId to each customer, so a trust policy without it is a mistake."""


_ACCOUNTS: tuple[tuple[Vendor, tuple[str, ...]], ...] = (
    (Vendor("ConductorOne"), ("765656841499",)),
    (Vendor("Alert Logic"), ("239734009475", "733251395267", "857795874556")),
    (Vendor("CloudHealth"), ("454464851268",)),
    (Vendor("CloudZero"), ("061190967865",)),
    (Vendor("Databricks"), ("414351767826",)),
    (Vendor("Datadog"), ("464622532012",)),
    (Vendor("Dynatrace"), ("509560245411",)),
    (Vendor("Fivetran"), ("834469178297",)),
    (Vendor("Lacework"), ("434813966438",)),
    (Vendor("New Relic"), ("754728514883",)),
    (Vendor("nOps"), ("202279780353", "727378841472")),
    (Vendor("Prisma Cloud"), ("188619942792",)),
    (Vendor("Rapid7"), ("336818582268",)),
    (Vendor("Snyk"), ("198361731867",)),
    (Vendor("Spot"), ("922761411349",)),
    (Vendor("Splunk Observability"), ("134183635603",)),
    (Vendor("Sumo Logic"), ("926226587429",)),
    (Vendor("Tenable"), ("012615275169",)),
)

KNOWN_VENDORS: Mapping[str, Vendor] = {account: vendor for vendor, accounts in _ACCOUNTS for account in accounts}
