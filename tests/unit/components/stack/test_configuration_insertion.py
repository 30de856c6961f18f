"""Inserting an integration into an environment's file: comments and layout stay, and odd layouts are refused."""

import pytest
import yaml

from eks_access.stack.configuration_insertion import InsertionError, format_block, insert_integration

FILE = """\
# Production.
config:
  pulumi:disable-default-providers: [aws, kubernetes]   # no defaults
  eks-access:aws:
    account: "111122223333"
    region: us-east-1
  eks-access:clusters:
    # the main one
    api: {name: dev-api}

  # Who has access.
  eks-access:integrations:
    cado:
      platform_role_arns: ['arn:aws:iam::444455556666:role/CadoPlatform']
      # only these
      namespaces: [payments]
    # Not set: more
# The end.
encryptionsalt: v1:abc
"""
BLOCK = {"client_id": "1234567890", "subject": "110169484474386276334", "namespaces": ["a", "b"]}


def insert(text: str, name: str = "opentrace", clusters: dict[str, object] | None = None) -> str:
    return insert_integration(text, "eks-access", name, BLOCK, clusters or {})


def test_an_integration_is_added_and_every_line_that_was_there_stays() -> None:
    text = insert(FILE, clusters={"both": {"name": "dev-both"}})
    added = [line for line in text.splitlines() if line not in FILE.splitlines()]
    assert [line for line in text.splitlines() if line in FILE.splitlines()] == FILE.splitlines()
    assert added[0] == "    both: {name: dev-both}"
    config = yaml.safe_load(text)["config"]
    assert config["eks-access:integrations"]["opentrace"] == BLOCK
    assert list(config["eks-access:clusters"]) == ["api", "both"]
    assert text.index("both: {") < text.index("# Who has access."), "it is at the end of its own section"
    assert yaml.safe_load(text)["encryptionsalt"] == "v1:abc"


@pytest.mark.parametrize("empty", ["{}", "{}   # none yet", "", "null"])
def test_an_empty_section_gets_its_first_entry(empty: str) -> None:
    text = insert(f"config:\n  eks-access:integrations: {empty}\n  eks-access:clusters: {{}}\n")
    config = yaml.safe_load(text)["config"]
    assert config["eks-access:integrations"] == {"opentrace": BLOCK}
    assert ("# none yet" in text) is ("#" in empty)


def test_a_missing_section_is_added_at_the_end_of_the_configuration() -> None:
    text = insert("config:\n    eks-access:aws: {}\nencryptionsalt: x\n")
    assert "    eks-access:integrations:\n      opentrace:\n" in text
    assert yaml.safe_load(text)["encryptionsalt"] == "x"


def test_line_breaks_of_windows_stay() -> None:
    text = insert(FILE.replace("\n", "\r\n"))
    assert "\n" not in text.replace("\r\n", "")
    assert yaml.safe_load(text)["config"]["eks-access:integrations"]["opentrace"] == BLOCK


def test_an_integration_of_that_name_is_never_overwritten() -> None:
    with pytest.raises(InsertionError, match="there is an integration 'cado' already"):
        insert(FILE, "cado")
    assert insert(FILE, "cado-2")


@pytest.mark.parametrize(
    "text",
    [
        "config:\n  eks-access:integrations: {cado: {}}\n",
        "config: {eks-access:integrations: {}}\n",
        "config:\n  eks-access:integrations: [cado]\n",
        "config:\n  eks-access:integrations: &all\n    {}\n  other: *all\n",
        "config:\n  eks-access:integrations:\n    cado:\n      text: |\n        a\n\n        # no comment\n",
        "config: []\n",
        "other: 1\n",
        "",
        "config: [",
    ],
)
def test_a_layout_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(InsertionError):
        insert(text)


def test_the_block_can_be_pasted() -> None:
    block = format_block("eks-access", "opentrace", BLOCK, {"both": {"name": "dev-both", "region": "eu-west-1"}})
    assert yaml.safe_load(block) == {
        "config": {
            "eks-access:clusters": {"both": {"name": "dev-both", "region": "eu-west-1"}},
            "eks-access:integrations": {"opentrace": BLOCK},
        }
    }
