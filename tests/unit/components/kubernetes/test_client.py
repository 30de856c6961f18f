"""The client, against a local HTTP server."""

import gzip
import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from eks_access.kubernetes.client import ApiError, KubernetesApi, UnreachableError
from eks_access.kubernetes.credentials import CredentialError
from eks_access.kubernetes.kubeconfig import KubeconfigError

GZIP = b"\x1f\x8b"


class Server(BaseHTTPRequestHandler):
    answers: ClassVar[dict[str, tuple[int, bytes]]] = {}
    authorizations: ClassVar[list[str | None]] = []
    cut_off: ClassVar[set[str]] = set()
    """Paths whose response is cut off in the middle."""

    def do_GET(self) -> None:
        self.authorizations.append(self.headers.get("Authorization"))
        status, body = self.answers[self.path]
        self.send_response(status)
        if body.startswith(GZIP):
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:-1] if self.path in self.cut_off else body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server() -> Iterator[str]:
    Server.answers, Server.authorizations, Server.cut_off = {}, [], set()
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


def kubeconfig(server: str, user: dict[str, Any]) -> dict[str, Any]:
    return {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }


def exec_user(tmp_path: Path, *, expires: datetime | None, exit_code: int = 0) -> dict[str, Any]:
    """A user whose credential command prints a token with the number of its runs."""
    script, runs = tmp_path / "credential.py", tmp_path / "runs"
    status: dict[str, str] = {"expirationTimestamp": expires.isoformat()} if expires else {}
    script.write_text(
        f"import json, pathlib, sys\nruns = pathlib.Path({str(runs)!r})\n"
        "count = int(runs.read_text()) + 1 if runs.exists() else 1\nruns.write_text(str(count))\n"
        f"print('no login for you', file=sys.stderr)\n"
        f"print(json.dumps({{'status': {{'token': f'run-{{count}}', **{status!r}}}}}))\nsys.exit({exit_code})\n"
    )
    return {"exec": {"command": sys.executable, "args": [str(script)], "installHint": "Install it."}}


def test_an_error_has_the_status_reason_and_message_of_the_server(server: str) -> None:
    refusal = {"kind": "Status", "reason": "Forbidden", "message": "pods is forbidden"}
    Server.answers = {
        "/denied": (403, json.dumps(refusal).encode()),
        "/fine": (200, b'{"a": 1}'),
        "/odd": (502, b"<x>"),
    }
    api = KubernetesApi(server)
    with pytest.raises(ApiError) as refused:
        api.json("GET", "/denied")
    assert (refused.value.status, refused.value.reason, refused.value.message) == (
        403,
        "Forbidden",
        "pods is forbidden",
    )
    with pytest.raises(ApiError, match="502: <x>"):
        api.json("GET", "/odd")
    assert api.json("GET", "/fine") == {"a": 1}


def test_no_response_is_another_error_than_a_refusal() -> None:
    with pytest.raises(UnreachableError, match=r"no answer from http://127.0.0.1:1"):
        KubernetesApi("http://127.0.0.1:1", timeout=2).request("GET", "/version")


@pytest.mark.parametrize("body", [b"0123456789" * 10, gzip.compress(b"0123456789" * 10)], ids=["plain", "compressed"])
def test_a_large_body_can_be_read_as_it_is_received(server: str, body: bytes) -> None:
    Server.answers = {"/": (200, body)}
    answer = KubernetesApi(server).open("GET", "/")
    assert (answer.status, answer.read(7), answer.read(7)) == (200, b"0123456", b"7890123")
    assert answer.read() == (b"0123456789" * 10)[14:]
    assert answer.read(1) == b"", "the end"


def test_a_body_that_ends_early_is_an_error_when_it_is_read(server: str) -> None:
    Server.answers, Server.cut_off = {"/": (200, b"0123456789")}, {"/"}
    answer = KubernetesApi(server).open("GET", "/")
    assert answer.read(5) == b"01234"
    with pytest.raises(UnreachableError):
        answer.read()


def test_a_credential_is_reused_until_shortly_before_it_expires(server: str, tmp_path: Path) -> None:
    Server.answers = {"/": (200, b"{}")}
    lasting = kubeconfig(server, exec_user(tmp_path, expires=datetime.now(UTC) + timedelta(minutes=5)))
    api = KubernetesApi.from_kubeconfig(lasting)
    api.json("GET", "/")
    api.json("GET", "/")
    assert Server.authorizations == ["Bearer run-1", "Bearer run-1"]


def test_a_credential_that_is_about_to_expire_is_renewed(server: str, tmp_path: Path) -> None:
    Server.answers = {"/": (200, b"{}")}
    ending = kubeconfig(server, exec_user(tmp_path, expires=datetime.now(UTC) + timedelta(seconds=5)))
    api = KubernetesApi.from_kubeconfig(ending)
    api.json("GET", "/")
    api.json("GET", "/")
    assert Server.authorizations == ["Bearer run-1", "Bearer run-2"]


def test_a_failing_credential_command_is_an_error_with_its_message(server: str, tmp_path: Path) -> None:
    Server.answers = {"/": (200, b"{}")}
    api = KubernetesApi.from_kubeconfig(kubeconfig(server, exec_user(tmp_path, expires=None, exit_code=3)))
    with pytest.raises(CredentialError, match="exit code 3: no login for you"):
        api.request("GET", "/")
    assert Server.authorizations == [], "nothing was sent"


def failing_user(script: str, **variables: str) -> dict[str, Any]:
    env = [{"name": name, "value": value} for name, value in variables.items()]
    return {"exec": {"command": "sh", "args": ["-c", script], "env": env, "installHint": "Ask https://me:hunter2@x."}}


@pytest.mark.parametrize(
    "user",
    [
        failing_user("curl -H 'X-Vault: hunter2hunter2' vault; echo failed with hunter2hunter2 >&2; exit 3"),
        failing_user("set -x; : token=hunter2hunter2; echo failed >&2; exit 3"),
        failing_user("echo failed $VAULT_PASS >&2; exit 3", VAULT_PASS="hunter2"),
        failing_user("echo 'failed: Authorization: Bearer hunter2' >&2; exit 3"),
        failing_user("echo 'failed: https://boss:hunter2@vault/' >&2; exit 3"),
    ],
    ids=lambda user: user["exec"]["args"][1],
)
def test_a_failing_credential_command_repeats_no_secret(
    server: str, user: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    api = KubernetesApi.from_kubeconfig(kubeconfig(server, user))
    with caplog.at_level(logging.DEBUG), pytest.raises(CredentialError, match="'sh' failed with exit code 3") as failed:
        api.request("GET", "/")
    shown = "".join(traceback.format_exception(failed.value)) + caplog.text
    assert "hunter2" not in shown
    assert "failed" in str(failed.value).partition("code 3:")[2], "the rest of its words stay"


def test_a_command_that_cannot_run_or_does_not_end_repeats_no_secret(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eks_access.kubernetes.credentials._COMMAND_SECONDS", 0.05)
    slow = failing_user("sleep 5 # hunter2")
    missing = {"exec": {**failing_user("hunter2")["exec"], "command": "no-such-command-here"}}
    for user, words in ((slow, "did not end within"), (missing, "No such file")):
        with pytest.raises(CredentialError, match=words) as failed:
            KubernetesApi.from_kubeconfig(kubeconfig(server, user)).request("GET", "/")
        assert "hunter2" not in "".join(traceback.format_exception(failed.value))


@pytest.mark.parametrize(
    "output", ["hunter2", '{"status": "hunter2"}', '{"status": {"token": "t", "expirationTimestamp": "hunter2"}}']
)
def test_an_output_that_is_no_credential_is_not_repeated(server: str, output: str) -> None:
    user = {"exec": {"command": "printf", "args": ["%s", output]}}
    with pytest.raises(CredentialError, match="printed no ExecCredential") as failed:
        KubernetesApi.from_kubeconfig(kubeconfig(server, user)).request("GET", "/")
    assert "hunter2" not in "".join(traceback.format_exception(failed.value))


@pytest.mark.parametrize(("asks", "has_cluster"), [(True, True), (False, False)])
def test_a_credential_command_is_given_the_cluster_if_it_asks_for_it(
    server: str, tmp_path: Path, asks: bool, has_cluster: bool
) -> None:
    Server.answers = {"/": (200, b"{}")}
    script = f'printf %s "$KUBERNETES_EXEC_INFO" > {tmp_path}/info; echo \'{{"status": {{"token": "t"}}}}\''
    user = {"exec": {"apiVersion": "v", "command": "sh", "args": ["-c", script], "provideClusterInfo": asks}}
    KubernetesApi.from_kubeconfig(kubeconfig(server, user)).request("GET", "/")
    info = json.loads((tmp_path / "info").read_text())
    assert (info["apiVersion"], info["kind"], info["spec"]["interactive"]) == ("v", "ExecCredential", False)
    assert ("cluster" in info["spec"]) is has_cluster
    assert not has_cluster or info["spec"]["cluster"]["server"] == server


def test_a_missing_credential_command_is_an_error_with_its_install_hint(server: str) -> None:
    user = {"exec": {"command": "no-such-command-here", "installHint": "Install it."}}
    with pytest.raises(CredentialError, match=r"'no-such-command-here'.*Install it\."):
        KubernetesApi.from_kubeconfig(kubeconfig(server, user)).request("GET", "/")


def test_requests_are_logged_without_headers_bodies_and_query_values(
    server: str, caplog: pytest.LogCaptureFixture
) -> None:
    Server.answers = {"/pods?continue=hunter2": (200, b'{"a": "hunter2"}')}
    api = KubernetesApi(server, bearer=lambda: "hunter2")
    with caplog.at_level(logging.DEBUG, logger="eks_access"):
        api.json("GET", "/pods", query={"continue": "hunter2"}, headers={"X-Secret": "hunter2"}, body={"b": "hunter2"})
    (record,) = (each for each in caplog.records if each.name == "eks_access.kubernetes.client")
    assert re.fullmatch(rf"GET {server}/pods: 200 after \d+\.\d{{3}} s", record.getMessage())
    assert "hunter2" not in caplog.text


def test_a_missing_response_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="eks_access"), pytest.raises(UnreachableError):
        KubernetesApi("http://127.0.0.1:1", timeout=2).request("GET", "/version")
    assert "GET http://127.0.0.1:1/version: no response after" in caplog.text


def test_a_kubeconfig_that_refers_to_a_missing_entry_is_refused() -> None:
    with pytest.raises(KubeconfigError, match=r"no context named 'y'; it has \['x'\]"):
        KubernetesApi.from_kubeconfig(kubeconfig("https://c", {"token": "t"}), context="y")


@pytest.mark.parametrize("text", ["users: [{token: hunter2", "hunter2"])
def test_a_text_that_is_no_kubeconfig_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(KubeconfigError) as refused:
        KubernetesApi.from_kubeconfig(text)
    assert "hunter2" not in str(refused.value)
