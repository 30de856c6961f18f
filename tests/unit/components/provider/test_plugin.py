"""The plugin as a process: it speaks gRPC, reports errors without tracebacks, logs, and ends with its parent."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckRequest, GetSchemaRequest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from eks_access import __version__, logs
from eks_access.provider.catalogue import create_handlers
from eks_access.provider.errors import ProviderError
from eks_access.provider.install import NAME, install_plugin
from eks_access.provider.plugin import Plugin
from eks_access.provider.resources.aws_auth_mapping import TOKEN, AwsAuthMappings
from eks_access.provider.server import Servicer
from tests.support.aws_auth_store import Store
from tests.support.checkout import CHECKOUT
from tests.support.interpreter import find_imported, find_imported_modules

URN = f"urn:pulumi:dev::project::eks-access:index:Cado${TOKEN}::vendor"
NO_ENGINE = "127.0.0.1:1"


@pytest.fixture
def plugin() -> Iterator[tuple[subprocess.Popen[str], Any]]:
    command = [str(CHECKOUT / "components" / NAME), NO_ENGINE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd="/") as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield process, provider_pb2_grpc.ResourceProviderStub(channel)
        finally:
            process.kill()


def struct(values: dict[str, Any]) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    message.update(values)
    return message


def test_it_starts_without_what_few_of_its_resources_need() -> None:
    started = "import eks_access.provider.__main__"
    slow = {"boto3", "pulumi_aws", "pulumi_kubernetes", "pydantic", "ruamel"}
    assert not find_imported(started) & slow
    sdk = {"botocore.session", "botocore.client"}
    assert not find_imported_modules(started) & sdk
    session = "from eks_access.connector.session import Session, Settings; Session(Settings('us-east-1'))"
    assert "botocore.session" in find_imported_modules(f"{started}; {session}"), "what does need it imports it"


def test_it_starts_from_any_folder_and_returns_its_version(plugin: tuple[Any, Any]) -> None:
    _, provider = plugin
    assert provider.GetPluginInfo(empty_pb2.Empty()).version == __version__


def test_an_invalid_input_and_a_failure_are_reported_without_a_traceback(plugin: tuple[Any, Any]) -> None:
    _, provider = plugin
    news = struct({"kubeconfig": "clusters: []", "clusterName": "dev", "roleArn": "x", "username": "y"})
    checked = provider.Check(provider_pb2.CheckRequest(urn=URN, news=news))
    assert {failure.property for failure in checked.failures} == {"kubeconfig", "roleArn"}
    with pytest.raises(grpc.RpcError) as failed:
        provider.Read(provider_pb2.ReadRequest(urn=URN, id="dev"))
    assert "it is <cluster name>/<role ARN>" in failed.value.details()
    assert "Traceback" not in failed.value.details()
    assert "File " not in failed.value.details()


def test_an_unknown_role_is_accepted_in_a_preview(plugin: tuple[Any, Any]) -> None:
    """The engine sends an unknown value as a special string, which the SDK does not decode."""
    _, provider = plugin
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    known = {"kubeconfig": "clusters: [{name: c}]", "clusterName": "dev", "username": "y"}
    checked = provider.Check(provider_pb2.CheckRequest(urn=URN, news=struct(known | {"roleArn": unknown})))
    assert not checked.failures
    assert checked.inputs["roleArn"] == unknown, "passed on as unknown"
    created = provider.Create(provider_pb2.CreateRequest(urn=URN, properties=checked.inputs, preview=True))
    assert created.properties["mapping"] == unknown
    refused = provider.Check(provider_pb2.CheckRequest(urn=URN, news=struct(known | {"roleArn": "04da6b54"})))
    assert [failure.property for failure in refused.failures] == ["roleArn"]


def test_deleting_uses_the_kubeconfig_of_the_last_run(plugin: tuple[Any, Any]) -> None:
    _, provider = plugin
    mapping = {"rolearn": "arn:aws:iam::111122223333:role/x", "username": "y", "groups": []}
    stale = {"kubeconfig": "stale", "clusterName": "dev", "mapping": mapping}
    with pytest.raises(grpc.RpcError) as failed:
        provider.Delete(
            provider_pb2.DeleteRequest(
                urn=URN, id="dev/x", properties=struct(stale), old_inputs=struct({"kubeconfig": "clusters: [{}]"})
            )
        )
    assert "no context named" in failed.value.details(), "the inputs' kubeconfig was read, not the outputs'"


def test_a_log_is_written_to_the_file_that_the_environment_names_without_a_secret(tmp_path: Path) -> None:
    file = tmp_path / "plugin.log"
    command = [str(CHECKOUT / "components" / NAME), NO_ENGINE]
    environment = {**os.environ, logs.VARIABLE: str(file)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd="/", env=environment) as process:
        try:
            assert process.stdout is not None
            with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
                provider = provider_pb2_grpc.ResourceProviderStub(channel)
                kubeconfig = "clusters: [{name: c, cluster: {server: x}}]\nusers: [{user: {token: hunter2}}]"
                provider.Check(provider_pb2.CheckRequest(urn=URN, news=struct({"kubeconfig": kubeconfig})))
                with pytest.raises(grpc.RpcError):
                    provider.Read(provider_pb2.ReadRequest(urn=URN, id="dev"))
        finally:
            process.kill()
    text = file.read_text()
    assert f"check {TOKEN} vendor: done after" in text
    assert f"read {TOKEN} vendor: failed after" in text
    assert "ProviderError: 'dev' is not an id of AwsAuthMapping" in text, "with its traceback"
    assert "hunter2" not in text
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_log_file_that_cannot_be_written_is_a_warning_and_the_plugin_starts(tmp_path: Path) -> None:
    command = [str(CHECKOUT / "components" / NAME), NO_ENGINE]
    environment = {**os.environ, logs.VARIABLE: str(tmp_path / "missing" / "plugin.log")}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/", env=environment
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            assert int(process.stdout.readline()) > 0
            assert "warning: the log file of EKS_ACCESS_LOG cannot be written" in process.stderr.readline()
        finally:
            process.kill()


def test_it_ends_when_its_parent_is_gone(tmp_path: Path) -> None:
    """An engine that is killed must not leave its plugins behind."""
    script = CHECKOUT / "components" / NAME
    pid_file = tmp_path / "pid"
    parent = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([{str(script)!r}, {NO_ENGINE!r}], stdout=subprocess.PIPE)\n"
        "p.stdout.readline()\n"
        f"open({str(pid_file)!r}, 'w').write(str(p.pid))\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent]) as process:
        wait_until(pid_file.exists, "the plugin to start")
        wait_until(lambda: pid_file.read_text() != "", "its id")
        process.kill()
    pid = int(pid_file.read_text())
    wait_until(lambda: not alive(pid), "the plugin to end")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie has ended; its parent has not waited for it yet.
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def wait_until(condition: Any, what: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.05)


def test_the_schema_has_the_plugins_own_resources_and_the_components() -> None:
    handler = AwsAuthMappings(lambda urn, message: None, lambda kubeconfig: Store())
    components = {"resources": {"eks-access:index:Vendor": {"isComponent": True}}, "types": {"t": {}}}
    plugin = Plugin([handler], version="1.2.3", components_schema=lambda: components)
    schema = json.loads(asyncio.run(plugin.get_schema(GetSchemaRequest(0))).schema or "")
    assert set(schema["resources"]) == {TOKEN, "eks-access:index:Vendor"}
    assert (schema["name"], schema["version"]) == ("eks-access", "1.2.3")


def test_an_unknown_resource_type_is_an_error_with_its_name() -> None:
    plugin = Plugin([], version="1", components_schema=dict)
    request = CheckRequest("urn:pulumi:s::p::eks-access:index:Typo::x", {}, {}, b"")
    with pytest.raises(ProviderError, match="no resource type 'eks-access:index:Typo'"):
        asyncio.run(plugin.check(request))


def test_a_resource_is_served_while_components_occupy_every_thread_of_the_loop() -> None:
    plugin = Plugin(create_handlers(lambda urn, message: None), version="1", components_schema=dict)
    news = {"kubeconfig": PropertyValue("clusters: []")}
    request = CheckRequest(URN, {}, news, b"")
    done = threading.Event()

    async def check() -> int:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        waiting = loop.run_in_executor(None, done.wait, 10)
        try:
            checked = await asyncio.wait_for(plugin.check(request), 5)
        finally:
            done.set()
            await waiting
        return len(checked.failures or ())

    assert asyncio.run(check()) > 0


def test_the_component_host_is_created_for_the_first_component_and_reused() -> None:
    created: list[str] = []

    class Host:
        async def Construct(self, request: Any, context: Any) -> str:
            return f"constructed {request}"

    def host(address: str) -> Host:
        created.append(address)
        return Host()

    async def construct_two() -> list[Any]:
        servicer = Servicer("1", Plugin([], version="1", components_schema=dict), NO_ENGINE, host)
        assert created == [], "the components take seconds to load, and most runs need none"
        requests: tuple[Any, ...] = ("a", "b")
        return [await servicer.Construct(request, None) for request in requests]

    assert asyncio.run(construct_two()) == ["constructed a", "constructed b"]
    assert created == [NO_ENGINE]


def test_installing_writes_a_plugin_that_starts(tmp_path: Path) -> None:
    script = install_plugin(tmp_path)
    assert script == tmp_path / "plugins" / f"resource-eks-access-v{__version__}" / "pulumi-resource-eks-access"
    assert f"PYTHONPATH={CHECKOUT / 'components'}" in script.read_text(), "the folder that eks_access is imported from"
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    with subprocess.Popen([script, NO_ENGINE], stdout=subprocess.PIPE, text=True, cwd="/", env=clean) as process:
        try:
            assert process.stdout is not None
            assert int(process.stdout.readline()) > 0
        finally:
            process.kill()
    assert install_plugin(tmp_path) == script, "a second time replaces the first"
