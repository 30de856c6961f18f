"""What the authenticator is given: by unique id, in one write, with the backends of the mode."""

import json
from pathlib import Path

from eks_access.model.access_policies import AssociatedPolicy
from sandbox.cluster.authenticator import BACKENDS, backend_mode, configuration, write_watched
from sandbox.cluster.entries import Entry, creator_entry, dynamic_file, grants_by_id

ROLE = "arn:aws:iam::111122223333:role/team/vendor"
USER = "arn:aws:iam::111122223333:user/alice"


def test_roles_and_users_are_mapped_with_their_unique_ids() -> None:
    rendered = dynamic_file([Entry(ROLE, "AROA1", "vendor:{{SessionName}}", ("readers",)), Entry(USER, "AIDA1", USER)])
    assert rendered == {
        "mapRoles": [{"rolearn": ROLE, "username": "vendor:{{SessionName}}", "groups": ["readers"], "userid": "AROA1"}],
        "mapUsers": [{"userarn": USER, "username": USER, "groups": [], "userid": "AIDA1"}],
        "mapAccounts": [],
    }


def test_node_entries_have_the_groups_that_eks_gives_them() -> None:
    entry = Entry(ROLE, "AROA1", "system:node:{{EC2PrivateDNSName}}", kind="EC2_LINUX")
    assert dynamic_file([entry])["mapRoles"][0]["groups"] == ["system:bootstrappers", "system:nodes"]


def test_the_creator_of_a_config_map_cluster_is_an_administrator() -> None:
    entry = creator_entry(USER, "AIDA1")
    assert (entry.username, entry.groups) == ("kubernetes-admin", ("system:masters",))


def test_grants_are_kept_by_unique_id_and_only_where_there_are_some() -> None:
    view = AssociatedPolicy("AmazonEKSViewPolicy")
    entries = [Entry(ROLE, "AROA1", "one", grants=(view,)), Entry(USER, "AIDA1", "two")]
    assert grants_by_id(entries) == {"AROA1": (view,)}


def test_entries_come_before_aws_auth_and_mode_api_has_no_aws_auth() -> None:
    assert BACKENDS["API"] == ("DynamicFile",)
    assert BACKENDS["API_AND_CONFIG_MAP"][0] == "DynamicFile"
    assert json.loads(backend_mode("API_AND_CONFIG_MAP")) == {"backendMode": "DynamicFile EKSConfigMap"}


def test_the_authenticator_is_strict_about_unique_ids() -> None:
    server = configuration("dev", Path("entries.json"), Path("mode.json"))["server"]
    assert server["dynamicfileuseridstrict"] is True


def test_a_watched_file_keeps_its_inode_and_is_valid_when_it_gets_shorter(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_watched(path, json.dumps({"long": "x" * 100}))
    before = path.stat().st_ino
    write_watched(path, json.dumps({"short": 1}))
    assert json.loads(path.read_text()) == {"short": 1}
    assert path.stat().st_ino == before, "a renamed file would stop the authenticator's watch for a second"
    assert path.stat().st_mode & 0o077 == 0
