"""An interrupted deployment can be resumed: no resource is lost, and none is created twice."""

import http.client
import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests.e2e.program import Program

pytestmark = pytest.mark.e2e


def config(name: str) -> dict[str, object]:
    cado = {
        "vendor": "cado",
        "platform_role_arns": ["arn:aws:iam::444455556666:role/CadoPlatform"],
        "namespaces": ["web"],
    }
    return {"eks-access:integrations": {name: cado}}


@contextmanager
def running(program: Program, *command: str) -> "Iterator[subprocess.Popen[str]]":
    """A running engine, killed at the end without a chance to clean up."""
    arguments = ["pulumi", *command, "--yes", "--skip-preview", "--non-interactive", "--suppress-outputs"]
    with subprocess.Popen(
        [*arguments, "--stack", program.stack],
        cwd=program.folder,
        env={**program.sandbox.env, **program.env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as engine:
        yield engine
        engine.kill()
        # Its language host outlives it.
        with suppress(ProcessLookupError):
            os.killpg(engine.pid, signal.SIGKILL)


def wait_for(engine: "subprocess.Popen[str]", words: str) -> None:
    assert engine.stdout is not None
    assert any(words in line for line in engine.stdout), f"the engine ended before it printed: {words}"


class SlowAws(ThreadingHTTPServer):
    """A proxy of the sandbox's AWS that withholds responses to new access entries until `answers` is set."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(("127.0.0.1", 0), _Forward)
        self.upstream = endpoint.removeprefix("http://")
        self.made = threading.Event()
        self.answers = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Forward(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SlowAws

    def forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with closing(http.client.HTTPConnection(self.server.upstream)) as upstream:
            # The signed Host header is forwarded with the others.
            upstream.request(self.command, self.path, body, dict(self.headers))
            answer = upstream.getresponse()
            content = answer.read()
        if self.command == "POST" and self.path.endswith("/access-entries"):
            self.server.made.set()
            self.server.answers.wait(60)
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):  # the client was killed
            self.wfile.write(content)

    do_GET = do_POST = do_DELETE = do_PUT = forward

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def slow_aws(sandbox: Sandbox) -> Iterator[SlowAws]:
    with SlowAws(sandbox.endpoint) as slow:
        threading.Thread(target=slow.serve_forever, daemon=True).start()
        yield slow
        slow.answers.set()
        slow.shutdown()


def entries(sandbox: Sandbox) -> list[str]:
    eks = sandbox.boto("eks")
    return [
        entry
        for cluster in ("dev-api", "dev-both")
        for entry in eks.list_access_entries(clusterName=cluster)["accessEntries"]
    ]


def resume(program: Program, *options: str) -> "subprocess.CompletedProcess[str]":
    return program.sandbox.run(
        ["eks-access", "resume", "--stack", program.stack, *options], cwd=program.folder, timeout=120, env=program.env
    )


def test_an_up_killed_during_a_request_is_resumed_and_converges(
    sandbox: Sandbox, slow_aws: SlowAws, tmp_path: Path
) -> None:
    """The engine is killed before it gets the response that an access entry was created."""
    program = Program(sandbox, tmp_path, "killed-entry", config("killed-entry"))
    program.env["AWS_ENDPOINT_URL"] = slow_aws.url
    with running(program, "up") as engine:
        assert slow_aws.made.wait(60), "an entry is created, and the engine has no response yet"
        engine.kill()
    slow_aws.answers.set()
    role = "arn:aws:iam::111122223333:role/CadoResponse-killed-entry"
    assert role in entries(sandbox)

    locked = resume(program)
    assert locked.returncode == 1
    assert "--unlock" in locked.stderr, "another run could be in progress, so the option is required"
    resumed = resume(program, "--unlock")
    assert resumed.returncode == 0, resumed.stderr
    assert "exists, and is in the state now" in resumed.stdout

    assert_converges(program)
    assert entries(sandbox).count(role) == 2, "one in each cluster that supports access entries"
    program.destroy()
    assert role not in entries(sandbox), "nothing is left"


def test_an_up_killed_after_its_first_resource_is_resumed_and_converges(sandbox: Sandbox, tmp_path: Path) -> None:
    program = Program(sandbox, tmp_path, "killed-role", config("killed-role"))
    with running(program, "up") as engine:
        wait_for(engine, "aws:iam:Role killed-role created")
    tear_attributes(program)
    unreadable = resume(program)
    assert "failed to load checkpoint: EOF" in unreadable.stderr
    assert "add --unlock" in unreadable.stderr
    assert resume(program, "--unlock").returncode == 0
    assert_converges(program)
    program.destroy()


def test_a_killed_destroy_is_resumed_and_leaves_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    program = Program(sandbox, tmp_path, "killed-destroy", config("killed-destroy"))
    program.up()
    with running(program, "destroy") as engine:
        wait_for(engine, "deleting")
    assert resume(program, "--unlock").returncode == 0
    program.destroy()
    roles = [role["RoleName"] for role in sandbox.boto("iam").list_roles()["Roles"]]
    assert "CadoResponse-killed-destroy" not in roles


def tear_attributes(program: Program) -> None:
    """Empty the attributes file, as a kill between its two system calls, open and write, does."""
    (attributes,) = program.sandbox.state.pulumi_backend.glob(f".pulumi/stacks/*/{program.stack}.json.attrs")
    attributes.write_text("")


def assert_converges(program: Program) -> None:
    program.up()
    program.preview("--refresh", "--expect-no-changes")
    state = json.loads(program.pulumi("stack", "export", "--stack", program.stack).stdout)
    urns = [resource["urn"] for resource in state["deployment"]["resources"]]
    assert len(set(urns)) == len(urns), "nothing is in the state twice"


def test_resume_changes_nothing_in_a_stack_that_was_not_interrupted(deployed: Program) -> None:
    resumed = resume(deployed)
    assert resumed.returncode == 0
    assert "no creation is pending" in resumed.stdout
