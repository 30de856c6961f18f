"""Access as it is found: of integrations that this package made, and of vendors' pages followed to the letter."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from eks_access.integrations import vendors
from eks_access.model.found import FoundAccess, FoundAccessPolicy, FoundObject, FoundPolicy, FoundRole, FoundWay
from eks_access.model.identity import EntryMethod
from eks_access.model.integration import Integration, Place
from eks_access_inventory.adopt.planned import plan_access
from tests.support.checkout import CHECKOUT
from tests.support.places import ACCOUNT, place

PAGES = CHECKOUT / "tests/unit/components/integrations/pages"
PAGE_ROLES = {
    "apono-saml": "apono-k8s-access",
    "apono-sso": "apono-k8s-access",
    "cado": "AcmeCadoResponseEks",
    "conductorone": "C1Integration",
    "conductorone-self-hosted": "C1Integration",
    "eks-connector": "AmazonEKSConnectorAgentRole",
    "opentrace": "OpenTraceReader",
}
"""The pages, and what their readers call the role."""
CADO_TRUST = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:role/CadoPlatform"}}
"""Cado's page leaves the trust to another page."""
ENTRY, MAPPING = EntryMethod.ACCESS_ENTRY, EntryMethod.AWS_AUTH


def describe_at(vendor: str, args: Mapping[str, Any], *modes: str) -> tuple[Integration, Place]:
    """The integration, at a place with its own role's ARN."""
    describe = vendors()[vendor].describe
    where = place(vendor, *modes)
    if vendor == "eks-connector":
        where = replace(where, clusters=tuple(replace(each, connected=True) for each in where.clusters))
    role = describe(args, where).role
    arn = role.existing_arn or f"arn:aws:iam::{ACCOUNT}:role{role.path}{role.name}"
    where = replace(where, role_arn=arn)
    return describe(args, where), where


def find_made(vendor: str, args: Mapping[str, Any], *modes: str) -> FoundAccess:
    """What is found of an integration that this package made."""
    return plan_access(*describe_at(vendor, args, *modes))


def with_trust(found: FoundAccess, *statements: Mapping[str, Any]) -> FoundAccess:
    """The same with another trust policy."""
    assert found.role is not None
    trust = {"Version": "2012-10-17", "Statement": list(statements)}
    return replace(found, role=replace(found.role, trust=trust))


def with_role(found: FoundAccess, **parts: Any) -> FoundAccess:
    assert found.role is not None
    return replace(found, role=replace(found.role, **parts))


def find_of_page(page: str, method: EntryMethod = ENTRY, *, filled: bool = True, role: str = "") -> FoundAccess:
    """What is found where someone followed the page to the letter; not `filled`, with its placeholders."""
    folder = PAGES / page
    said = yaml.safe_load((folder / "page.yaml").read_text())
    fill = said["fill"] if filled else {}
    name = role or PAGE_ROLES[page]
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    shared = PAGES / said.get("vendor", page)

    def read(document: str) -> Any:
        path = folder / document if (folder / document).exists() else shared / document
        return _read(path, fill) if path.exists() else None

    trust = read("trust.json") or {"Statement": [{**CADO_TRUST, "Action": "sts:AssumeRole"}]}
    found = FoundRole(arn, "AROA", trust, (FoundPolicy("page", read("policy.json")),), description="")
    access = read_access(page)
    return FoundAccess(
        said.get("vendor", page),
        arn,
        found,
        () if page == "eks-connector" else (_build_way(access, method, arn),),
        tuple(_read_objects(folder if list(folder.glob("*role*.yaml")) else shared, fill)),
    )


def read_access(page: str) -> Mapping[str, Any]:
    """How the page lets the role in; a page may leave that to another one of the vendor."""
    said = yaml.safe_load((PAGES / page / "page.yaml").read_text())
    if "access" not in said:
        said = yaml.safe_load((PAGES / said["vendor"] / "page.yaml").read_text())
    return dict(said["access"])


def _build_way(access: Mapping[str, Any], method: EntryMethod, arn: str) -> FoundWay:
    name = arn.rpartition("/")[2]
    derived = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{{{{SessionName}}}}"
    username = access.get("username", derived if method is ENTRY else "")
    if method is MAPPING and "awsAuthUsername" in access:
        username = access["awsAuthUsername"]
    policies = access.get("accessPolicies", ()) if method is ENTRY else ()
    return FoundWay(
        "prod-0",
        "us-east-1",
        method,
        username,
        tuple(access.get("groups", ())),
        tuple(FoundAccessPolicy(f"arn:aws:eks::aws:cluster-access-policy/{each}") for each in policies),
    )


def _read(path: Path, fill: Mapping[str, str]) -> Any:
    text = path.read_text()
    for placeholder, value in fill.items():
        text = text.replace(placeholder, value)
    return json.loads(text) if path.suffix == ".json" else yaml.safe_load(text.expandtabs())


def _read_objects(folder: Path, fill: Mapping[str, str]) -> list[FoundObject]:
    found = []
    for path in sorted(folder.glob("*role*.yaml")):
        try:
            body = _read(path, fill)
        except yaml.YAMLError:
            continue  # there is one with its indentation beside it
        metadata = body["metadata"]
        found.append(
            FoundObject("prod-0", "us-east-1", body["kind"], metadata["name"], metadata.get("namespace"), body)
        )
    return found
