"""The import file: ids of exactly what exists, what is removed last, what is left, and what is not known here."""

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import pytest

from eks_access.model.found import (
    FoundAccess,
    FoundAccessPolicy,
    FoundObject,
    FoundPolicy,
    FoundRole,
    FoundWay,
    Maker,
    Origin,
)
from eks_access.model.identity import EntryMethod
from eks_access_inventory.adopt.importing.existing import Answer, ClusterKey, Place
from eks_access_inventory.adopt.importing.import_file import (
    ImportFileError,
    ImportPlan,
    build_import_plan,
    match_removed,
)
from eks_access_inventory.adopt.importing.lookups import Lookups, list_wanted
from eks_access_inventory.adopt.importing.steps import parse_steps

ARN = "arn:aws:iam::111122223333:role/OpenTrace"
POLICY_ARN = "arn:aws:iam::111122223333:policy/OpenTracePolicy"
VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
COMPONENT = "eks-access:index:OpenTrace"
ACCESS = "eks-access:index:ClusterAccess"
PROVIDER_URN = "urn:pulumi:dev::p::pulumi:providers:aws::aws"
MANAGED = Origin(Maker.TERRAFORM, "aws_iam_role.opentrace", is_managed=True)


class Preview:
    """A preview of the engine's, and the import file that it writes with it."""

    def __init__(self) -> None:
        self.steps: list[dict[str, Any]] = []
        self.file: dict[str, Any] = {"nameTable": {}, "resources": []}
        self.urns: dict[str, str] = {"": "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"}
        self.add("pulumi:providers:aws", "aws", {"region": "us-east-1"}, provider="")
        self.add(COMPONENT, "ot", {}, custom=False)

    def add(
        self,
        resource_type: str,
        name: str,
        inputs: Mapping[str, Any],
        parent: str = "",
        *,
        op: str = "create",
        custom: bool = True,
        provider: str = "aws",
    ) -> str:
        types = f"{self.urns[parent].split('::')[2]}${resource_type}" if parent else resource_type
        urn = f"urn:pulumi:dev::p::{types}::{name}"
        key = f"{resource_type} {name}"
        self.urns[key] = urn
        is_aws = resource_type.startswith("aws:")
        state = {
            "urn": urn,
            "type": resource_type,
            "custom": custom,
            "parent": self.urns[parent],
            "inputs": dict(inputs),
            **({"provider": f"{PROVIDER_URN}::id"} if is_aws else {}),
        }
        self.steps.append({"op": op, "urn": urn, "newState": state})
        if op != "create":
            self.file["nameTable"][name if not custom else key] = urn
            return key
        spec: dict[str, Any] = {"type": resource_type, "name": key, "logicalName": name, "parent": parent}
        if not custom:
            spec["component"] = True
        elif resource_type.startswith("pulumi:providers:"):
            spec.update(name="aws", inputs=dict(inputs))
        else:
            spec.update(id="<PLACEHOLDER>", version="7.0.0", **({"provider": provider} if is_aws else {}))
        self.file["resources"].append({name: value for name, value in spec.items() if value != ""})
        return key

    def plan(self, place: Place) -> ImportPlan:
        return build_import_plan(self.file, parse_steps({"steps": self.steps}), "ot", place, "0.2.0")


def preview() -> Preview:
    made = Preview()
    component = f"{COMPONENT} ot"
    made.add("aws:iam/role:Role", "ot", {"name": "OpenTrace", "path": "/"}, component)
    made.add("aws:iam/rolePolicy:RolePolicy", "ot", {"name": "eks-access", "role": "OpenTrace"}, component)
    access = made.add(ACCESS, "ot-api", {}, component, custom=False)
    made.add("eks-access:index:ClusterRole", "ot-api-read", {"metadata": {"name": "ot-read"}}, access)
    made.add("aws:eks/accessEntry:AccessEntry", "ot-api", {"clusterName": "prod", "region": "us-east-1"}, access)
    return made


ROLE = FoundRole(
    ARN,
    "AROA1",
    {},
    (FoundPolicy("OpenTracePolicy", {}, POLICY_ARN, 1), FoundPolicy("inline", {})),
)
WAY = FoundWay("prod", "us-east-1", EntryMethod.ACCESS_ENTRY, "x", (), (FoundAccessPolicy(VIEW),))
MAPPING = replace(WAY, method=EntryMethod.AWS_AUTH, policies=(), groups=("viewers",))
OBJECT = FoundObject("prod", "us-east-1", "ClusterRoleBinding", "viewers", None, {})
FOUND = FoundAccess("opentrace", ARN, ROLE, (WAY,), ())
CLUSTERS = {"api": ClusterKey("api", "prod", "us-east-1")}


def place(**changes: Any) -> Place:
    return Place(replace(FOUND, **changes), CLUSTERS)


def ids(plan: ImportPlan) -> dict[str, str]:
    """The ids in the import file, by the type and name of each resource."""
    return {
        f"{spec['type'].rpartition(':')[2]} {spec.get('logicalName') or spec['name']}": spec["id"]
        for spec in plan.content["resources"]
        if spec.get("id")
    }


def test_what_exists_has_its_id_and_what_does_not_is_left_to_be_created() -> None:
    plan = preview().plan(place(role=replace(ROLE, policies=()), ways=(replace(WAY, policies=()),)))
    assert ids(plan) == {"Role ot": "OpenTrace", "AccessEntry ot-api": f"prod:{ARN}@us-east-1"}
    assert {each.planned.step.name for each in plan.select(Answer.ABSENT)} == {"ot", "ot-api-read"}
    assert "<PLACEHOLDER>" not in str(plan.content)
    kinds = [spec["type"] for spec in plan.content["resources"]]
    assert kinds[:3] == ["pulumi:providers:aws", COMPONENT, ACCESS], "providers and components come first"


def test_what_is_not_in_the_program_is_imported_to_be_removed() -> None:
    plan = preview().plan(place(ways=(WAY, MAPPING), objects=(OBJECT,)))
    found = ids(plan)
    assert {
        "RolePolicy ot-by-hand-inline": "OpenTrace:inline",
        "Policy ot-by-hand-OpenTracePolicy": POLICY_ARN,
        "RolePolicyAttachment ot-by-hand-OpenTracePolicy-attachment": f"OpenTrace/{POLICY_ARN}",
        "AccessPolicyAssociation ot-api-by-hand-AmazonEKSViewPolicy": f"prod#{ARN}#{VIEW}@us-east-1",
        "AwsAuthMapping ot-api-by-hand-mapping": f"api//prod/{ARN}",
        "ClusterRoleBinding ot-api-by-hand-ClusterRoleBinding-viewers": "api//viewers",
    }.items() <= found.items()
    specs = {spec["name"]: spec for spec in plan.content["resources"]}
    attachment = specs["ot-by-hand-OpenTracePolicy-attachment"]
    assert attachment["parent"] == "ot-by-hand-OpenTracePolicy", "a policy is deleted once it is attached to nothing"
    assert attachment["provider"] == "aws"
    assert specs["ot-api-by-hand-mapping"]["parent"] == f"{ACCESS} ot-api"
    pattern = match_removed("ot")
    removed = {name for name in specs if fnmatchcase(f"urn:pulumi:dev::p::a$b::{name}", pattern)}
    assert removed == {name.rpartition(" ")[2] for name in found if "-by-hand-" in name}
    assert plan.left == ()


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({"role": replace(ROLE, policies=(FoundPolicy("p", {}, POLICY_ARN, 2),))}, "other principals have it attached"),
        ({"role": replace(ROLE, policies=(FoundPolicy("p", {}, VIEW, 1),))}, "it is AWS's own"),
        ({"role": replace(ROLE, policies=(FoundPolicy("p", {}, origin=MANAGED),))}, "Terraform manages it"),
        (
            {"role": replace(ROLE, policies=(FoundPolicy("p", {}, POLICY_ARN, 1, MANAGED),))},
            "Terraform manages it",
        ),
        ({"objects": (replace(OBJECT, is_shared=True),)}, "others use it too"),
        ({"objects": (replace(OBJECT, origin=MANAGED),)}, "Terraform manages it"),
        ({"objects": (replace(OBJECT, kind="ClusterRole", name="view"),)}, "Kubernetes' own"),
        ({"objects": (replace(OBJECT, name="system:node"),)}, "Kubernetes' own"),
        ({"ways": (replace(MAPPING, origin=MANAGED),)}, "Terraform manages it"),
        ({"ways": (replace(WAY, policies=(FoundAccessPolicy(VIEW, None, MANAGED),)),)}, "Terraform manages it"),
        ({"ways": (replace(WAY, cluster="other"),)}, "not declared in this cluster"),
    ],
)
def test_what_is_others_is_left_and_never_imported(changes: dict[str, Any], left: str) -> None:
    plan = preview().plan(place(**{"role": replace(ROLE, policies=()), "ways": (), **changes}))
    (found,) = plan.left
    assert left in found.why
    assert not found.is_blocking
    # A policy that stays is detached from the role all the same.
    assert {each.type for each in plan.extras} <= {"aws:iam/rolePolicyAttachment:RolePolicyAttachment"}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"role": replace(ROLE, origin=MANAGED)}, "Terraform manages it"),
        ({"role": replace(ROLE, path="/vendors/")}, "no path can be changed"),
        ({"role": replace(ROLE, arn=f"{ARN}-2")}, "a role of its own, OpenTrace, and not OpenTrace-2"),
        ({"ways": (replace(WAY, is_effective=False),)}, "lets nobody in"),
        ({"ways": (replace(WAY, type="EC2"),)}, "no entry's type can be changed"),
        ({"ways": (replace(WAY, origin=MANAGED),)}, "Terraform manages it"),
        ({"objects": (replace(OBJECT, kind="ClusterRole", name="ot-read", is_shared=True),)}, "others use it too"),
    ],
)
def test_what_the_program_cannot_have_blocks(changes: dict[str, Any], why: str) -> None:
    plan = preview().plan(place(**changes))
    blocked = [each for each in plan.left if each.is_blocking]
    assert len(blocked) == 1
    assert why in blocked[0].why
    assert preview().plan(place()).select(Answer.KEPT_BY_OTHERS) == (), "without it nothing is in the way"


def test_nothing_is_imported_where_the_role_is_not_taken_over() -> None:
    plan = preview().plan(place(role=replace(ROLE, origin=MANAGED), objects=(OBJECT,)))
    assert plan.is_blocked
    assert not plan.imports
    assert plan.extras == ()
    assert not preview().plan(place()).is_blocked


def test_objects_are_left_where_it_is_not_certain_who_else_uses_them() -> None:
    own = replace(OBJECT, kind="ClusterRole", name="ot-read")
    found = place(objects=(OBJECT, own))
    uncertain = replace(found, uncertain={("prod", "us-east-1"): "not all of the cluster could be read"})
    assert {"ClusterRole ot-api-read": "api//ot-read"}.items() <= ids(preview().plan(found)).items()
    plan = preview().plan(uncertain)
    assert not [each for each in ids(plan).values() if "//" in each]
    assert {each.is_blocking for each in plan.left if "others may use it: not all" in each.why} == {True, False}
    elsewhere = replace(found, uncertain={("prod", "eu-west-1"): "not all of the cluster could be read"})
    assert preview().plan(elsewhere).left == ()


def test_an_existing_role_keeps_its_policies() -> None:
    made = Preview()
    access = made.add(ACCESS, "ot-api", {}, f"{COMPONENT} ot", custom=False)
    made.add("aws:eks/accessEntry:AccessEntry", "ot-api", {"clusterName": "prod"}, access)
    plan = made.plan(place(role=replace(ROLE, origin=MANAGED)))
    assert {each.type for each in plan.extras} == {"aws:eks/accessPolicyAssociation:AccessPolicyAssociation"}
    (left,) = plan.left
    assert left.words == "role OpenTrace"
    assert "Terraform manages it (aws_iam_role.opentrace)" in left.why
    assert not left.is_blocking


def test_a_type_that_is_not_known_here_is_reported_and_not_guessed() -> None:
    made = preview()
    made.add("kubernetes:core/v1:Secret", "ot-api-secret", {}, f"{ACCESS} ot-api")
    plan = made.plan(place())
    (unknown,) = plan.select(Answer.NOT_LOOKED_FOR)
    assert unknown.planned.step.name == "ot-api-secret"
    assert "kubernetes:core/v1:Secret" in unknown.match.why
    assert "Secret ot-api-secret" not in ids(plan)


def test_a_second_run_imports_what_is_missing_and_nothing_twice() -> None:
    made = Preview()
    component = f"{COMPONENT} ot"
    made.add("aws:iam/role:Role", "ot", {"name": "OpenTrace", "path": "/"}, component, op="same")
    made.steps[-1]["newState"]["id"] = "OpenTrace"
    access = made.add(ACCESS, "ot-api", {}, component, custom=False)
    made.add("aws:eks/accessEntry:AccessEntry", "ot-api", {"clusterName": "prod"}, access)
    plan = made.plan(place(role=replace(ROLE, policies=()), ways=(replace(WAY, policies=()),)))
    assert ids(plan) == {"AccessEntry ot-api": f"prod:{ARN}@us-east-1"}


def test_what_the_stack_has_and_is_about_to_change_is_not_imported_again() -> None:
    """The new state of an update has no id yet."""
    made = Preview()
    component = f"{COMPONENT} ot"
    made.add("aws:iam/role:Role", "ot", {"name": "OpenTrace", "path": "/"}, component)
    access = made.add(ACCESS, "ot-api", {}, component, custom=False)
    made.add("eks-access:index:ClusterRole", "ot-api-read", {"metadata": {"name": "ot-read"}}, access, op="update")
    made.steps[-1]["oldState"] = {**made.steps[-1]["newState"], "id": "ot-read"}
    own = replace(OBJECT, kind="ClusterRole", name="ot-read")
    found = place(role=replace(ROLE, policies=()), ways=(), objects=(own, replace(OBJECT, name="ot-read")))
    plan = made.plan(found)
    assert [(each.type, each.id) for each in plan.extras] == [
        ("eks-access:index:ClusterRoleBinding", "api//ot-read")
    ], "the binding has the name of the role, and is another object"


def test_an_object_of_the_name_of_another_kind_is_another_object() -> None:
    """The program has a ClusterRole of this name, and no binding."""
    binding = replace(OBJECT, name="ot-read")
    plan = preview().plan(place(objects=(replace(OBJECT, kind="ClusterRole", name="ot-read"), binding)))
    assert ids(plan)["ClusterRole ot-api-read"] == "api//ot-read"
    assert ("eks-access:index:ClusterRoleBinding", "api//ot-read") in [(each.type, each.id) for each in plan.extras]


def test_what_was_looked_up_by_name_decides_for_its_types() -> None:
    made = preview()
    metadata = {"name": "agent", "namespace": "ns"}
    inputs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    made.add("kubernetes:core/v1:ConfigMap", "ot-api-config", inputs, f"{ACCESS} ot-api")
    steps = parse_steps({"steps": made.steps})
    (key,) = list_wanted(steps, "ot")
    there = FoundObject("prod", "us-east-1", "ConfigMap", "agent", "ns", {"data": {}})
    plan = build_import_plan(made.file, steps, "ot", place(), "0.2.0", Lookups({key: there}))
    (found,) = plan.select(Answer.IN_PLACE)
    assert found.planned.step.name == "ot-api-config"
    assert "ConfigMap ot-api-config" not in ids(plan)


def test_a_preview_without_the_integration_is_refused() -> None:
    made = preview()
    with pytest.raises(ImportFileError, match="no component"):
        build_import_plan(made.file, parse_steps({"steps": made.steps}), "other", place(), "0.2.0")


def test_an_import_file_that_does_not_fit_the_preview_is_refused() -> None:
    made = preview()
    made.file["resources"].append({"type": "aws:iam/role:Role", "name": "stray", "id": "<PLACEHOLDER>"})
    with pytest.raises(ImportFileError, match="'stray'"):
        made.plan(place())
