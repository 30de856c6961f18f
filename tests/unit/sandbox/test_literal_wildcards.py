import pytest

from sandbox.aws.literal_wildcards import compile_pattern


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("kube-*", "kube-system", True),
        ("kube-?ystem", "kube-system", True),
        ("*${*}*", "kube-*", True),
        ("*${*}*", "kube-system", False),
        ("a${?}", "a?", True),
        ("a${?}", "ab", False),
        ("${$}x", "$x", True),
        ("${aws:username}", "${aws:username}", True),
        ("a.b", "axb", False),
    ],
)
def test_a_wildcard_in_braces_is_the_character_itself(pattern: str, text: str, matches: bool) -> None:
    assert bool(compile_pattern(pattern, ignore_case=False).match(text)) is matches


def test_actions_are_compared_without_case() -> None:
    assert compile_pattern("eks:describe*", ignore_case=True).match("eks:DescribeCluster")
