"""YAML directives: what the authenticator drops the section for is refused, and what it accepts is merged into."""

import pytest

from eks_access.aws_auth.errors import AwsAuthConflictError, Code
from eks_access.aws_auth.hazards import find_hazards
from eks_access.aws_auth.merge import plan_remove, plan_set
from eks_access.aws_auth.reader import read
from tests.oracle import Oracle
from tests.support.aws_auth_cases import NODE, OURS, for_others

DROPPED = {
    "unknown": f"%FOO 1\n---\n{NODE}",
    "unknown without a value": f"%FOO\n---\n{NODE}",
    "unknown with several": f"%FOO bar baz\n---\n{NODE}",
    "unknown after another": f"%YAML 1.1\n%FOO 1\n---\n{NODE}",
    "unknown after a comment": f"# c\n%FOO 1\n---\n{NODE}",
    "unknown after a byte order mark": f"\ufeff%FOO 1\n---\n{NODE}",
    "unknown without a document start": f"%FOO 1\n{NODE}",
    "unknown inside": NODE.replace("  rolearn", "%FOO 1\n  rolearn"),
    "unknown at the end": f"{NODE}%FOO 1\n",
    "lower case": f"%yaml 1.1\n---\n{NODE}",
    "no name": f"%\n---\n{NODE}",
    "space before the name": f"% YAML 1.1\n---\n{NODE}",
    "another version": f"%YAML 1.2\n---\n{NODE}",
    "an old version": f"%YAML 1.0\n---\n{NODE}",
    "a long version": f"%YAML 0000000001.1\n---\n{NODE}",
    "half a version": f"%YAML 1\n---\n{NODE}",
    "a version of three": f"%YAML 1.1.1\n---\n{NODE}",
    "twice": f"%YAML 1.1\n%YAML 1.1\n---\n{NODE}",
    "a handle twice": f"%TAG !e! tag:a\n%TAG !e! tag:b\n---\n{NODE}",
    "a prefix with a comment at once": f"%TAG !e! tag:a#b\n---\n{NODE}",
    "a prefix with what no URI has": f"%TAG !e! tag:a|b\n---\n{NODE}",
    "a tag without a prefix": f"%TAG !e!\n---\n{NODE}",
    "without a document start": f"%YAML 1.1\n{NODE}",
}
ACCEPTED = {
    "version": f"%YAML 1.1\n---\n{NODE}",
    "version with zeros": f"%YAML 01.1\n---\n{NODE}",
    "with a comment": f"%YAML 1.1 # c\n---\n{NODE}",
    "with a comment at once": f"%YAML 1.1#c\n---\n{NODE}",
    "with tabs": f"%YAML\t1.1\t\n---\n{NODE}",
    "with CRLF": f"%YAML 1.1\r\n---\r\n{NODE}",
    "after a comment": f"# c\n\n%YAML 1.1\n---\n{NODE}",
    "after a byte order mark": f"\ufeff%YAML 1.1\n---\n{NODE}",
    "a tag": f"%TAG !e! tag:yaml.org,2002:\n---\n{NODE}- rolearn: !e!str a\n  username: !e!str 12\n",
    "a tag with a comment": f"%TAG !e! tag:a # b\n---\n{NODE}",
    "another default tag": f"%TAG !! tag:example,2000:\n---\n{NODE}- rolearn: !!str a\n  username: !!int 12\n",
    "a percent sign in a value": f"{NODE}- rolearn: a\n  username: '%FOO 1'\n",
    "a percent sign in a comment": f"# %FOO 1\n{NODE}",
}


@pytest.mark.parametrize("name", DROPPED)
def test_a_directive_that_the_authenticator_drops_the_section_for_is_refused(name: str) -> None:
    data = {"mapRoles": DROPPED[name]}
    assert read(data).roles == {}
    for plan in (plan_set, plan_remove):
        with pytest.raises(AwsAuthConflictError) as refused:
            plan(data, OURS)
        assert refused.value.code is Code.UNREADABLE
    assert [hazard.code for hazard in find_hazards(data)] == ["unreadable"]


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_directive_that_the_authenticator_accepts_is_kept(name: str) -> None:
    data = {"mapRoles": ACCEPTED[name]}
    with_ours = plan_set(data, OURS)
    assert with_ours.data["mapRoles"].startswith(ACCEPTED[name])
    assert plan_remove(with_ours.data, OURS).data == data


@pytest.mark.parametrize("section", ["mapRoles", "mapUsers", "mapAccounts"])
def test_every_section_is_dropped_for_an_unknown_directive(section: str, authenticators: list[Oracle]) -> None:
    item = {"mapRoles": "- rolearn: a\n", "mapUsers": "- userarn: a\n", "mapAccounts": "- '012345678901'\n"}[section]
    with_directive, without = {section: f"%FOO 1\n---\n{item}"}, {section: item}
    for authenticator in authenticators:
        dropped, kept = authenticator.read([with_directive, without])
        assert (dropped.roles, dropped.users, dropped.accounts) == ({}, {}, frozenset())
        assert kept.roles or kept.users or kept.accounts
    assert read(with_directive).errors
    assert not read(without).errors


def test_the_authenticator_agrees_about_every_case(authenticators: list[Oracle]) -> None:
    cases = DROPPED | ACCEPTED
    sections = [{"mapRoles": text} for text in cases.values()]
    for authenticator in authenticators:
        for name, data, real in zip(cases, sections, authenticator.read(sections), strict=True):
            assert for_others(read(data)) == for_others(real), f"{name} in {authenticator.release}"
            assert bool(real.roles) is (name in ACCEPTED), f"{name} in {authenticator.release}"
