"""After a migration every principal has the access that it had before, except where the plan says otherwise.

Both sides are evaluated by `tests.support.migration_world`; of the corpus, the real authenticator's answers are used.
"""

from collections.abc import Mapping

import pytest

from eks_access.aws_auth.reader import read
from eks_access.migration.plan import MADE, Outcome, Plan, plan_migration
from eks_access.migration.state import Binding, Entry, parse_principal, principal_key
from eks_access.model.identity import RESERVED_PREFIXES
from tests.support.aws_auth_cases import CORPUS
from tests.support.migration_world import ACCOUNT, OTHER, Access, World, from_corpus, from_reading, role, user

BINDINGS = (
    Binding("support", None, "ClusterRole", "view", ("system:support", "people")),
    Binding("ops", "payments", "Role", "operator", ("system:support",)),
    Binding("basic", None, "ClusterRole", "system:basic-user", ("system:authenticated",)),
    Binding("nodes", None, "ClusterRole", "system:node", ("system:nodes",)),
)
WORLD = World(
    (
        role("x"),
        role("y"),
        role("node"),
        role("pod"),
        role("unmapped"),
        role("teams/red/Lead"),
        role("aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef"),
        role("aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"),
        user("jane"),
        user("team/joe"),
        role("x", OTHER),
        role("unmapped", "012345678901"),
    ),
    BINDINGS,
)
MAPPINGS = {
    "admin": f"- {{rolearn: '{role('x')}', username: 'a:{{{{SessionName}}}}', groups: [system:masters, ops]}}\n",
    "reserved": f"- {{rolearn: '{role('x')}', username: x, groups: [system:support, eks:unbound, team]}}\n",
    "authenticated": f"- {{rolearn: '{role('x')}', username: x, groups: [system:authenticated]}}\n",
    "path": f"- {{rolearn: '{role('Lead')}', username: lead, groups: [people]}}\n",
    "with path": f"- {{rolearn: '{role('teams/red/Lead')}', username: lead, groups: [people]}}\n",
    "case": f"- {{rolearn: '{role('LEAD').upper().replace('ROLE', 'role')}', username: lead, groups: [people]}}\n",
    "sso": f"- {{rolearn: '{role('AWSReservedSSO_Admin_0123456789abcdef')}', username: s, groups: [people]}}\n",
    "service linked": f"- {{rolearn: '{role('AWSServiceRoleForBatch')}', username: batch}}\n",
    "account": f"- {{rolearn: '{role('x')}', username: 'x:{{{{AccountID}}}}', groups: ['g-{{{{AccountID}}}}']}}\n",
    "session only": f"- {{rolearn: '{role('x')}', username: '{{{{SessionName}}}}', groups: [people]}}\n",
    "key": f"- {{rolearn: '{role('x')}', username: 'k:{{{{AccessKeyID}}}}', groups: [people]}}\n",
    "templated group": f"- {{rolearn: '{role('x')}', username: x, groups: ['{{{{SessionName}}}}']}}\n",
    "reserved username": f"- {{rolearn: '{role('x')}', username: system:admin, groups: [people]}}\n",
    "a node with more": f"- {{rolearn: '{role('node')}', username: 'system:node:{{{{EC2PrivateDNSName}}}}', "
    "groups: [system:nodes, system:bootstrappers, system:masters]}\n",
    "windows": f"- {{rolearn: '{role('node')}', username: 'system:node:{{{{EC2PrivateDNSName}}}}', "
    "groups: [eks:kube-proxy-windows, system:nodes, system:bootstrappers]}\n",
    "hybrid": f"- {{rolearn: '{role('node')}', username: 'system:node:{{{{SessionName}}}}', "
    "groups: [system:nodes, system:bootstrappers]}\n",
    "missing": f"- {{rolearn: '{role('gone')}', username: gone, groups: [system:masters]}}\n",
    "group": f"- {{rolearn: 'arn:aws:iam::{ACCOUNT}:group/x', username: g, groups: [system:masters]}}\n",
    "root": f"- {{rolearn: 'arn:aws:iam::{ACCOUNT}:root', username: g, groups: [system:masters]}}\n",
    "a user": f"- {{rolearn: '{user('jane')}', username: 'jane{{{{SessionName}}}}', groups: [people]}}\n",
    "twice": f"- {{rolearn: '{role('x')}', username: a, groups: [system:masters]}}\n"
    f"- {{rolearn: '{role('X')}', username: b, groups: [people]}}\n",
    "nothing": "",
}
USERS = {
    "path": f"- {{userarn: '{user('team/joe')}', username: joe, groups: [system:masters]}}\n",
    "no path": f"- {{userarn: '{user('joe')}', username: joe, groups: [system:masters]}}\n",
    "two cases": f"- {{userarn: '{user('jane')}', username: a, groups: [people]}}\n"
    f"- {{userarn: '{user('JANE')}', username: b}}\n",
    "two cases, alike": f"- {{userarn: '{user('jane')}', username: a, groups: [people]}}\n"
    f"- {{userarn: '{user('JANE')}', username: a, groups: [people]}}\n",
    "a role": f"- {{userarn: '{role('y')}', username: y, groups: [people]}}\n",
    "in both": f"- {{userarn: '{role('x')}', username: u, groups: [system:masters]}}\n",
    "federated": f"- {{userarn: 'arn:aws:sts::{ACCOUNT}:federated-user/f', username: u, groups: [people]}}\n",
}


def plain(access: Access | None) -> tuple[frozenset[str], frozenset[str]]:
    """Groups that entries may have, which a migration must not change."""
    groups = access.groups if access else frozenset()
    return frozenset(g for g in groups if g and not g.startswith((*RESERVED_PREFIXES, "migrated:"))), frozenset()


def check(world: World, data: Mapping[str, str], mapped: Mapping[str, Access], accounts: frozenset[str]) -> Plan:
    """Compare every principal's access before, after the steps, and in mode API."""
    plan = plan_migration(world.state(data))
    after = world.after(plan)
    lost = {each.arn or each.source.arn for each in plan.losses if each.outcome not in MADE}
    for arn in world.principals:
        had, has = world.access(arn, mapped, accounts), after.access(arn, mapped, accounts)
        in_api = after.access(arn, {}, ())
        assert (had is None) == (has is None), f"{arn}: had {had}, has {has}"
        assert world.rights(had) == after.rights(has), f"{arn}: had {had}, has {has}"
        if had is None:
            assert in_api is None, arn
            continue
        assert has is not None
        assert fill(had.username, arn) == has.username or not fill(had.username, arn), f"{arn}: another username"
        assert {fill(g, arn) for g in plain(had)[0]} == plain(has)[0] or has == had, f"{arn}: other groups"
        if in_api is None:
            assert lost & {arn, strip(arn), arn.split(":")[4]}, f"{arn} loses its access, and the plan does not say so"
        else:
            assert in_api == has, f"{arn}: in mode API another access"
    again = plan_migration(after.state(data))
    assert again.steps == (), "what is done is not planned again"
    made = [each.source for each in plan.select(*MADE)]
    assert [each.source for each in again.select(Outcome.PRESENT) if each.source in made] == made
    return plan


def strip(arn: str) -> str:
    parsed = parse_principal(arn)
    assert parsed is not None
    return principal_key(parsed)


def fill(template: str, arn: str) -> str:
    filled = template.replace("{{AccountID}}", arn.split(":")[4])
    return filled.replace("{{SessionName}}", "") if ":user/" in arn else filled


@pytest.mark.parametrize("case", sorted(CORPUS))
def test_of_the_corpus(case: str) -> None:
    mapped, accounts = from_corpus(CORPUS[case]["authenticator_effective"])
    check(WORLD, CORPUS[case]["data"], mapped, accounts)


@pytest.mark.parametrize("users", sorted(USERS))
@pytest.mark.parametrize("roles", sorted(MAPPINGS))
def test_of_each_kind_of_mapping_beside_each_other(roles: str, users: str) -> None:
    data = {"mapRoles": MAPPINGS[roles], "mapUsers": USERS[users]}
    check(WORLD, data, *from_reading(read(data)))


@pytest.mark.parametrize("roles", sorted(MAPPINGS))
def test_of_each_kind_of_mapping_under_an_entry(roles: str) -> None:
    entries = tuple(Entry(each, "STANDARD", "else", ("readers",)) for each in WORLD.principals)
    world = World(WORLD.principals, BINDINGS, entries)
    data = {"mapRoles": MAPPINGS[roles]}
    plan = check(world, data, *from_reading(read(data)))
    assert plan.steps == (), "entries that are there are never changed"


def test_the_evaluation_finds_a_loss_and_a_gain() -> None:
    """The twin of the tests above: an entry that gives something else is not taken for the same."""
    data = {"mapRoles": MAPPINGS["admin"]}
    mapped, accounts = from_reading(read(data))
    world = World(WORLD.principals, BINDINGS, (Entry(role("y"), "STANDARD", "y", ("people",)),))
    assert world.rights(WORLD.access(role("x"), mapped, accounts)) == {"everything"}
    assert world.rights(WORLD.access(role("y"), mapped, accounts)) == frozenset()
    assert world.rights(world.access(role("y"), mapped, accounts)) == {
        "ClusterRole/view in None",
        "ClusterRole/system:basic-user in None",
    }
