"""The state folder: one supervisor, nothing of an earlier sandbox, and an environment that stays inside."""

import json
import os
import threading
from pathlib import Path

import pytest

from sandbox import environment
from sandbox.clusters import ClusterSpec, InvalidClustersError, load, validate_specs
from sandbox.ports import Leases
from sandbox.processes import ProcessRecord, record_of
from sandbox.state import AlreadyRunningError, ClusterRecord, Runtime, State


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path)


def runtime() -> Runtime:
    return Runtime(
        pid=os.getpid(),
        created=1.0,
        status="ready",
        endpoint="http://127.0.0.1:1234",
        bin_dir="/programs",
        access_keys={"deployer": ("AKIADEPLOYER", "secret")},
        processes=[ProcessRecord("aws", 1, 2.0, 1234)],
        clusters=[ClusterRecord("dev", "API", "https://127.0.0.1:1", True)],
    )


def test_a_folder_has_one_supervisor(state: State) -> None:
    assert not state.is_supervised()
    with state.locked():
        assert state.is_supervised()
        with pytest.raises(AlreadyRunningError, match="a sandbox is running in"), state.locked():
            pass
    assert not state.is_supervised()


def test_the_lock_that_a_dying_supervisor_still_has_is_waited_for(state: State) -> None:
    held, seen = threading.Event(), threading.Event()

    def die() -> None:
        with state.locked():
            held.set()
            assert not seen.wait(0.2), "no answer before the lock is released"

    threading.Thread(target=die).start()
    assert held.wait(5)
    state.write(runtime())  # of a process that lives no more
    assert not state.is_supervised()
    seen.set()


def test_what_was_written_is_read_again_and_is_private(state: State) -> None:
    state.write(runtime())
    assert state.read() == runtime()
    assert (state.folder / "runtime.json").stat().st_mode & 0o077 == 0, "it holds access keys"
    state.forget()
    assert state.read() is None


def test_clearing_keeps_the_pulumi_home_and_throws_away_the_stacks(state: State) -> None:
    for folder in (state.pulumi_home, state.pulumi_backend, state.cluster("dev")):
        folder.mkdir(parents=True)
        (folder / "file").touch()
    state.clear()
    assert (state.pulumi_home / "file").exists()
    assert not (state.pulumi_backend / "file").exists(), "its stacks describe an AWS that is gone"
    assert not state.cluster("dev").exists()


def test_the_folder_is_the_one_asked_for_then_the_variables_then_the_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("EKS_ACCESS_SANDBOX", raising=False)
    assert State.at().folder.name == ".sandbox"
    monkeypatch.setenv("EKS_ACCESS_SANDBOX", str(tmp_path / "variable"))
    assert State.at().folder == tmp_path / "variable"
    assert State.at(tmp_path / "option").folder == tmp_path / "option"


def test_a_process_is_known_by_its_start_time_too() -> None:
    own = record_of("me", os.getpid())
    assert own.alive
    assert not ProcessRecord("me", own.pid, own.created - 100).alive, "a number that was given to another process"


def test_the_environment_leaves_no_way_out_of_the_sandbox(state: State) -> None:
    outside = {
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL_EKS": "https://eks.us-east-1.amazonaws.com",
        "AWS_ACCESS_KEY_ID": "AKIAPRODUCTION",
        "AWS_CONFIG_FILE": "/home/me/.aws/config",
        "HOME": "/home/me",
    }
    inside = environment.applied(state, runtime(), outside)
    assert inside["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1234"
    assert inside["AWS_ACCESS_KEY_ID"] == "AKIADEPLOYER"
    assert inside["AWS_CONFIG_FILE"] == str(state.aws / "config")
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_EKS"} & set(inside)
    assert inside["HOME"] == "/home/me", "the rest stays"
    printed = environment.exports(state, runtime(), outside)
    assert "unset AWS_ENDPOINT_URL_EKS" in printed
    assert "export AWS_ENDPOINT_URL=http://127.0.0.1:1234" in printed


def test_the_identities_name_a_command_or_a_profile_for_each_integration() -> None:
    described = environment.identities(Path("/state/bin/sandbox"), ("kubectl",), Path("/state/onprem.yaml"))
    integrations = described["integrations"]
    assert integrations["conductorone"] == {"profile": "conductorone"}
    assert set(integrations["opentrace"]["web_identity"]) == {"token", "wrong_audience", "wrong_subject", "forged"}
    commands = {json.dumps(one["command"]) for one in integrations["opentrace"]["web_identity"].values()}
    assert len(commands) == 4, "each is another token"


def test_clusters_are_read_from_options_and_from_a_file(tmp_path: Path) -> None:
    light = ClusterSpec.parse("many-1=API,nodes=false")
    assert light == ClusterSpec("many-1", "API", nodes=False)
    assert ClusterSpec.parse(str(light)) == light
    file = tmp_path / "clusters.yaml"
    file.write_text("- {name: many-1, mode: API, nodes: false}\n")
    assert load(file) == (light,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dev", "expected NAME=MODE"),
        ("dev=BOTH", "mode 'BOTH' is not one of API, API_AND_CONFIG_MAP, CONFIG_MAP"),
        ("dev=API,node=false", "unknown: node"),
    ],
)
def test_a_wrong_cluster_option_says_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(InvalidClustersError, match=words):
        ClusterSpec.parse(text)


def test_a_cluster_named_twice_is_refused() -> None:
    with pytest.raises(InvalidClustersError, match="clusters named twice: dev"):
        validate_specs([ClusterSpec("dev", "API"), ClusterSpec("dev", "CONFIG_MAP")])


def test_a_leased_port_is_not_given_to_another_sandbox(tmp_path: Path) -> None:
    one, other = Leases(tmp_path), Leases(tmp_path)
    taken = one.take()
    assert not other._lock(taken)
    one.release()
    assert other._lock(taken)
    other.release()
