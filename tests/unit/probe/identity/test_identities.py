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


def test_an_identity_is_found_by_integration_and_then_by_vendor(file: Path) -> None:
    file.write_text(GOOD)
    known = load_identities(file)
    assert known.find("conductorone-eu", "conductorone") == known.integrations["conductorone-eu"]
    assert known.find("conductorone-us", "conductorone") == known.integrations["conductorone"]
    assert known.find("cado", "cado") is None
    assert known.stranger is not None


@pytest.mark.parametrize(
    ("text", "message"),
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
def test_an_invalid_file_is_refused_with_the_path_of_the_field(text: str, message: str, file: Path) -> None:
    file.write_text(text)
    with pytest.raises(IdentitiesError) as refused:
        load_identities(file)
    assert message in str(refused.value)
    assert str(file) in str(refused.value)


def test_the_value_of_an_unknown_field_is_not_in_the_message(file: Path) -> None:
    file.write_text("version: 1\nintegrations: {x: {profile: y, token: hunter2}}")
    with pytest.raises(IdentitiesError) as refused:
        load_identities(file)
    assert "hunter2" not in str(refused.value)


def test_the_option_has_precedence_over_the_environment_variable() -> None:
    assert find_identities_file(Path("a"), {"EKS_ACCESS_IDENTITIES": "b"}) == Path("a")
    assert find_identities_file(None, {"EKS_ACCESS_IDENTITIES": "b"}) == Path("b")
    with pytest.raises(IdentitiesError, match="give --identities FILE or set EKS_ACCESS_IDENTITIES"):
        find_identities_file(None, {})
