"""Every form that aws-auth is found in is merged, merged with a warning, or refused."""

from collections.abc import Mapping

import pytest

from eks_access.aws_auth.errors import AwsAuthConflictError, Code
from eks_access.aws_auth.hazards import find_hazards
from eks_access.aws_auth.mapping import RoleMapping
from eks_access.aws_auth.merge import MAX_BYTES, plan_remove, plan_set
from eks_access.aws_auth.reader import read
from tests.support.aws_auth_cases import NODE, OURS

OURS_AS_BLOCK = """\
- rolearn: "arn:aws:iam::999988887777:role/Reader"
  username: "vendor:{{SessionName}}"
  groups:
    - "vendor-readers"
"""
OURS_AS_JSON = (
    '{"rolearn": "arn:aws:iam::999988887777:role/Reader", '
    '"username": "vendor:{{SessionName}}", "groups": ["vendor-readers"]}'
)
OTHER = "- rolearn: arn:aws:iam::111122223333:role/x\n  username: x\n  groups: [a]\n"


def merged(text: str) -> str:
    return plan_set({"mapRoles": text}, OURS).data["mapRoles"]


def refusal(data: Mapping[str, str], mapping: RoleMapping = OURS, *, adopt: bool = False) -> AwsAuthConflictError:
    with pytest.raises(AwsAuthConflictError) as refused:
        plan_set(data, mapping, adopt=adopt)
    return refused.value


def codes(text: str, section: str = "mapRoles") -> list[str]:
    return [hazard.code for hazard in find_hazards({section: text})]


# Empty lists.


@pytest.mark.parametrize("data", [None, {}, {"mapUsers": "[]"}])
def test_missing_data_is_an_empty_list(data: dict[str, str] | None) -> None:
    assert plan_set(data, OURS).data["mapRoles"] == OURS_AS_BLOCK


@pytest.mark.parametrize("text", ["", "  \n\n", "''", '""', "``", "null", "~", "[]", "[]\n", " [] "])
def test_every_form_of_an_empty_list_becomes_a_block_list(text: str) -> None:
    assert merged(text) == OURS_AS_BLOCK


def test_comments_around_an_empty_list_stay() -> None:
    assert merged("# none yet\n") == "# none yet\n" + OURS_AS_BLOCK
    assert merged("# a\n[] # none\n# b\n") == "# a\n# none\n# b\n" + OURS_AS_BLOCK


# Forms that cannot be changed safely.


def test_entries_appended_to_an_empty_list_are_refused_because_none_is_mapped() -> None:
    found = refusal({"mapRoles": "[]\n" + NODE})
    assert (found.code, found.line) == (Code.TRAILING_CONTENT, 2)
    assert "no entry is mapped now" in found.message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("- rolearn: x\n\tusername: x\n", 2),
        ("- rolearn: x\n\xa0 username: x\n", 2),
        ('- rolearn: "x\n  username: x\n', 3),
        ("- rolearn: x\n   username: x\n", 2),
        ("- rolearn: x\\n  username: {{SessionName}}\n", 1),
        ("- rolearn: x\n  username: {{SessionName}}\n", 2),
    ],
)
def test_a_section_that_the_authenticator_cannot_read_is_refused_with_its_line(text: str, line: int) -> None:
    found = refusal({"mapRoles": text})
    assert (found.code, found.line) == (Code.UNREADABLE, line)
    assert "none of its entries is mapped now, nodes included" in found.message


@pytest.mark.parametrize("text", ["rolearn: x\n", "mapRoles:\n" + NODE, "just text", '{"rolearn": "x"}', '"" # c'])
def test_anything_but_a_list_is_refused(text: str) -> None:
    assert refusal({"mapRoles": text}).code is Code.NOT_A_LIST


def test_a_second_document_is_refused_because_the_authenticator_ignores_it() -> None:
    found = refusal({"mapRoles": f"---\n{NODE}---\n{OTHER}"})
    assert (found.code, found.line) == (Code.SEVERAL_DOCUMENTS, 7)


def test_a_single_document_with_its_marker_is_merged() -> None:
    assert merged(f"---\n{NODE}") == f"---\n{NODE}{OURS_AS_BLOCK}"
    assert merged(f"{NODE}...\n# after\n") == f"{NODE}{OURS_AS_BLOCK}...\n# after\n"


def test_a_config_map_that_would_be_too_large_is_refused() -> None:
    comment = "# " + "x" * (MAX_BYTES - 100) + "\n"
    assert refusal({"mapRoles": comment}).code is Code.TOO_LARGE
    assert plan_set({"mapRoles": comment[: MAX_BYTES - 1000] + "\n"}, OURS).changed, "a large one that fits is written"


# Forms that are kept.


def test_tabs_that_go_yaml_accepts_are_accepted() -> None:
    text = "- rolearn:\tarn:aws:iam::111122223333:role/x\t\n  username: x\n"
    assert merged(text) == text + OURS_AS_BLOCK


def test_json_stays_json() -> None:
    compact = '[{"rolearn": "a", "username": "b"}]'
    assert merged(compact) == f'[{{"rolearn": "a", "username": "b"}}, {OURS_AS_JSON}]'
    indented = '[\n\t{"rolearn": "a"},\n\t{"rolearn": "b"}\n]'
    assert merged(indented) == f'[\n\t{{"rolearn": "a"}},\n\t{{"rolearn": "b"}},\n\t{OURS_AS_JSON}\n]'


def test_indentation_line_ends_and_a_missing_last_line_break_are_kept() -> None:
    assert merged("  - rolearn: a\n    username: b") == (
        "  - rolearn: a\n    username: b\n" + "".join(f"  {line}\n" for line in OURS_AS_BLOCK.splitlines())
    ).rstrip("\n")
    assert merged("- rolearn: a\r\n") == "- rolearn: a\r\n" + OURS_AS_BLOCK
    assert merged("\ufeff- rolearn: a\n") == "\ufeff- rolearn: a\n" + OURS_AS_BLOCK


def test_anchors_and_unknown_keys_of_others_are_kept() -> None:
    text = "- &base\n  rolearn: a\n  username: x\n  team: sre\n- <<: *base\n  RoleARN: b\n"
    assert merged(text) == text + OURS_AS_BLOCK


def test_an_entry_of_ours_that_others_refer_to_is_not_removed() -> None:
    text = f"- &ours\n{OURS_AS_BLOCK.replace('- ', '  ', 1)}- <<: *ours\n  rolearn: b\n"
    with pytest.raises(AwsAuthConflictError) as refused:
        plan_remove({"mapRoles": text}, OURS)
    assert refused.value.code is Code.SHARED_ANCHOR


def test_only_the_section_that_is_needed_must_be_readable() -> None:
    plan = plan_set({"mapUsers": "\t- broken", "mapRoles": NODE, "mapAccounts": "- 012345670123\n"}, OURS)
    assert plan.data["mapUsers"] == "\t- broken"
    assert plan.data["mapAccounts"] == "- 012345670123\n", "never turned into a number"
    assert any("no entry of mapUsers is mapped" in warning for warning in plan.warnings)


# A role that is mapped already.


def test_a_mapping_that_is_already_as_wanted_counts_as_ours_and_is_left_alone() -> None:
    text = OTHER + "- rolearn: arn:aws:iam::999988887777:role/READER\n" + OURS_AS_BLOCK.split("\n", 1)[1]
    plan = plan_set({"mapRoles": text}, OURS)
    assert not plan.changed, "an interrupted run continues; the authenticator ignores an ARN's case"


def test_another_mapping_of_the_principal_is_a_conflict_unless_it_is_adopted() -> None:
    text = f"{NODE}- rolearn: {OURS.rolearn.upper().replace('ARN:AWS:IAM', 'arn:aws:iam')} # theirs\n  username: them\n"
    found = refusal({"mapRoles": text})
    assert (found.code, found.line) == (Code.CONFLICT, 6)
    assert "user 'them' with groups none" in found.message
    adopted = plan_set({"mapRoles": text}, OURS, adopt=True)
    assert adopted.data["mapRoles"] == f"{NODE}# theirs\n{OURS_AS_BLOCK}"
    assert any("taken over" in warning for warning in adopted.warnings)


def test_an_owned_mapping_is_replaced_in_place() -> None:
    old = RoleMapping.of(OURS.rolearn, "old", ["old"])
    before = plan_set({"mapRoles": NODE}, old).data["mapRoles"] + OTHER
    plan = plan_set({"mapRoles": before}, OURS, owned=[old])
    assert plan.data["mapRoles"] == NODE + OURS_AS_BLOCK + OTHER
    assert plan.warnings == ()


def test_a_role_with_two_entries_is_refused_even_with_adopt() -> None:
    text = f"- rolearn: {OURS.rolearn}\n  username: one\n- rolearn: {OURS.rolearn}\n  username: two\n"
    found = refusal({"mapRoles": text}, adopt=True)
    assert (found.code, found.line) == (Code.DUPLICATES, 3)
    assert "lines 1, 3" in found.message


def test_a_mapping_in_map_users_is_a_conflict_too() -> None:
    text = f"- userarn: {OURS.rolearn}\n  username: x\n"
    assert refusal({"mapUsers": text}, adopt=True).code is Code.CONFLICT


@pytest.mark.parametrize(
    "entry",
    [
        "username: system:node:{{EC2PrivateDNSName}}\n  groups: [system:bootstrappers, system:nodes]",
        "username: system:node:{{SessionName}}\n  groups: [system:bootstrappers, system:nodes, system:node-proxier]",
        "username: system:node:{{EC2PrivateDNSName}}\n  groups: [eks:kube-proxy-windows]",
    ],
    ids=["managed node", "Fargate", "Windows"],
)
def test_node_mappings_are_never_changed_even_for_our_own_role(entry: str) -> None:
    text = f"- rolearn: {OURS.rolearn}\n  {entry}\n"
    assert refusal({"mapRoles": text}, adopt=True).code is Code.PROTECTED
    plan = plan_remove({"mapRoles": text}, OURS)
    assert not plan.changed
    assert "left as it is" in plan.warnings[0]


# Removing.


def test_removing_deletes_exactly_what_was_written_and_keeps_comments_added_inside() -> None:
    text = NODE + OURS_AS_BLOCK.replace("  groups:\n", "  # asked for by audit\n  groups:  # two soon\n") + OTHER
    assert plan_remove({"mapRoles": text}, OURS).data["mapRoles"] == f"{NODE}# asked for by audit\n# two soon\n{OTHER}"


def test_a_mapping_that_was_changed_since_is_left_with_a_warning() -> None:
    text = OURS_AS_BLOCK.replace("vendor-readers", "admins")
    plan = plan_remove({"mapRoles": text}, OURS)
    assert not plan.changed
    assert "keeps access: someone else mapped it" in plan.warnings[0]


def test_a_mapping_that_is_gone_already_is_nothing_to_remove() -> None:
    assert not plan_remove({"mapRoles": NODE}, OURS).changed
    assert not plan_remove(None, OURS).changed


def test_an_unreadable_section_is_not_changed_by_removing_either() -> None:
    with pytest.raises(AwsAuthConflictError) as refused:
        plan_remove({"mapRoles": "\t" + OURS_AS_BLOCK}, OURS)
    assert refused.value.code is Code.UNREADABLE


def test_removing_the_last_mapping_leaves_an_explicit_empty_list() -> None:
    assert plan_remove({"mapRoles": OURS_AS_BLOCK}, OURS).data["mapRoles"] == "[]\n"


# Hazards, which are reported and kept.


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("duplicate", OTHER + OTHER),
        ("repeated-key", "- rolearn: arn:aws:iam::111122223333:role/x\n  username: one\n  UserName: two\n"),
        ("arn-path", "- rolearn: arn:aws:iam::111122223333:role/team/x\n  username: x\n"),
        ("session-arn", "- rolearn: arn:aws:sts::111122223333:assumed-role/x/s\n  username: x\n"),
        ("wildcard", "- rolearn: arn:aws:iam::111122223333:role/x*\n  username: x\n"),
        ("arn-space", "- rolearn: 'arn:aws:iam::111122223333:role/x '\n  username: x\n"),
        ("not-an-arn", "- rolearn: x\n  username: x\n"),
        ("not-granted", OTHER.replace("[a]", "system:masters")),
        ("not-granted", OTHER.replace("[a]", "a,b")),
        ("not-granted", OTHER.replace("[a]", "[1, b]")),
        ("odd-group", OTHER.replace("[a]", "\n  - a\n    - b")),
        ("odd-group", OTHER.replace("[a]", "['system:masters,b']")),
        ("no-username", "- rolearn: arn:aws:iam::111122223333:role/x\n  groups: [a]\n"),
        ("not-granted", OTHER.replace("username: x", "username: no")),
        ("ignored", "- username: x\n"),
        ("ignored", "-\n- arn:aws:iam::111122223333:role/x\n"),
        ("ignored", "- userarn: arn:aws:iam::111122223333:user/x\n  username: x\n"),
        ("templated-group", OTHER.replace("[a]", "['{{SessionName}}']")),
        ("sso", "- sso: {permissionSetName: V, accountID: '111122223333'}\n  username: x\n"),
    ],
)
def test_an_entry_that_is_not_read_as_it_looks_is_reported_and_kept(code: str, text: str) -> None:
    assert code in codes(text)
    plan = plan_set({"mapRoles": text}, OURS)
    assert plan.data["mapRoles"] == text + OURS_AS_BLOCK, "reported, never repaired"
    assert plan.warnings, "the user is warned"


def test_users_that_differ_by_letter_case_are_reported_because_the_result_is_random() -> None:
    arn = "arn:aws:iam::111122223333:user"
    text = f"- userarn: {arn}/x\n  username: a\n- userarn: {arn}/X\n  username: b\n"
    assert codes(text, "mapUsers") == ["user-case"]


def test_misspelt_sections_and_bad_accounts_are_reported() -> None:
    assert codes(NODE, "maproles") == ["wrong-key"]
    assert codes("- {a: b}\n", "mapAccounts") == ["bad-account"]
    assert codes("'012345678901'", "mapAccounts") == ["not-a-list"]


def test_an_ordinary_config_map_has_no_hazards() -> None:
    data = {"mapRoles": NODE + OTHER, "mapUsers": "[]", "mapAccounts": "- 012345678901\n"}
    assert find_hazards(data) == []
    assert read(data).accounts == {"012345678901"}
