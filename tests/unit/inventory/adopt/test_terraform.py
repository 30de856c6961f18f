"""What a state of Terraform manages, in both forms; and files that are none."""

import json
from typing import Any

import pytest

from eks_access_inventory.adopt.terraform import TerraformStateError, parse_terraform_state

ROLE = "arn:aws:iam::111122223333:role/vendors/C1"
VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
POLICY = "arn:aws:iam::111122223333:policy/c1"
SECRET = "canary-secret"


def metadata(name: str, namespace: str | None = None) -> list[dict[str, Any]]:
    return [{"name": name, "namespace": namespace}]


RESOURCES: list[tuple[str, str, dict[str, Any]]] = [
    ("aws_iam_role", "c1", {"name": "C1", "arn": ROLE, "inline_policy": [{"name": "own"}]}),
    ("aws_iam_role_policy", "c1", {"role": "C1", "name": "more", "policy": SECRET}),
    ("aws_iam_policy", "c1", {"arn": POLICY, "name": "c1"}),
    ("aws_iam_role_policy_attachment", "c1", {"role": "C1", "policy_arn": POLICY}),
    ("aws_iam_policy_attachment", "all", {"roles": ["C2"], "policy_arn": POLICY}),
    ("aws_iam_role_policies_exclusive", "c2", {"role_name": "C2", "policy_names": ["only"]}),
    ("aws_iam_role_policy_attachments_exclusive", "c3", {"role_name": "C3", "policy_arns": [POLICY]}),
    ("aws_eks_access_entry", "c1", {"cluster_name": "prod", "principal_arn": ROLE}),
    ("aws_eks_access_policy_association", "c1", {"cluster_name": "prod", "principal_arn": ROLE, "policy_arn": VIEW}),
    ("kubernetes_cluster_role_v1", "c1", {"metadata": metadata("c1-read")}),
    ("kubernetes_cluster_role_binding", "c1", {"metadata": metadata("c1-read")}),
    ("kubernetes_role", "c1", {"metadata": metadata("c1", "kube-system")}),
    ("kubernetes_role_binding_v1", "c1", {"metadata": metadata("c1", "kube-system")}),
    ("kubernetes_config_map_v1_data", "auth", {"metadata": metadata("aws-auth", "kube-system"), "data": {"x": SECRET}}),
    ("kubectl_manifest", "m", {"kind": "ClusterRole", "name": "by-kubectl", "namespace": "", "yaml_body": SECRET}),
    ("random_password", "p", {"result": SECRET}),
]
MANIFEST = {"kind": "ClusterRole", "metadata": {"name": "by-manifest"}}


def shown() -> str:
    """The output of `terraform show -json`, with everything in a module of a module."""
    resources = [
        {"address": f"module.a.module.b.{type}.{name}", "mode": "managed", "type": type, "name": name, "values": values}
        for type, name, values in (*RESOURCES, ("kubernetes_manifest", "m", {"manifest": MANIFEST}))
    ]
    modules = [{"address": "module.a", "child_modules": [{"address": "module.a.module.b", "resources": resources}]}]
    root = {"resources": [{"address": "data.x", "mode": "data", "type": "aws_iam_role", "values": {"name": "read"}}]}
    return json.dumps({"format_version": "1.0", "values": {"root_module": {**root, "child_modules": modules}}})


def stored() -> str:
    """A state file, in which a manifest has its type beside it."""
    manifest = {"manifest": {"value": MANIFEST, "type": ["object", {}]}}
    resources = [
        {
            "mode": "managed",
            "module": "module.a.module.b",
            "type": type,
            "name": name,
            "instances": [{"attributes": values}],
        }
        for type, name, values in (*RESOURCES, ("kubernetes_manifest", "m", manifest))
    ]
    data = {"mode": "data", "type": "aws_iam_role", "name": "x", "instances": [{"attributes": {"name": "read"}}]}
    return json.dumps({"version": 4, "terraform_version": "1.9.0", "resources": [*resources, data]})


@pytest.mark.parametrize("text", [shown(), stored()], ids=["terraform show -json", "state file"])
def test_everything_about_access_is_found_by_the_name_that_aws_and_clusters_have_for_it(text: str) -> None:
    state = parse_terraform_state(text, "x.tfstate")
    assert state.find_role("C1") == "module.a.module.b.aws_iam_role.c1"
    assert state.find_inline_policy("C1", "own").endswith("aws_iam_role.c1")
    assert state.find_inline_policy("C1", "more").endswith("aws_iam_role_policy.c1")
    assert state.find_policy(POLICY).endswith("aws_iam_policy.c1")
    assert state.find_attachment("C1", POLICY).endswith("aws_iam_role_policy_attachment.c1")
    assert state.find_attachment("C2", POLICY).endswith("aws_iam_policy_attachment.all")
    assert state.find_inline_policy("C2", "only").endswith("aws_iam_role_policies_exclusive.c2")
    assert state.find_attachment("C3", POLICY).endswith("aws_iam_role_policy_attachments_exclusive.c3")
    assert state.find_entry("prod", "arn:aws:iam::111122223333:role/C1").endswith("aws_eks_access_entry.c1")
    assert state.find_association("prod", ROLE, VIEW).endswith("aws_eks_access_policy_association.c1")
    assert state.find_object("ClusterRole", None, "c1-read").endswith("kubernetes_cluster_role_v1.c1")
    assert state.find_object("ClusterRoleBinding", None, "c1-read").endswith("kubernetes_cluster_role_binding.c1")
    assert state.find_object("Role", "kube-system", "c1").endswith("kubernetes_role.c1")
    assert state.find_object("RoleBinding", "kube-system", "c1").endswith("kubernetes_role_binding_v1.c1")
    assert state.find_object("ClusterRole", None, "by-manifest").endswith("kubernetes_manifest.m")
    assert state.find_object("ClusterRole", None, "by-kubectl").endswith("kubectl_manifest.m")
    assert state.find_aws_auth().endswith("kubernetes_config_map_v1_data.auth")
    assert state.find_role("read") == "", "a data source is read, and not managed"
    assert state.find_entry("other", ROLE) == ""
    assert SECRET not in repr(state)


def test_instances_have_their_index_in_the_address() -> None:
    instances = [{"index_key": key, "attributes": {"name": f"r-{key}"}} for key in ("a", 1)]
    resources = [{"mode": "managed", "type": "aws_iam_role", "name": "r", "instances": instances}]
    state = parse_terraform_state(json.dumps({"version": 4, "resources": resources}))
    assert (state.find_role("r-a"), state.find_role("r-1")) == ('aws_iam_role.r["a"]', "aws_iam_role.r[1]")


@pytest.mark.parametrize("text", ['{"format_version": "1.0"}', '{"version": 4, "resources": []}'])
def test_a_state_without_resources_has_nothing(text: str) -> None:
    assert parse_terraform_state(text).addresses == {}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (SECRET, "is not JSON (line 1)"),
        (f'["{SECRET}"]', "is no object"),
        (f'{{"a": "{SECRET}"}}', "is not a state of Terraform"),
        (f'{{"version": 3, "resources": ["{SECRET}"]}}', "another version than 4"),
        (f'{{"version": 4, "resources": ["{SECRET}"]}}', "does not have the form"),
        (f'{{"version": 4, "resources": "{SECRET}"}}', "does not have the form"),
        (f'{{"format_version": "1.2", "planned_values": {{"a": "{SECRET}"}}}}', "is a plan"),
        (f'{{"format_version": "1.2", "values": "{SECRET}"}}', "does not have the form"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_a_file_that_is_no_state_is_refused_without_a_word_of_its_content(text: str, why: str) -> None:
    with pytest.raises(TerraformStateError, match=r"^x\.tfstate ") as caught:
        parse_terraform_state(text, "x.tfstate")
    assert why in str(caught.value)
    assert "terraform show -json" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
