"""Rights in words, dangers by the policy pack's rules, and ways in that give nothing."""

from eks_access_policies.evaluate.configuration import parse_configuration
from tests.support.account import FakeAccount, find, kinds, role_arn, rule, take_inventory, trust_of


def words(account: FakeAccount, name: str) -> list[str]:
    (way,) = find(take_inventory(account), name).ways
    return [f"{right.words} {right.where}" for right in way.rights]


def test_rights_of_access_policies_and_of_bindings_are_in_words(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    arn = account.add_role("vendor")
    cluster.let_in(arn, "vendor")
    cluster.associate(arn, "AmazonEKSSecretReaderPolicy", "web")
    cluster.bind("vendor", "exec", rule("create", "pods/exec"), namespace="payments")
    cluster.associate(arn, "AmazonEKSViewPolicy")
    found = find(take_inventory(account), "vendor").ways[0]
    assert [(policy.name, policy.namespaces) for policy in found.policies] == [
        ("AmazonEKSSecretReaderPolicy", ("web",)),
        ("AmazonEKSViewPolicy", None),
    ]
    assert [(each.kind, each.name, each.namespace, each.role) for each in found.bindings] == [
        ("RoleBinding", "exec-of-vendor", "payments", "ClusterRole exec")
    ]
    text = "\n".join(words(account, "vendor"))
    assert "can run commands in every pod of payments" in text
    assert "can read every ConfigMap, its values included" in text
    assert "`" not in text


def test_a_policy_whose_rules_are_not_known_is_no_right_to_nothing(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    arn = account.add_role("new")
    cluster.let_in(arn)
    cluster.associate(arn, "AmazonEKSPolicyOfTheFuture")
    assert words(account, "new")[0].startswith(
        "has the rights of AmazonEKSPolicyOfTheFuture, whose rules are not known"
    )
    assert kinds(find(take_inventory(account), "new")) == ["unknown"]


def test_a_username_that_is_bound_has_the_rights_of_its_binding(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(account.add_role("apono"), username="apono:{{SessionName}}")
    cluster.bind("apono:jane@example.com", "exec", rule("create", "pods/exec"), kind="User")
    assert "can run commands in every pod" in words(account, "apono")[0]


def test_groups_without_a_binding_are_unbound(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(account.add_role("typo"), "raeders")
    cluster.let_in(account.add_role("right"), "readers")
    cluster.bind("readers", "read", rule("list", "pods"))
    inventory = take_inventory(account)
    assert kinds(find(inventory, "typo")) == ["unbound"]
    assert "group raeders" in find(inventory, "typo").ways[0].problems[0].why
    assert kinds(find(inventory, "right")) == []


def test_a_binding_to_a_role_that_does_not_exist_gives_nothing(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(account.add_role("later"), "readers")
    cluster.bind("readers", "not-made-yet")
    found = find(take_inventory(account), "later").ways[0]
    assert kinds(found) == ["unbound"]
    assert found.bindings[0].role == "ClusterRole not-made-yet"


def test_a_role_that_widens_a_default_role_by_its_label_widens_the_rights(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(account.add_role("viewer"), "viewers")
    cluster.bind("viewers", "view")
    assert not any("every Secret" in each for each in words(account, "viewer"))
    labels = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}
    wide = {"metadata": {"name": "wide", "labels": labels}, "rules": [rule("get,list", "secrets")]}
    cluster.objects["clusterroles"].append(wide)
    assert any("every Secret" in each for each in words(account, "viewer"))


def test_lists_are_read_to_their_end(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    for number in range(120):
        cluster.bind(f"team-{number}", f"read-{number}", rule("get,list", "secrets"))
        cluster.let_in(account.add_role(f"role-{number:03}"), f"team-{number}")
    inventory = take_inventory(account)
    assert inventory.summary.principals == 120, "three pages of entries, and of bindings"
    assert all("every Secret" in each.ways[0].rights[0].words for each in inventory.principals)


def test_rights_that_every_user_has_are_those_of_each_and_of_the_cluster(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(account.add_role("empty"))
    cluster.bind("system:authenticated", "wide", rule("get,list", "secrets"))
    cluster.bind("system:unauthenticated", "open", rule("list", "pods"))
    inventory = take_inventory(account)
    assert "can read every Secret" in inventory.clusters[0].everyone[0].words
    assert "can read pods" in inventory.clusters[0].anonymous[0].words
    assert "can read every Secret" in find(inventory, "empty").ways[0].rights[0].words


def test_dangers_are_the_findings_of_the_policy_pack(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    admin, master, reader = (account.add_role(name) for name in ("admin", "master", "reader"))
    cluster.let_in(admin)
    cluster.associate(admin, "AmazonEKSClusterAdminPolicy")
    cluster.map_role(master, "master", "system:masters")
    cluster.let_in(reader, "readers")
    cluster.bind("readers", "read", rule("get,list", "secrets"))
    inventory = take_inventory(account)
    rules = {each.arn.rpartition("/")[2]: [danger.rule for danger in each.all_dangers] for each in inventory.principals}
    assert rules["admin"] == ["eks-cluster-admin-policy"]
    assert rules["master"][0] == "eks-system-masters"
    assert rules["reader"] == ["rbac-secrets-read"]
    assert all("dangerous" in kinds(each) for each in inventory.principals)


def test_what_the_configuration_accepts_is_shown_and_no_problem(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    for name in ("platform-admin", "other"):
        arn = account.add_role(name)
        cluster.let_in(arn)
        cluster.associate(arn, "AmazonEKSClusterAdminPolicy")
    accepted = parse_configuration({"settings": {"allowedPrincipals": ["platform-*"]}})
    inventory = take_inventory(account, configuration=accepted)
    (danger,) = find(inventory, "platform-admin").all_dangers
    assert danger.accepted
    assert kinds(find(inventory, "platform-admin")) == []
    assert kinds(find(inventory, "other")) == ["dangerous"], "its twin is not accepted"


def test_a_trust_policy_that_lets_anyone_in_is_a_danger_without_its_external_id(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(account.add_role("open", trust_of({"AWS": "*"})))
    conditions = {"StringLike": {"sts:ExternalId": "CANARY-EXTERNAL-*"}}
    cluster.let_in(account.add_role("weak", trust_of({"AWS": "arn:aws:iam::999988887777:root"}, **conditions)))
    inventory = take_inventory(account)
    assert "dangerous" in kinds(find(inventory, "open"))
    assert find(inventory, "weak").dangers
    assert "CANARY" not in str(inventory)


def test_nodes_have_the_rights_of_nodes_and_others_in_their_groups_are_dangerous(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(
        account.add_role("nodes"), "system:nodes", username="system:node:{{EC2PrivateDNSName}}", type="EC2_LINUX"
    )
    cluster.map_role(
        account.add_role("mapped"), "system:node:{{EC2PrivateDNSName}}", "system:bootstrappers", "system:nodes"
    )
    cluster.map_role(account.add_role("posing"), "me", "system:nodes", "extra")
    cluster.bind("extra", "exec", rule("create", "pods/exec"))
    inventory = take_inventory(account)
    for name in ("nodes", "mapped"):
        assert find(inventory, name).owner.kind == "nodes"
        assert find(inventory, name).ways[0].rights[0].words.startswith("acts as a node")
        assert kinds(find(inventory, name)) == []
    posing = find(inventory, "posing")
    assert "eks-node-identity" in [danger.rule for danger in posing.all_dangers]
    assert any("run commands" in right.words for right in posing.ways[0].rights)


def test_rights_are_unknown_where_roles_could_not_be_read(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(account.add_role("reader"), "readers")
    cluster.bind("readers", "read", rule("list", "pods"))
    cluster.refused = {"clusterroles"}
    inventory = take_inventory(account)
    assert [(each.where, each.what) for each in inventory.unread] == [("prod (eu-west-1)", "ClusterRoles")]
    found = find(inventory, "reader").ways[0]
    assert set(kinds(found)) == {"unknown"}
    assert "has what ClusterRole read gives, which could not be read" in [right.words for right in found.rights]


def test_a_role_of_another_account_is_dangerous(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(role_arn("theirs", account="999988887777"))
    assert "eks-foreign-principal" in [danger.rule for danger in find(take_inventory(account), "theirs").all_dangers]
