"""Each vendor's page, followed to the letter, against what we make in profile `vendor`.

`pages/<vendor>/` (or any name, with `vendor` in `page.yaml`) has the page's documents as they are there, and
`page.yaml`: where they come from, what fills their placeholders, how the page lets the role in, and every correction
with its reason. Ours must differ from the page in just these. Another vendor is another folder; ours are compared by
what they mean: IAM and RBAC read lists of names as sets, a single name as a list of one, a statement's Sid as a label,
and statements about the same resources, and rules with the same verbs, as one.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from eks_access.integrations import vendors
from eks_access.model import rbac
from eks_access.model.identity import EntryMethod
from eks_access.model.integration import Integration, Profile
from tests.support.places import place

PAGES = Path(__file__).parent / "pages"
ACCESS = "access"
NAMES = {
    "ClusterRole": "cluster-role.yaml",
    "ClusterRoleBinding": "cluster-role-binding.yaml",
    "RoleBinding": "role-binding.yaml",
}


@dataclass(frozen=True)
class Page:
    folder: Path
    said: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def vendor(self) -> str:
        """The vendor's key: a page with several ways has a folder for each."""
        named: str = self.said.get("vendor", self.name)
        return named

    @property
    def corrections(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        return {(each["document"], each["path"]): each for each in self.said["corrections"]}

    def integration(self) -> Integration:
        described = vendors()[self.vendor].describe
        return described({**self.said["arguments"], "profile": Profile.VENDOR}, place(self.vendor))

    def documents(self) -> dict[str, Any]:
        """The page's documents by their names, and how it lets the role in."""
        read_as = {each["document"]: each["read_as"] for each in self.said.get("unreadable", ())}
        names = {path.name for path in self.folder.iterdir()} - {"page.yaml", *read_as.values()}
        found = {name: self.parsed(read_as.get(name, name)) for name in sorted(names)}
        return found | {key: self.said[key] for key in (ACCESS,) if key in self.said}

    def parsed(self, name: str) -> Any:
        text = (self.folder / name).read_text()
        for placeholder, value in self.said["fill"].items():
            text = text.replace(placeholder, value)
        # JSON with tabs, as pages have it, is YAML once the tabs are blanks.
        return yaml.safe_load(text.expandtabs())


PAGES_READ = [Page(path.parent, yaml.safe_load(path.read_text())) for path in sorted(PAGES.glob("*/page.yaml"))]
CORRECTIONS = [
    pytest.param(page, each, id=f"{page.name}-{each['document']}-{each['path']}")
    for page in PAGES_READ
    for each in page.said["corrections"]
]


@pytest.fixture(params=PAGES_READ, ids=lambda page: page.name)
def page(request: pytest.FixtureRequest) -> Page:
    found: Page = request.param
    return found


def ours(page: Page) -> dict[str, Any]:
    """What we make, under the names that the page's documents have."""
    integration = page.integration()
    also = {key: value for key, value in _told_by_some(integration).items() if key in page.said.get(ACCESS, ())}
    made: dict[str, Any] = {
        "trust.json": integration.role.trust_policy(),
        "policy.json": integration.role.policy(),
        ACCESS: {
            "username": integration.identity.username,
            "groups": list(integration.identity.groups),
            "accessPolicies": [policy.name for policy in integration.identity.access_policies],
            **also,
        },
    }
    for grant in integration.grants:
        # Where there are several roles, each has its key before the document's name.
        prefix = f"{grant.key}." if len(integration.grants) > 1 else ""
        for found in rbac.build_objects(grant, labels={}):
            metadata = {
                key: found.body["metadata"][key] for key in ("name", "namespace") if key in found.body["metadata"]
            }
            body = {**found.body, "metadata": metadata}
            made[prefix + NAMES[found.kind]] = {"apiVersion": f"{rbac.API_GROUP}/v1", "kind": found.kind, **body}
    return made | {name: body for name, body in _objects(integration).items() if (page.folder / name).exists()}


def _objects(integration: Integration) -> dict[str, Any]:
    """What runs in the cluster, of which pages show some."""
    return {
        f"{each.kind.lower()}.yaml": {
            "apiVersion": each.api_version,
            "kind": each.kind,
            "metadata": {"name": each.name, "namespace": each.namespace},
            **each.body,
        }
        for each in integration.objects
    }


def _told_by_some(integration: Integration) -> dict[str, Any]:
    """The facts about access that only some pages have."""
    login = re.search(r"(aws sts assume-role[a-z-]*) --role-arn=", "\n".join(integration.handoff.steps))
    return {
        "roleName": integration.role.name,
        "roleDescription": integration.role.description,
        "awsAuthUsername": integration.identity.username_by(EntryMethod.AWS_AUTH),
        "accessScope": "cluster" if integration.identity.access_policies else None,
        "authenticationMode": None,  # of a cluster is nothing that an integration has
        "login": login and login[1],
    }


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The values of a document by path: names as sorted lists without repetition, labels of statements left out."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            if key != "Sid":
                yield from leaves(_as_list(key, value), f"{path}.{key}" if path else key)
    elif isinstance(tree, list) and any(isinstance(part, Mapping) for part in tree):
        for label, part in zip(_labels(tree), tree, strict=True):
            yield from leaves(part, f"{path}[{label}]")
    elif isinstance(tree, list):
        if tree:
            yield path, sorted(set(tree))
    else:
        yield path, tree


def _labels(parts: list[Mapping[str, Any]]) -> list[str]:
    """Their places in the list; of RBAC rules alone with their API group, the group: order has no meaning there."""
    groups = [tuple(part.get("apiGroups", ())) for part in parts]
    return [
        group[0] if len(group) == 1 and group[0] and groups.count(group) == 1 else str(index)
        for index, group in enumerate(groups)
    ]


def _merged(document: Any) -> Any:
    """A policy with its statements about the same resources in one, which grants the same; a role's rules likewise."""
    if not isinstance(document, Mapping):
        return document
    if "rules" in document:
        return {**document, "rules": _merged_rules(document["rules"])}
    if "Statement" not in document:
        return document
    merged: dict[str, dict[str, Any]] = {}
    for statement in document["Statement"]:
        about = {key: _as_list(key, value) for key, value in statement.items() if key not in ("Sid", "Action")}
        same = merged.setdefault(json.dumps(about, sort_keys=True), {**about, "Action": []})
        same["Action"] = [*same["Action"], *_as_list("Action", statement["Action"])]
    return {**document, "Statement": list(merged.values())}


def _merged_rules(rules: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    merged: dict[str, dict[str, Any]] = {}
    for rule in rules:
        about = {key: value for key, value in rule.items() if key != "resources"}
        same = merged.setdefault(json.dumps(about, sort_keys=True), {**about, "resources": []})
        same["resources"] = [*same["resources"], *rule.get("resources", ())]
    return list(merged.values())


def _as_list(key: str, value: Any) -> Any:
    return [value] if key in ("Action", "Resource", "AWS", "Federated", "Service") and isinstance(value, str) else value


def differences(page: Page) -> dict[tuple[str, str], tuple[Any, Any]]:
    """Every path where page and ours differ, with both values; None where one has no value."""
    theirs, made = page.documents(), ours(page)
    found: dict[tuple[str, str], tuple[Any, Any]] = {}
    for document in theirs:
        left, right = (dict(leaves(_merged(side.get(document)))) for side in (theirs, made))
        for path in left.keys() | right.keys():
            if left.get(path) != right.get(path):
                found[document, path] = (left.get(path), right.get(path))
    return found


def test_ours_differs_from_the_page_only_in_the_corrections(page: Page) -> None:
    assert differences(page).keys() == page.corrections.keys(), f"corrections to: {page.said['source']}"


@pytest.mark.parametrize(("page", "correction"), CORRECTIONS)
def test_every_correction_is_needed_and_has_a_reason(page: Page, correction: Mapping[str, Any]) -> None:
    on_the_page, made = differences(page)[correction["document"], correction["path"]]
    assert on_the_page == correction["page"], "as the page has it"
    assert made == correction["ours"], "as we make it"
    assert len(correction["reason"].split()) > 4, "a correction without a reason is a mistake of ours"


def test_everything_that_we_create_is_on_the_page(page: Page) -> None:
    """What a page leaves to another page (`elsewhere`, and often trust) excepted."""
    elsewhere = {*page.said.get("elsewhere", ()), *({"trust.json"} - set(page.documents()))}
    assert set(ours(page)) - elsewhere == set(page.documents())


@pytest.mark.parametrize(
    ("page", "unreadable"),
    [pytest.param(p, each, id=p.name) for p in PAGES_READ for each in p.said.get("unreadable", ())],
)
def test_an_unparsable_document_on_the_page_is_read_with_corrected_white_space(
    page: Page, unreadable: Mapping[str, str]
) -> None:
    with pytest.raises(yaml.YAMLError):
        page.parsed(unreadable["document"])
    texts = [(page.folder / unreadable[key]).read_text().split() for key in ("document", "read_as")]
    assert texts[0] == texts[1], "nothing but white space differs"


def test_every_page_names_its_source(page: Page) -> None:
    assert page.said["source"]
    assert page.vendor in vendors()
