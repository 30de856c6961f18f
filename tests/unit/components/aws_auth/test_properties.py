"""Generated and randomly damaged ConfigMaps, compared with the authenticator."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eks_access.aws_auth.errors import AwsAuthConflictError
from eks_access.aws_auth.mapping import RoleMapping, quote
from eks_access.aws_auth.merge import plan_remove, plan_set
from eks_access.aws_auth.reader import Identity, Reading, read
from tests.oracle import Oracle
from tests.support.aws_auth_cases import CORPUS, OURS, for_others

BATCH = 150
"""Texts for one call of the authenticator: starting the program costs more than the reading."""

SHAPES = [
    *(next(iter(case["data"].values())) for case in CORPUS.values()),
    "# top\n- rolearn: a # x\n  username: b\n  # in\n\n# end\n- rolearn: c\n  username: d  # t\n# last",
    '[\n  # c\n  {"rolearn": "a", "username": "b"}, # d\n  {"rolearn": "c"} # e\n  # f\n]\n',
    "[{rolearn: a}, {rolearn: b},]",
    "[\r\n {rolearn: a},\r\n {rolearn: b}]\r\n",
    "--- # hi\n[] # no\n# more\n",
    "  - rolearn: a\n    username: |\n      x\n\n  - rolearn: b\n    username: >+\n      y\n\n...\n# after\n",
    "- rolearn: !!str 12\n  groups: [!!binary aGk=, .5, 0x1f, 1_000, 2001-01-01, 08, 1e3, yes]\n",
    "- &a\n  rolearn: a\n  username: b\n- <<: *a\n  rolearn: c\n- <<: [*a, {username: z}]\n- *a\n",
    "- rolearn: x\n  groups:\n  - a\n  -\n-\n- # c\n  rolearn: y\n",
    "# c\n%YAML 1.1\n%TAG !e! tag:yaml.org,2002:\n---\n- rolearn: !e!str a\n  username: b\n",
]
PIECES = [
    *"'\"-:#[]{},?&*!|>%@` \t\n\r~<=./\\0123nyNa_+eIi",
    *("é", "\x85", "\u2028", "\xa0", "\U0001f600", "ſ", "K", "\ufeff"),
    *("- ", ": ", "\n- ", "\n  ", " #", "\\u00", "rolearn: ", "username: ", "groups: ", "null", "<<: ", "*a", "&a "),
    *("%FOO 1\n", "%YAML 1.1\n", "%TAG ! x\n", "%TAG\t!e!\t!b # c\n", "\n%"),
    *("---\n", "...\n", "|\n", ">-\n", "''", '""', "[]", "{}", "\r\n", "!!str ", "!!float "),
]


@st.composite
def damaged(draw: st.DrawFn) -> str:
    text: str = draw(st.sampled_from(SHAPES))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        cut = draw(st.sampled_from([0, 0, 0, 1, 2]))
        text = text[:at] + draw(st.sampled_from(["", *PIECES])) + text[at + cut :]
    return text


texts = st.lists(damaged(), min_size=BATCH, max_size=BATCH)
many = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def is_unreadable(reading: Reading) -> bool:
    return not (reading.roles or reading.users or reading.accounts) and bool(reading.errors)


@many
@given(batch=texts)
def test_the_reader_agrees_with_the_authenticator_or_finds_the_section_unreadable(
    newest: Oracle, batch: list[str]
) -> None:
    sections = [{"mapRoles": text} for text in batch] + [{"mapAccounts": text} for text in batch[:20]]
    for data, real in zip(sections, newest.read(sections), strict=True):
        mine = read(data)
        if is_unreadable(mine):
            # Refusing more than the authenticator does is safe: an unreadable section is never written.
            continue
        try:
            plan_set(data, OURS)
        except AwsAuthConflictError:
            # What follows the document is outside the reading; such a text is never written either.
            continue
        assert for_others(mine) == for_others(real), data


@many
@given(batch=texts)
def test_no_plan_changes_how_other_mappings_are_read(authenticators: list[Oracle], batch: list[str]) -> None:
    planned = []
    for text in batch:
        data = {"mapRoles": text, "mapAccounts": "- 012345678901\n"}
        try:
            with_ours = plan_set(data, OURS).data
        except AwsAuthConflictError:
            continue
        planned.append((data, with_ours, plan_remove(with_ours, OURS).data))
    for authenticator in authenticators:
        readings = authenticator.read([data for plan in planned for data in plan])
        for index, (data, with_ours, _) in enumerate(planned):
            old, during, after = readings[3 * index : 3 * index + 3]
            assert for_others(during) == for_others(old), (authenticator.release, data, with_ours)
            assert for_others(after) == for_others(old), (authenticator.release, data)
            assert during.roles[OURS.key] == OURS.identity, (authenticator.release, data, with_ours)
            assert OURS.key not in after.roles


plain_lists = st.lists(
    st.tuples(
        st.sampled_from(["# note\n", "", "\n", "#\n# two lines\n"]),
        st.sampled_from(["", " # trailing", "   "]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=5,
)


@given(entries=plain_lists, ending=st.sampled_from(["", "\n", "\n\n", "\n# the end", "\n# the end\n"]))
def test_a_list_with_comments_comes_back_byte_by_byte(entries: list[tuple[str, str, int]], ending: str) -> None:
    text = "".join(
        f"{'' if i == 0 else chr(10)}{note}{' ' * indent}- rolearn: arn:aws:iam::111122223333:role/r{i}{trailing}\n"
        f"{' ' * indent}  username: u{i}{trailing}"
        for i, (note, trailing, _) in enumerate(entries)
        for indent in [entries[0][2]]
    )
    data = {"mapRoles": text + ending}
    with_ours = plan_set(data, OURS).data
    assert text in with_ours["mapRoles"], "no other character changes"
    assert plan_remove(with_ours, OURS).data == data


names = st.text(min_size=1, max_size=12)
TRICKY = ["y", "n", "no", "1e3", "0o17", "012345678901", "08", "~", "null", "- a", "a: b", "'", '"', "\\", "\U0001f600"]


def accepted(name: str) -> RoleMapping | None:
    try:
        return RoleMapping.of(OURS.rolearn, name, [name])
    except AwsAuthConflictError:
        return None


@many
@given(batch=st.lists(names, min_size=60, max_size=60))
def test_every_accepted_name_is_read_unchanged(authenticators: list[Oracle], batch: list[str]) -> None:
    wanted = [mapping for name in batch + TRICKY if (mapping := accepted(name)) is not None]
    for authenticator in authenticators:
        readings = authenticator.read([plan_set({}, mapping).data for mapping in wanted])
        for mapping, reading in zip(wanted, readings, strict=True):
            assert reading.roles[OURS.key] == mapping.identity, authenticator.release


@many
@given(batch=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=60, max_size=60))
def test_any_quoted_text_is_read_unchanged(authenticators: list[Oracle], batch: list[str]) -> None:
    data = [{"mapRoles": f"- rolearn: r\n  username: {quote(text)}\n"} for text in batch]
    for authenticator in authenticators:
        for text, reading in zip(batch, authenticator.read(data), strict=True):
            assert reading.roles["r"] == Identity(text, ()), authenticator.release
