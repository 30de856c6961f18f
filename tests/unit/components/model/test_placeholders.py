from enum import StrEnum

from eks_access.model.placeholders import fill, is_known, map_texts, mentioned, placeholder


def test_a_placeholder_survives_an_f_string_and_is_found_in_it() -> None:
    text = f"arn:aws:iam::{placeholder('account')}:role/{placeholder('role')}"
    assert mentioned(text) == ["account", "role"], "in order, each once"
    assert not is_known(text)


def test_filling_replaces_known_placeholders_and_keeps_the_others() -> None:
    text = f"{placeholder('a')}-{placeholder('b')}-{placeholder('a')}"
    assert fill(text, {"a": "1"}) == f"1-{placeholder('b')}-1"
    assert fill(text, {"a": "1", "b": "2"}) == "1-2-1"


def test_a_value_that_looks_like_a_pattern_is_filled_in_literally() -> None:
    assert fill(placeholder("a"), {"a": r"\1 \g<0>"}) == r"\1 \g<0>"


def test_every_text_of_a_tree_is_transformed_except_keys_and_enums() -> None:
    class Kind(StrEnum):
        ONE = "one"

    tree = {"a": ["x", {"b": "y"}], "kind": Kind.ONE, "n": 3, "none": None}
    changed = map_texts(tree, str.upper)
    assert changed == {"a": ["X", {"b": "Y"}], "kind": Kind.ONE, "n": 3, "none": None}
    assert changed["kind"] is Kind.ONE, "an enum member stays a member"
