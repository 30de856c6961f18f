"""Taking an integration out of a stack's file: whole lines, nothing else, or not at all."""

import pytest
import yaml

from eks_access.stack.configuration_edit import ConfigurationEditError, declares_integration, remove_integration
from tests.support.checkout import CHECKOUT

DEV = (CHECKOUT / "Pulumi.dev.yaml").read_text()
NAMES = list(yaml.safe_load(DEV)["config"]["eks-access:integrations"])
SMALL = """\
# of the whole file
config:
  shop:aws: {account: "111122223333", region: eu-west-1}  # ours
  shop:clusters: {prod: {name: prod}}
  shop:integrations:
    # about both
    cado:
      platform_role_arns: [a]  # its own
      # inside

    opentrace: {client_id: {secret: google}, subject: "1"}
    # about what comes
    c1:
      vendor: conductorone
      external_id: {secret: c1}
  shop:google:
    secure: v1:aaa
  # of the secret
  shop:c1: {secure: v1:bbb}
encryptionsalt: v1:salt
"""


def remove(text: str, name: str, project: str = "shop") -> str:
    return remove_integration(text, project, name).text


@pytest.mark.parametrize("name", NAMES)
def test_each_integration_of_the_dev_stack_is_taken_out_and_the_rest_stays_as_it_is(name: str) -> None:
    edit = remove_integration(DEV, "eks-access", name)
    before, after = yaml.safe_load(DEV), yaml.safe_load(edit.text)
    del before["config"]["eks-access:integrations"][name]
    for secret in edit.secrets:
        del before["config"][f"eks-access:{secret}"]
    assert after == before
    assert [line for line in DEV.splitlines() if line.lstrip().startswith("#")] == [
        line for line in edit.text.splitlines() if line.lstrip().startswith("#")
    ], "comments stay"
    gone = {number for first, last in edit.lines for number in range(first, last + 1)}
    kept = [line for number, line in enumerate(DEV.splitlines(), 1) if number not in gone]
    assert edit.text.splitlines() == kept


def test_all_of_them_one_after_another_leave_an_empty_section_that_is_valid() -> None:
    text = DEV
    for name in NAMES:
        text = remove(text, name, "eks-access")
    left = yaml.safe_load(text)["config"]
    assert left["eks-access:integrations"] == {}, "and not null, which is refused"
    assert [key for key in left if "c1-" in key] == [], "unused secrets are refused"


def test_a_secret_goes_with_the_last_integration_that_refers_to_it() -> None:
    one = remove_integration(DEV, "eks-access", "conductorone-keyless")
    assert one.secrets == (), "conductorone-keys uses them too"
    both = remove_integration(one.text, "eks-access", "conductorone-keys")
    assert set(both.secrets) == {"c1-client-id", "c1-client-secret", "c1-access-key-id", "c1-secret-access-key"}


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("cado", ["    cado:", "      platform_role_arns: [a]  # its own"]),
        (
            "opentrace",
            ['    opentrace: {client_id: {secret: google}, subject: "1"}', "  shop:google:", "    secure: v1:aaa"],
        ),
        (
            "c1",
            ["    c1:", "      vendor: conductorone", "      external_id: {secret: c1}", "  shop:c1: {secure: v1:bbb}"],
        ),
    ],
)
def test_exactly_its_lines_go(name: str, gone: list[str]) -> None:
    left = remove(SMALL, name).splitlines()
    assert [line for line in SMALL.splitlines() if line not in left] == gone


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_stay_as_they_are_and_so_does_a_last_line_without_one(end: str) -> None:
    text = SMALL.replace("\n", end).rstrip()
    edited = remove(text, "cado")
    assert edited.count(end) == len(edited.splitlines()) - 1
    assert edited.endswith("v1:salt")


def test_a_block_of_text_in_it_goes_as_a_whole() -> None:
    text = SMALL.replace("platform_role_arns: [a]  # its own", "note: |\n        two\n\n        lines\n      more: x")
    assert yaml.safe_load(remove(text, "cado"))["config"]["shop:integrations"].keys() == {"opentrace", "c1"}


@pytest.mark.parametrize(
    "text",
    [
        "config: {'shop:aws': {}, 'shop:clusters': {}, 'shop:integrations': {cado: {a: 1}, x: {}}}",
        "config:\n  shop:integrations: {cado: {a: 1}, x: {}}\n",
        "config:\n  shop:integrations:\n    cado: &own {a: 1}\n    x: *own\n",
        "config:\n  shop:integrations:\n    cado: {a: 1}\n    cado: {a: 2}\n",
        "base: &base\n  cado: {a: 1}\nconfig:\n  shop:integrations:\n    <<: *base\n    x: {}\n",
        "config:\n  shop:integrations:\n    cado: {a: {secret: t}}\n    x: {}\n  shop:t: &s {secure: a}\n  other: *s\n",
    ],
    ids=["all in one line", "a section in one line", "used elsewhere", "twice", "merged", "a secret used elsewhere"],
)
def test_a_file_that_is_not_written_line_by_line_is_left_alone_and_the_message_says_what_to_delete(text: str) -> None:
    assert declares_integration(text, "shop", "cado")
    with pytest.raises(ConfigurationEditError, match=r"delete it from shop:integrations.* by hand") as stopped:
        remove(text, "cado")
    assert "a: 1" not in str(stopped.value), "values are not repeated"


def test_what_the_file_does_not_declare_is_told_apart() -> None:
    assert not declares_integration(SMALL, "shop", "apono")
    assert not declares_integration(SMALL, "other", "cado")
    assert not declares_integration("config:\n", "shop", "cado")
    assert not declares_integration("- a\n", "shop", "cado")


def test_a_file_that_is_not_yaml_is_an_error_that_quotes_nothing_of_it() -> None:
    with pytest.raises(ConfigurationEditError, match=r"^the stack's file is not YAML$"):
        declares_integration("a: [hidden", "shop", "cado")
