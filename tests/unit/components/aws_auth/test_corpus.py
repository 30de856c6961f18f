"""Every case of the corpus, compared with the recorded reading and with the authenticator itself."""

import pytest

from eks_access.aws_auth.errors import AwsAuthConflictError, Code
from eks_access.aws_auth.merge import plan_remove, plan_set
from eks_access.aws_auth.reader import ROLES, read, read_section
from tests.oracle import Oracle
from tests.support.aws_auth_cases import CORPUS, OURS, effective, for_others

REFUSED = {
    "mapping_instead_of_list": Code.NOT_A_LIST,
    "nested_mapRoles_key": Code.NOT_A_LIST,
    "tabs_indent": Code.UNREADABLE,
    "unclosed_quote": Code.UNREADABLE,
    "username_template_unquoted_start": Code.UNREADABLE,
}
ALLOWED = sorted(set(CORPUS) - set(REFUSED))


@pytest.mark.parametrize("name", CORPUS)
def test_the_reader_agrees_with_the_recorded_reading_of_the_authenticator(name: str) -> None:
    case = CORPUS[name]
    reading = read(case["data"])
    assert effective(reading) == sorted(case["authenticator_effective"])
    assert bool(reading.errors) == bool(case["authenticator_error"]), "it reports an error if the authenticator does"


def test_the_built_authenticator_still_reads_the_corpus_as_recorded(newest: Oracle) -> None:
    readings = newest.read([case["data"] for case in CORPUS.values()])
    for name, reading in zip(CORPUS, readings, strict=True):
        assert effective(reading) == sorted(CORPUS[name]["authenticator_effective"]), name


@pytest.mark.parametrize("name", REFUSED)
def test_a_section_that_the_authenticator_ignores_is_refused_and_not_repaired(name: str) -> None:
    with pytest.raises(AwsAuthConflictError) as refused:
        plan_set(CORPUS[name]["data"], OURS)
    assert refused.value.code is REFUSED[name]
    assert refused.value.line is not None, "the message has the line"
    assert "nothing was changed" in refused.value.advice


@pytest.mark.parametrize("name", ALLOWED)
def test_adding_and_removing_keeps_other_mappings_and_restores_the_text(name: str) -> None:
    data = CORPUS[name]["data"]
    with_ours = plan_set(data, OURS)
    without = plan_remove(with_ours.data, OURS)
    assert read(with_ours.data).roles[OURS.key] == OURS.identity, "the mapping must count"
    assert for_others(read(with_ours.data)) == for_others(read(data))
    assert for_others(read(without.data)) == for_others(read(data))
    assert OURS.key not in read(without.data).roles
    if read_section(data, ROLES).document is not None and read_section(data, ROLES).items:
        assert without.data == data, "a list that had entries comes back byte by byte"


def test_the_authenticators_read_other_mappings_unchanged(authenticators: list[Oracle]) -> None:
    before = [CORPUS[name]["data"] for name in ALLOWED]
    during = [plan_set(data, OURS).data for data in before]
    after = [plan_remove(data, OURS).data for data in during]
    for authenticator in authenticators:
        readings = [authenticator.read(batch) for batch in (before, during, after)]
        for name, old, with_ours, without in zip(ALLOWED, *readings, strict=True):
            where = f"{name} in {authenticator.release}"
            assert for_others(with_ours) == for_others(old), where
            assert for_others(without) == for_others(old), where
            assert with_ours.roles[OURS.key] == OURS.identity, where
            assert OURS.key not in without.roles, where
