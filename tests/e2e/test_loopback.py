"""The dev environment cannot reach a real AWS account, whatever credentials its shell has."""

import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from tests.e2e.program import Program

pytestmark = pytest.mark.e2e

REAL_LOOKING = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "session",
}


class Witness(BaseHTTPRequestHandler):
    """A proxy for every public host, which records the requested hosts."""

    asked: ClassVar[list[str]] = []

    def do_CONNECT(self) -> None:
        self.asked.append(self.path)
        self.send_error(502)

    do_GET = do_POST = do_CONNECT

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def witness() -> Iterator[dict[str, str]]:
    Witness.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Witness) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{proxy.server_address[1]}"
        yield {name: url for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")}
        proxy.shutdown()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"AWS_ENDPOINT_URL": ""}, "AWS_ENDPOINT_URL"),
        ({"AWS_ENDPOINT_URL": "https://sts.amazonaws.com"}, "AWS_ENDPOINT_URL"),
        ({"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"),
        ({"AWS_ENDPOINT_URL_STS": "https://sts.amazonaws.com"}, "AWS_ENDPOINT_URL_STS"),
    ],
    ids=["unset", "public", "ignored", "one service public"],
)
@pytest.mark.parametrize("command", ["preview", "up", "probe"])
def test_a_local_environment_fails_before_it_calls_a_public_host(
    deployed: Program, witness: Mapping[str, str], settings: Mapping[str, str], told: str, command: str
) -> None:
    env = {**witness, **REAL_LOOKING, **settings}
    if command == "probe":
        done = deployed.sandbox.run(
            ["eks-access", "probe", "--stack", deployed.stack], cwd=deployed.folder, env=env, timeout=60
        )
        assert done.returncode == 2
    else:
        options = ("--yes", "--skip-preview") if command == "up" else ()
        done = deployed.pulumi(command, "--stack", deployed.stack, *options, check=False, env=env)
        assert done.returncode != 0
    assert told in done.stdout + done.stderr
    assert "make up" in done.stdout + done.stderr, "the message has the remedy"
    assert Witness.asked == [], "no public host was requested"


def test_the_recording_proxy_receives_requests_to_public_hosts(deployed: Program, witness: Mapping[str, str]) -> None:
    program = (
        "import boto3, botocore.config as c\n"
        "boto3.client('sts', config=c.Config(retries={'total_max_attempts': 1})).get_caller_identity()\n"
    )
    env = {**witness, **REAL_LOOKING, "AWS_ENDPOINT_URL": "", "NO_PROXY": "", "no_proxy": ""}
    deployed.sandbox.run(["python", "-c", program], env=env, timeout=60)
    assert Witness.asked, "otherwise the tests above would prove nothing"
