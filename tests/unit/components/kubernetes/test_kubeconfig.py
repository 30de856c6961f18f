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
    join_contexts,
    read_environment_kubeconfig,
    read_kubeconfig_file,
    resolve_cluster_address,
    resolve_context,
    select_context,
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


@pytest.mark.parametrize(("users", "secret"), [("x", True), ([1], True), ([{"user": "x"}], True), ([{}], False)])
def test_users_of_another_shape_may_be_secrets(users: Any, secret: bool) -> None:
    assert has_secret(json.dumps(json.loads(BUILT) | {"users": users})) is secret


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


def with_user(**user: Any) -> str:
    content = json.loads(BUILT)
    content["users"][0]["user"] = user
    return json.dumps(content)


def with_exec(*args: str, command: str = "aws", **fields: Any) -> str:
    return with_user(exec={"apiVersion": "client.authentication.k8s.io/v1", "command": command, "args": args, **fields})


PLAIN = {
    "the AWS CLI": with_exec("--region", "eu-west-1", "eks", "get-token", "--cluster-name", "prod", "--output", "json"),
    "the AWS CLI with a role": with_exec(
        "eks", "get-token", "--cluster-name=prod", "--role-arn", "arn:aws:iam::1:role/x"
    ),
    "the authenticator": with_exec(
        "token", "-i", "prod", "-r", "arn:aws:iam::1:role/x", command="aws-iam-authenticator"
    ),
    "a profile": with_exec(
        "eks", "get-token", env=[{"name": "AWS_PROFILE", "value": "dev"}], installHint="Install it."
    ),
    "a command alone": with_user(exec={"command": "sign-in", "args": None, "env": None, "provideClusterInfo": False}),
    "a file with a token": with_user(tokenFile="/var/run/token"),
    "files": with_user(**{"client-certificate": "/tls.crt", "client-key": "/tls.key"}),
    "a certificate": with_user(**{"client-certificate-data": base64.b64encode(b"CERTIFICATE").decode()}),
    "another user": with_user(**{"as": "boss", "as-groups": ["admins"]}),
    "a proxy": changed(**{"proxy-url": "http://proxy:3128"}),
}
SECRET = {
    "a token": with_user(token="hunter2"),
    "a password": with_user(username="boss", password="hunter2"),
    "a key": with_user(**{"client-key-data": "aw=="}),
    "a key with its certificate": with_user(
        **{"client-certificate-data": base64.b64encode(b"-BEGIN PRIVATE KEY-").decode()}
    ),
    "another provider": with_user(**{"auth-provider": {"name": "oidc", "config": {"client-secret": "hunter2"}}}),
    "a shell": with_exec("-c", "curl -H 'X-Vault: hunter2' https://vault", command="sh"),
    "a shell's command line": with_exec(command="sh -c 'curl -u boss:hunter2 https://vault'"),
    "a token in the hint": with_exec(installHint="sign in by VAULT_TOKEN=hunter2 sign-in"),
    "an option of another command": with_exec("get-token", "--client-secret", "hunter2", command="kubelogin"),
    "an option with its value": with_exec("get-token", "--client-secret=hunter2", command="kubelogin"),
    "a plain argument": with_exec("hunter2", command="sign-in"),
    "a value after a known option": with_exec("--region", "eu-west-1", "hunter2"),
    "a variable": with_exec(env=[{"name": "VAULT_PASS", "value": "hunter2"}]),
    "a credential in a variable": with_exec(env=[{"name": "AWS_ACCESS_KEY_ID", "value": "AKIA"}]),
    "a user in the server": changed(server="https://boss:hunter2@cluster"),
    "a query in the server": changed(server="https://cluster?token=hunter2"),
    "a user in the proxy": changed(**{"proxy-url": "http://boss:hunter2@proxy:3128"}),
    "a field of another tool": with_user(**{"vault-token": "hunter2"}),
    "a field of the file": json.dumps({**json.loads(BUILT), "x-token": "hunter2"}),
    "an extension": changed(extensions=[{"name": "x", "extension": {"token": "hunter2"}}]),
}


@pytest.mark.parametrize("name", PLAIN)
def test_what_is_known_to_be_no_secret_stays_readable(name: str) -> None:
    assert not has_secret(PLAIN[name])


@pytest.mark.parametrize("name", SECRET)
def test_everything_else_counts_as_a_secret(name: str) -> None:
    assert has_secret(SECRET[name])


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (changed(**{"proxy-url": "http://boss:hunter2@proxy"}), "proxy-url"),
        (changed(**{"new-option": "hunter2"}), "new-option"),
        (with_user(**{"as": "hunter2"}), "as"),
        (with_user(**{"as-groups": ["hunter2"]}), "as-groups"),
        (with_user(**{"as-user-extra": {"a": ["hunter2"]}}), "as-user-extra"),
        (with_user(**{"auth-provider": {"name": "hunter2"}}), "auth-provider"),
        (with_user(username="boss", password="hunter2"), "password"),
        (with_exec(stdinUnavailable="hunter2"), "stdinUnavailable"),
    ],
)
def test_a_field_that_changes_how_or_as_which_user_a_cluster_is_reached_is_refused(text: str, field: str) -> None:
    with pytest.raises(KubeconfigError, match=f"'{field}'.* not supported here") as refused:
        resolve_context(text)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("server", ["https://boss:hunter2@cluster", "https://cluster/?token=hunter2", "hunter2"])
def test_a_server_with_a_credential_is_refused_without_repeating_it(server: str) -> None:
    with pytest.raises(KubeconfigError, match="the 'server' of cluster 'prod' is no URL") as refused:
        resolve_context(changed(server=server))
    assert "hunter2" not in str(refused.value)


def test_empty_fields_and_those_of_other_contexts_are_no_reason_to_refuse() -> None:
    content = json.loads(changed(**{"proxy-url": "", "disable-compression": True}))
    content["users"].append({"name": "other", "user": {"as": "boss"}})
    assert resolve_context(json.dumps(content)).server == "https://cluster"


def test_contexts_are_joined_under_their_names_and_selected_again() -> None:
    other = BUILT.replace("https://", "https://other-")
    joined = join_contexts({"api": BUILT, "both": other})
    for name, text in (("api", BUILT), ("both", other)):
        selected = select_context(joined, name)
        assert resolve_context(selected) == resolve_context(text)
        assert is_same_cluster(selected, text)
        assert list(json.loads(selected)["contexts"][0]) == ["name", "context"]
        assert len(json.loads(selected)["clusters"]) == 1
    with pytest.raises(KubeconfigError, match="no context named 'prod'"):
        select_context(joined, "prod")
