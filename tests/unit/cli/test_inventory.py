"""`eks-access inventory`: its outputs, its exit codes, and nothing secret or hostile in any of them."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from eks_access_cli.commands.inventory import PROBLEMS
from eks_access_cli.flows import inventory as flow
from eks_access_cli.main import main
from eks_access_inventory.inventory import AccessInventory, ProblemKind, decode_inventory
from tests.support.account import KEYS, REGION, FakeAccount, role_arn, rule, serving, trust_of
from tests.support.hostile_reports import PAYLOADS
from tests.support.server_fixtures import loopback_only

_no_network = loopback_only

ESCAPES = "\x1b[2J\x9b31m\u202e\r\n"
Run = Callable[..., Result]


@pytest.fixture
def account() -> Iterator[FakeAccount]:
    with serving(FakeAccount()) as served:
        yield served


@pytest.fixture
def run(account: FakeAccount, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs the command on the fake account."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(flow, "connect_account", lambda profile, connections: (account, KEYS, True))
    return lambda *options: CliRunner().invoke(main, ["inventory", "--region", REGION, *options])


def build(account: FakeAccount) -> None:
    """One of everything: a vendor, nodes, a dead, a shadowed, an unbound and a dangerous way in, and canaries."""
    cluster = account.add_cluster("prod")
    conditions = {"StringEquals": {"sts:ExternalId": "CANARY-EXTERNAL-ID"}}
    vendor = account.add_role("datadog", trust_of({"AWS": "464622532012"}, **conditions))
    cluster.let_in(vendor, "readers")
    cluster.map_role(vendor, "datadog", "system:masters")
    cluster.bind("readers", "read", rule("get,list", "pods"))
    cluster.let_in(role_arn("gone"))
    cluster.let_in(account.add_role("idle"))
    cluster.let_in(account.add_user("robot", Keys=["AKIACANARYCANARY"]))
    admin = account.add_role("admin", trust_of({"AWS": "*"}, StringLike={"sts:ExternalId": "CANARY-*"}))
    cluster.let_in(admin)
    cluster.associate(admin, "AmazonEKSClusterAdminPolicy")
    cluster.map_role(
        account.add_role("nodes"), "system:node:{{EC2PrivateDNSName}}", "system:bootstrappers", "system:nodes"
    )


def test_every_format_has_every_principal(run: Run, account: FakeAccount) -> None:
    build(account)
    done = run("--json", "a.json", "--html", "a.html", "--markdown", "a.md")
    assert (done.exit_code, done.exception) == (0, None) or isinstance(done.exception, SystemExit), done.output
    inventory = decode_inventory(Path("a.json").read_bytes())
    assert {each.arn.rpartition("/")[2] for each in inventory.principals} == {
        "datadog",
        "gone",
        "idle",
        "robot",
        "admin",
        "nodes",
    }
    for text in (done.stdout, Path("a.html").read_text(), Path("a.md").read_text()):
        for each in inventory.principals:
            assert each.arn.rpartition("/")[2] in text
        for word in ("Datadog", "dangerous", "dead", "shadowed", "unbound"):
            assert word in text


def test_the_inventory_can_be_read_back_and_has_a_version(run: Run, account: FakeAccount) -> None:
    build(account)
    run("--json", "a.json")
    text = Path("a.json").read_bytes()
    assert json.loads(text)["schemaVersion"] == 1
    assert msgspec.json.decode(msgspec.json.encode(decode_inventory(text)), type=AccessInventory) == decode_inventory(
        text
    )


def test_nothing_secret_is_in_any_output(run: Run, account: FakeAccount) -> None:
    build(account)
    account.clusters[0].refused = {"roles"}
    done = run("--verbose", "--json", "a.json", "--html", "a.html", "--markdown", "a.md", "--debug", "log.txt")
    outputs = [done.output, *(Path(name).read_text() for name in ("a.json", "a.html", "a.md", "log.txt"))]
    tokens = [token.removeprefix("Bearer ") for token in account.tokens]
    assert tokens
    secrets = (KEYS.secret_key, KEYS.token or "", *tokens, "k8s-aws-v1.", "CANARY")
    for output in outputs:
        assert output
        for secret in secrets:
            assert secret not in output


def test_the_twin_of_a_secret_is_in_what_was_read(account: FakeAccount) -> None:
    """The canaries are where the command reads, so that their absence means something."""
    build(account)
    assert "CANARY-EXTERNAL-ID" in str(account.roles)
    assert "CANARY-TAG" in str(account.clusters[0].entries)
    assert "CANARY-ANNOTATION" in str(account.clusters[0].objects)


@pytest.mark.parametrize("payload", [*PAYLOADS, f"x{ESCAPES}y", "a|b`c*d_[e](f)<g>@h https://i.example"])
def test_names_do_nothing_where_they_are_shown(run: Run, account: FakeAccount, payload: str) -> None:
    cluster = account.add_cluster("prod")
    arn = role_arn("odd")
    cluster.let_in(arn, payload, username=f"u:{payload}")
    cluster.bind(payload, "odd", {"apiGroups": [""], "resources": [payload], "verbs": ["get", payload]})
    cluster.map_role(role_arn(payload), payload, payload)
    done = run("--verbose", "--html", "a.html", "--markdown", "a.md")
    assert done.exit_code == 0, done.output
    page, markdown = Path("a.html").read_text(), Path("a.md").read_text()
    for output in (done.output, markdown):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", output)
    plain = re.sub(r"`[^`\n]*`", "", markdown)
    assert not re.search(r"(?<!\\)<(?!/?g)|(?<!\\)\]\(|@(?!\u200b)|://", plain)
    assert len(re.findall("<script", page)) == 1
    assert not re.search(r"<(img|svg|iframe|object)\b", page)


def test_exit_codes(run: Run, account: FakeAccount) -> None:
    build(account)
    assert run().exit_code == 0, "an inventory by itself is no failure"
    assert run("--fail-on", "dead").exit_code == 1
    assert run("--fail-on", "critical").exit_code == 1
    assert run("--fail-on", "unused").exit_code == 1, "the user's key was used long ago, by its twin"
    account.clusters[0].refused = {"roles"}
    assert run().exit_code == 3
    assert run("--fail-on", "dead").exit_code == 1, "what was found is not hidden by what was not read"
    account.clusters.clear()
    account.add_cluster("empty")
    assert run("--fail-on", "dead", "--fail-on", "low").exit_code == 0
    assert run("--region", "us-east-1", "--all-regions").exit_code == 2
    assert run("--tag", "=x").exit_code == 2
    assert run("--json", "-", "--markdown", "-").exit_code == 2
    assert run("--json", "/no/such/folder/a.json").exit_code == 2
    account.fail("get_caller_identity", "ExpiredToken", -1, status=403)
    assert run().exit_code == 2


def test_the_configuration_of_the_policy_pack_says_who_may_be_an_administrator(run: Run, account: FakeAccount) -> None:
    build(account)
    Path("policies.json").write_text(json.dumps({"settings": {"allowedPrincipals": ["admin"]}}))
    account.roles["admin"]["AssumeRolePolicyDocument"] = trust_of({"AWS": "arn:aws:iam::111122223333:role/ci"})
    assert run("--fail-on", "critical").exit_code == 1
    assert run("--fail-on", "critical", "--config", "policies.json").exit_code == 0


def test_a_format_on_standard_output_leaves_the_table_to_standard_error(run: Run, account: FakeAccount) -> None:
    build(account)
    done = run("--json", "-")
    assert json.loads(done.stdout)["account"] == "111122223333"
    assert "6 principals in 1 cluster" in done.stderr


def test_help_names_every_problem() -> None:
    assert tuple(sorted(PROBLEMS)) == tuple(sorted(map(str, ProblemKind)))
    text = CliRunner().invoke(main, ["inventory", "--help"]).output
    for name in PROBLEMS:
        assert re.search(rf"^  +{name}  ", text, re.MULTILINE)
