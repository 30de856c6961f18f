"""Which ways in take effect: dead ones, shadowed ones, and lines of aws-auth that never match."""

from datetime import UTC, datetime

from tests.support.account import ACCOUNT, LONG_AGO, FakeAccount, find, kinds, role_arn, rule, take_inventory

READS = rule("get,list", "pods")


def why(account: FakeAccount, name: str) -> str:
    (way,) = find(take_inventory(account), name).ways
    return " ".join(problem.why for problem in way.problems)


def test_an_entry_whose_role_is_gone_is_dead_and_gives_nothing(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(role_arn("gone"), "readers")
    cluster.let_in(account.add_role("there"), "readers")
    cluster.bind("readers", "read", READS)
    inventory = take_inventory(account)
    assert find(inventory, "gone").state == "gone"
    (way,) = find(inventory, "gone").ways
    assert (kinds(way), way.effective, way.rights) == (["dead"], False, ())
    (twin,) = find(inventory, "there").ways
    assert (kinds(twin), twin.effective) == ([], True)


def test_an_entry_is_dead_if_its_role_was_made_after_it(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(
        account.add_role("again", created=datetime(2026, 5, 1, tzinfo=UTC)), at=datetime(2026, 4, 1, tzinfo=UTC)
    )
    cluster.let_in(
        account.add_role("before", created=datetime(2026, 3, 1, tzinfo=UTC)), at=datetime(2026, 4, 1, tzinfo=UTC)
    )
    assert "the entry is of 2026-04-01 00:00, the principal of 2026-05-01 00:00" in why(account, "again")
    assert "dead" not in kinds(find(take_inventory(account), "before"))


def test_an_entry_is_dead_if_its_tag_has_another_unique_id(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(account.add_role("again", unique_id="AROANEW"), tags={"eks-access:role-id": "AROAOLD"})
    cluster.let_in(account.add_role("same", unique_id="AROASAME"), tags={"eks-access:role-id": "AROASAME"})
    assert "unique id AROAOLD, now AROANEW" in why(account, "again")
    assert "dead" not in kinds(find(take_inventory(account), "same"))


def test_an_entry_is_dead_if_the_role_of_its_name_has_another_path(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    account.add_role("moved", path="/teams/")
    cluster.let_in(role_arn("moved"))
    assert "it is now arn:aws:iam::111122223333:role/teams/moved" in why(account, "moved")


def test_a_mapping_of_a_role_that_is_gone_shows_what_a_new_role_would_get(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod", "CONFIG_MAP")
    cluster.map_role(role_arn("gone"), "gone", "system:masters")
    (way,) = find(take_inventory(account), "gone").ways
    assert kinds(way) == ["dead", "dangerous"], "the right to make a role of that name is that of an administrator"
    assert way.effective is False
    assert way.rights[0].words.startswith("can do everything")


def test_an_entry_shadows_a_mapping_and_the_difference_is_in_words(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    arn = account.add_role("both")
    cluster.let_in(arn, "readers")
    cluster.map_role(arn, "both", "execs")
    cluster.bind("readers", "read", READS)
    cluster.bind("execs", "exec", rule("create", "pods/exec"))
    entry, mapping = sorted(find(take_inventory(account), "both").ways, key=lambda way: way.method)
    assert (entry.effective, mapping.effective) == (True, False)
    assert kinds(mapping) == ["shadowed"]
    assert "without it: can run commands in every pod" in mapping.problems[0].why
    assert "with more: can read pods" in mapping.problems[0].why
    assert "run commands" not in " ".join(right.words for right in entry.rights)


def test_a_mapping_with_the_rights_of_its_entry_is_shadowed_all_the_same(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    arn = account.add_role("both")
    cluster.let_in(arn, "readers")
    cluster.map_role(arn, "both", "readers")
    cluster.bind("readers", "read", READS)
    _, mapping = sorted(find(take_inventory(account), "both").ways, key=lambda way: way.method)
    assert mapping.problems[0].why.endswith("takes effect instead, with the same rights")


def test_a_dead_entry_shadows_no_mapping(account: FakeAccount) -> None:
    """The authenticator finds entries by the unique id: a role that was made again comes in by aws-auth."""
    cluster = account.add_cluster("prod")
    arn = account.add_role("again", created=datetime(2026, 5, 1, tzinfo=UTC))
    cluster.let_in(arn, "readers")
    cluster.map_role(arn, "again", "readers")
    cluster.bind("readers", "read", READS)
    entry, mapping = sorted(find(take_inventory(account), "again").ways, key=lambda way: way.method)
    assert (kinds(entry), kinds(mapping), mapping.effective) == (["dead"], [], True)


def test_of_two_mappings_of_a_principal_the_last_counts(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod", "CONFIG_MAP")
    arn = account.add_role("twice")
    cluster.map_role(arn, "twice", "system:masters")
    cluster.map_role(arn.replace("role/twice", "role/TWICE"), "twice", "readers")
    cluster.bind("readers", "read", READS)
    last, first = find(take_inventory(account), "twice").ways
    assert kinds(first) == ["shadowed"]
    assert "line 2 of mapRoles" in first.problems[0].why
    assert (kinds(last), last.groups) == ([], ("readers",))


def test_lines_that_never_match_are_dead(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod", "CONFIG_MAP")
    account.add_role("with-path", path="/teams/")
    cluster.map_role(role_arn("with-path", path="/teams/"), "x", "readers")
    cluster.map_role(f"arn:aws:sts::{ACCOUNT}:assumed-role/session/me", "x", "readers")
    cluster.map_role(role_arn("wild*"), "x", "readers")
    cluster.map_role(account.add_role("good"), "x", "readers")
    cluster.bind("readers", "read", READS)
    inventory = take_inventory(account)
    dead = {principal.arn for principal in inventory.principals for way in principal.ways if "dead" in kinds(way)}
    assert len(dead) == 3
    assert kinds(find(inventory, "good").ways[0]) == []


def test_aws_auth_of_a_cluster_that_does_not_read_it_is_dead(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod", "API")
    cluster.map_role(account.add_role("old"), "old", "system:masters")
    assert "does not read aws-auth" in why(account, "old")


def test_names_are_compared_without_regard_to_letter_case(account: FakeAccount) -> None:
    """As the authenticator does, so that a line which works is not taken for a dead one."""
    cluster = account.add_cluster("prod", "CONFIG_MAP")
    account.add_role("Deployer")
    account.add_user("Robot")
    cluster.map_role(role_arn("deployer"), "x", "readers")
    cluster.map_role(f"arn:aws:iam::{ACCOUNT}:user/robot", "y", "readers", section="mapUsers")
    cluster.map_role(role_arn("deployer2"), "z", "readers")
    cluster.bind("readers", "read", READS)
    inventory = take_inventory(account)
    assert [kinds(find(inventory, name).ways[0]) for name in ("Deployer", "Robot")] == [[], []]
    assert "dead" in kinds(find(inventory, "deployer2")), "its twin is gone"


def test_names_that_may_not_be_listed_leave_it_open_whether_a_principal_is_gone(account: FakeAccount) -> None:
    account.add_cluster("prod", "CONFIG_MAP").map_role(role_arn("gone"), "x")
    account.fail("list_roles", "AccessDenied", -1, status=403)
    inventory = take_inventory(account)
    assert [each.what for each in inventory.unread] == [f"{role_arn('gone')} in IAM"]
    assert "dead" not in kinds(find(inventory, "gone"))


def test_a_mapping_without_the_path_of_its_role_is_that_of_its_entry(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    arn = account.add_role("with-path", path="/teams/")
    cluster.let_in(arn, "readers")
    cluster.map_role(role_arn("with-path"), "x", "readers")
    cluster.bind("readers", "read", READS)
    entry, mapping = sorted(find(take_inventory(account), "with-path").ways, key=lambda way: way.method)
    assert (kinds(entry), kinds(mapping)) == ([], ["shadowed"])


def test_the_root_user_is_there(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod", "CONFIG_MAP")
    cluster.map_role(f"arn:aws:iam::{ACCOUNT}:root", "root", "system:masters", section="mapUsers")
    (found,) = take_inventory(account).principals
    assert found.state == "exists"
    assert "dead" not in kinds(found)
    assert "dangerous" in kinds(found)


def test_a_principal_of_another_account_is_not_known_to_be_there(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod")
    cluster.let_in(role_arn("theirs", account="999988887777"), "readers", at=LONG_AGO)
    found = find(take_inventory(account), "theirs")
    assert found.state == "elsewhere"
    assert "dead" not in kinds(found)
    assert "get_role" not in account.calls, "the role of that name in this account is another one"


def test_what_the_authenticator_ignores_is_a_note_and_no_principal(account: FakeAccount) -> None:
    cluster = account.add_cluster("prod", "CONFIG_MAP")
    cluster.aws_auth = {"mapRoles": "- rolearn: [broken\n", "mapAccounts": "['999988887777']"}
    inventory = take_inventory(account)
    assert inventory.principals == ()
    notes = " ".join(inventory.clusters[0].notes)
    assert "no entry of mapRoles is mapped, because it cannot be read" in notes
    assert "every user and role of account 999988887777, which is another one" in notes
