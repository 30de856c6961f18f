"""The table of the inventory, in a terminal and piped."""

import io

import pytest
from rich.console import Console

from eks_access_inventory.report.table import print_inventory
from tests.support.account import FakeAccount, role_arn, rule, take_inventory


@pytest.mark.parametrize("width", [80, 120, 200])
def test_how_a_principal_comes_in_is_never_broken_in_two(account: FakeAccount, width: int) -> None:
    cluster = account.add_cluster("main")
    cluster.let_in(account.add_role("a-role-with-a-rather-long-name-of-many-words"), "readers")
    cluster.bind("readers", "read", rule("get,list", "secrets"))
    cluster.map_role(role_arn("gone"), "gone", "readers")
    out = io.StringIO()
    print_inventory(take_inventory(account), Console(file=out, width=width))
    table = out.getvalue().partition("\n\n")[0]
    assert "access entry" in table
    assert "aws-auth" in table
