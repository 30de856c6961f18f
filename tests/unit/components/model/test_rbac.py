from eks_access.model.rbac import Grant, Rule, build_objects

RULES = (Rule(("pods",), ("list",)),)


def kinds(grant: Grant) -> list[tuple[str, str | None]]:
    return [(found.kind, found.namespace) for found in build_objects(grant, labels={})]


def test_a_grant_for_the_whole_cluster_is_bound_once() -> None:
    assert kinds(Grant("a", "vendor-a", "readers", RULES)) == [("ClusterRole", None), ("ClusterRoleBinding", None)]


def test_a_grant_for_namespaces_keeps_its_rules_in_one_place_and_is_bound_in_each() -> None:
    grant = Grant("a", "vendor-a", "readers", RULES, namespaces=("web", "payments"))
    assert kinds(grant) == [("ClusterRole", None), ("RoleBinding", "web"), ("RoleBinding", "payments")]


def test_a_grant_for_no_namespace_is_bound_nowhere() -> None:
    assert kinds(Grant("a", "vendor-a", "readers", RULES, namespaces=())) == [("ClusterRole", None)]


def test_every_object_of_an_integration_has_a_unique_key() -> None:
    found = list(build_objects(Grant("a", "vendor-a", "readers", RULES, namespaces=("web", "payments")), labels={}))
    assert [each.key for each in found] == ["a", "a-web", "a-payments"]


def test_a_binding_refers_to_the_role_and_the_group_of_its_grant() -> None:
    _, binding = build_objects(Grant("a", "vendor-a", "readers", RULES), labels={"x": "y"})
    assert binding.body["roleRef"]["name"] == "vendor-a"
    assert binding.body["subjects"] == [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "readers"}]


def test_no_resource_names_render_no_list_because_an_empty_one_would_mean_every_name() -> None:
    assert "resourceNames" not in Rule(("configmaps",), ("get",)).json()
    assert Rule(("configmaps",), ("get",), resource_names=("aws-auth",)).json()["resourceNames"] == ["aws-auth"]
