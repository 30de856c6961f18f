"""Kubeconfigs: what is built, what is read from files, and which parts of a text are found."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from eks_access.errors import InvalidInputError
from eks_access.kubernetes.kubeconfig import (
    KubeconfigError,
    build_kubeconfig,
    find_cluster_name,
    has_secret,
    is_kubeconfig,
    is_same_cluster,
    read_environment_kubeconfig,
    read_kubeconfig_file,
    resolve_cluster_address,
    resolve_context,
)

BUILT = build_kubeconfig(
    cluster_name="prod", region="eu-west-1", endpoint="https://cluster", certificate_authority="Y2E="
)


def changed(**cluster: Any) -> str:
    content = json.loads(BUILT)
    content["clusters"][0]["cluster"] |= cluster
    return json.dumps(content)


def test_a_built_kubeconfig_leads_to_its_cluster_and_contains_no_credential() -> None:
    context = resolve_context(BUILT)
    assert (context.server, context.certificate_authority) == ("https://cluster", b"ca")
    assert context.user["exec"]["args"] == ["token", "--cluster-name", "prod", "--region", "eu-west-1"]
    assert not has_secret(BUILT)
    assert find_cluster_name(BUILT) == "prod"
    assert resolve_cluster_address("kubeconfig", BUILT) == ("https://cluster", "Y2E=")


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (BUILT.replace("eks-access", "aws"), True),
        (changed(server="https://another"), False),
        (changed(**{"certificate-authority-data": "Y2I="}), False),
        ("not a kubeconfig", False),
    ],
)
def test_a_cluster_is_compared_by_server_and_authority_and_not_by_credentials(other: str, same: bool) -> None:
    assert is_same_cluster(BUILT, other) is same


@pytest.mark.parametrize("text", ["", "clusters: []", "[", "just text", "users: [{user: {token: hunter2}}]"])
def test_a_text_without_clusters_is_no_kubeconfig_and_counts_as_secret(text: str) -> None:
    assert not is_kubeconfig(text)
    assert has_secret(text)


@pytest.mark.parametrize("users", ["x", [1], [{"user": "x"}], [{}]])
def test_users_of_another_shape_are_ignored(users: Any) -> None:
    assert not has_secret(json.dumps(json.loads(BUILT) | {"users": users}))


def test_a_certificate_authority_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_bytes(b"in a file")
    text = changed(**{"certificate-authority-data": "", "certificate-authority": str(tmp_path / "ca.crt")})
    assert resolve_cluster_address("x", text) == ("https://cluster", base64.b64encode(b"in a file").decode())


def test_a_certificate_authority_that_is_not_base64_is_refused_with_its_field() -> None:
    with pytest.raises(InvalidInputError, match="'certificate-authority-data' is not base64"):
        resolve_cluster_address("clusters.api", changed(**{"certificate-authority-data": "Y"}))


def test_a_cluster_without_a_server_is_refused_with_its_name() -> None:
    with pytest.raises(KubeconfigError, match="cluster 'prod' has no 'server'"):
        resolve_context(changed(server=""))


def test_a_file_name_may_have_variables_that_are_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text(BUILT)
    monkeypatch.setenv("FOLDER", str(tmp_path))
    monkeypatch.delenv("MISSING", raising=False)
    assert read_kubeconfig_file("kubeconfig_file", "$FOLDER/config") == BUILT
    with pytest.raises(InvalidInputError, match=r"kubeconfig_file is '.MISSING/config', which names a variable that"):
        read_kubeconfig_file("kubeconfig_file", "$MISSING/config")
    with pytest.raises(InvalidInputError, match="cannot be read"):
        read_kubeconfig_file("kubeconfig_file", "$FOLDER/missing")


def test_the_environment_names_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "config"
    file.write_text(BUILT)
    monkeypatch.setenv("KUBECONFIG", str(file))
    assert read_environment_kubeconfig() == BUILT
    monkeypatch.setenv("KUBECONFIG", f"{file}:{file}")
    with pytest.raises(KubeconfigError, match="Set KUBECONFIG to one file"):
        read_environment_kubeconfig()
