from pathlib import Path

import pytest

from eks_access_probe.identity.identities import IdentitiesError, find_identities_file, load_identities

GOOD = """
version: 1
integrations:
  opentrace: {web_identity: {token: {command: [make-token]}, forged: {file: forged.jwt}}}
  conductorone: {profile: conductorone}
  conductorone-eu: {profile: conductorone-eu}
stranger: {profile: stranger}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "identities.yaml"


def test_an_integration_is_looked_up_by_its_name_and_then_by_its_vendor(file: Path) -> None:
    file.write_text(GOOD)
    known = load_identities(file)
    assert known.find("conductorone-eu", "conductorone") == known.integrations["conductorone-eu"]
    assert known.find("conductorone-us", "conductorone") == known.integrations["conductorone"]
    assert known.find("cado", "cado") is None
    assert known.stranger is not None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("version: 2", "version: Input should be 1"),
        ("integrations: {}", "version: Field required"),
        ("version: 1\nintegration: {}", "integration: Extra inputs are not permitted"),
        ("version: 1\nintegrations: {x: {profil: y}}", "integrations.x.profil: Extra inputs"),
        (
            "version: 1\nintegrations: {x: {}}",
            "give one of 'profile', 'web_identity', 'saml', 'sso', 'pod_identity' and 'operator'",
        ),
        (
            "version: 1\nintegrations: {x: {profile: y, web_identity: {token: {file: z}}}}",
            "give one of 'profile', 'web_identity'",
        ),
        ("version: 1\nintegrations: {x: {web_identity: {token: {}}}}", "either 'command' or 'file'"),
        ("version: 1\nintegrations: {x: {web_identity: {token: {command: []}}}}", "at least 1 item"),
        ("version: 1\nintegrations: {x: {profile: ''}}", "at least 1 character"),
        ("[1]", "expected a mapping"),
        ("a: [", "is not valid YAML"),
    ],
)
def test_another_form_is_refused_with_its_place(text: str, told: str, file: Path) -> None:
    file.write_text(text)
    with pytest.raises(IdentitiesError) as refused:
        load_identities(file)
    assert told in str(refused.value)
    assert str(file) in str(refused.value)


def test_a_value_in_the_wrong_place_is_not_repeated(file: Path) -> None:
    file.write_text("version: 1\nintegrations: {x: {profile: y, token: hunter2}}")
    with pytest.raises(IdentitiesError) as refused:
        load_identities(file)
    assert "hunter2" not in str(refused.value)


def test_the_file_is_the_one_given_or_the_one_of_the_environment() -> None:
    assert find_identities_file(Path("a"), {"EKS_ACCESS_IDENTITIES": "b"}) == Path("a")
    assert find_identities_file(None, {"EKS_ACCESS_IDENTITIES": "b"}) == Path("b")
    with pytest.raises(IdentitiesError, match="give --identities FILE or set EKS_ACCESS_IDENTITIES"):
        find_identities_file(None, {})
