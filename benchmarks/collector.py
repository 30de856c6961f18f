"""Measures how long the collector takes for a large cluster, against fetching alone and against other clients.

    python -m benchmarks.collector [--rounds N] [--pods N] [--state DIR] [--peers PYTHON]

A sandbox with one cluster is filled (`scene.py`) and listed, over TLS and with a real EKS token, by

- `eks-access collect` itself, as an integration: its counts must equal the server's, and its output contain no secret;
- a bare HTTP client that fetches the same pages and drops them (`bare_http.py`);
- lightkube and the official typed client, listing the same kinds in pages of the same size (`peers/`).

Targets: at most 1.3 × the bare client's time, at least 5 × faster than lightkube and 20 × than the typed client, with
a peak of memory under 100 MB. The exit code is 1 where one is missed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

from benchmarks.scene import SECRET, Scene, Size
from eks_access.kubernetes.client import KubernetesApi
from eks_access.kubernetes.token import presigned_token
from eks_access_probe.collector.fetch import PAGE_SIZE
from eks_access_probe.collector.inventory import ClusterInventory, decode_inventory
from eks_access_probe.collector.kinds import TOPOLOGY
from eks_access_probe.identity.aws_clients import Keys
from sandbox import Sandbox
from sandbox.clusters import ClusterSpec

CHECKOUT = Path(__file__).parents[1]
CLUSTER = ClusterSpec("bench", "API", nodes=False)
INTEGRATION, ROLE, GROUP = "acme", "benchmark-reader", "benchmark:readers"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
ACCOUNT, REGION = "111122223333", "us-east-1"
AT_MOST_OF_BARE, FASTER_THAN_TYPED, FASTER_THAN_LIGHTKUBE, MEGABYTES = 1.3, 20, 5, 100
SECONDS = 1800
ENTRY_SECONDS = 3
"""An access entry takes a moment to have its effect."""


@dataclass(frozen=True)
class Run:
    seconds: float
    megabytes: float


class Bench:
    """One integration's access to the cluster, and the programs that use it."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self._sandbox = sandbox
        self._folder = folder
        self._cluster = sandbox.clusters[CLUSTER.name]
        self._ca = folder / "ca.crt"
        self._ca.write_bytes(self._cluster.ca_data)
        self._role = self._grant_access()
        time.sleep(ENTRY_SECONDS)
        (folder / "access.json").write_text(json.dumps(self._manifest()))
        (folder / "identities.yaml").write_text(
            f"version: 1\nintegrations: {{{INTEGRATION}: {{profile: conductorone}}}}\n"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._revoke_access()

    def run_collector(self) -> tuple[Run, ClusterInventory]:
        """Run the `eks-access collect` command in a process of its own."""
        out, peak = self._folder / "inventory.json", self._folder / "peak"
        files = ["--manifest", "access.json", "--identities", "identities.yaml", "--json", str(out)]
        command = [sys.executable, "-m", "benchmarks.peak", str(peak), "collect", *files]
        done = subprocess.run(command, cwd=self._folder, env=self._environment(), stdout=sys.stderr, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")
        text = out.read_bytes()
        if SECRET.encode() in text:
            raise SystemExit("a value that must not be kept is in the inventory")
        cluster = decode_inventory(text).integrations[INTEGRATION].clusters["bench"]
        return Run(cluster.seconds, int(peak.read_text()) / 1024), cluster

    def run_bare_client(self) -> Run:
        seconds, _ = self._run_and_parse([sys.executable, "-m", "benchmarks.bare_http"])
        return Run(seconds, 0.0)

    def run_peer(self, python: Path, script: str, limit: int) -> Run:
        seconds, kilobytes = self._run_and_parse(
            [str(python), str(CHECKOUT / "benchmarks" / "peers" / script)], str(limit)
        )
        return Run(seconds, kilobytes / 1024)

    def touch_each_kind(self) -> None:
        """Change one object of each kind, as happens all the time in a cluster that is in use.

        Where nothing has changed since the store was last compacted, which is every five minutes, the API server has no
        snapshot left to serve the later pages of a list from, and reads each from etcd, which takes twice the time.
        https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4988-snapshottable-api-server-cache
        """
        api = self._cluster.admin
        body = json.dumps({"metadata": {"annotations": {"touched": str(time.time_ns())}}}).encode()
        for kind in TOPOLOGY:
            for item in api.json("GET", kind.path("v1", None), query={"limit": "1"})["items"]:
                path = f"{kind.path('v1', item['metadata'].get('namespace'))}/{item['metadata']['name']}"
                api.json("PATCH", path, body=body, content_type="application/merge-patch+json")

    def count_at_server(self) -> dict[str, int]:
        """The number of objects of each kind, as the API server counts them."""
        return {kind.name: _count(self._cluster.admin, kind.path("v1", None)) for kind in TOPOLOGY}

    def _run_and_parse(self, command: list[str], *more: str) -> tuple[float, float]:
        token = self._folder / "token"
        token.touch(mode=0o600)
        token.write_text(self._token())
        arguments = [*command, self._cluster.endpoint, str(self._ca), str(token), *more]
        done = subprocess.run(
            arguments,
            cwd=CHECKOUT,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
        seconds, other = map(float, done.stdout.split())
        return seconds, other

    def _environment(self) -> dict[str, str]:
        roots = [CHECKOUT, *(CHECKOUT / package for package in ("components", "probe", "policies", "cli"))]
        return {**self._sandbox.env, "PYTHONPATH": os.pathsep.join(map(str, roots))}

    def _token(self) -> str:
        session = self._sandbox.boto("sts").assume_role(RoleArn=self._role, RoleSessionName="benchmark")["Credentials"]
        keys = Keys(session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
        return presigned_token(keys, cluster_name=CLUSTER.name, region=REGION).value

    def _grant_access(self) -> str:
        """A role that may list everything, and that ConductorOne's stand-in and the deployer may assume.

        Resources that a killed run left behind are reused.
        """
        principals = ["arn:aws:iam::765656841499:role/ConductorOneService", f"arn:aws:iam::{ACCOUNT}:root"]
        trust = {"Effect": "Allow", "Principal": {"AWS": principals}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam, eks, api = self._sandbox.boto("iam"), self._sandbox.boto("eks"), self._cluster.admin
        with suppress(iam.exceptions.EntityAlreadyExistsException):
            iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=document)
        role = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
        with suppress(eks.exceptions.ResourceInUseException):
            eks.create_access_entry(clusterName=CLUSTER.name, principalArn=role, kubernetesGroups=[GROUP])
        everything = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]}
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": ROLE}
        subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": GROUP}
        for resource, body in (
            ("clusterroles", {"rules": [everything]}),
            ("clusterrolebindings", {"roleRef": reference, "subjects": [subject]}),
        ):
            created = api.request("POST", f"{RBAC}/{resource}", body={"metadata": {"name": ROLE}, **body})
            if created.status != HTTPStatus.CONFLICT:
                created.raise_for_status()
        return role

    def _revoke_access(self) -> None:
        """Restore the state of a sandbox that keeps running."""
        for resource in ("clusterrolebindings", "clusterroles"):
            self._cluster.admin.json("DELETE", f"{RBAC}/{resource}/{ROLE}")
        self._sandbox.boto("eks").delete_access_entry(clusterName=CLUSTER.name, principalArn=self._role)
        self._sandbox.boto("iam").delete_role(RoleName=ROLE)

    def _manifest(self) -> dict[str, Any]:
        described = self._sandbox.boto("eks").describe_cluster(name=CLUSTER.name)["cluster"]
        cluster = {
            "name": CLUSTER.name,
            "region": REGION,
            "arn": described["arn"],
            "endpoint": described["endpoint"],
            "certificateAuthority": described["certificateAuthority"]["data"],
            "authenticationMode": CLUSTER.mode,
            "method": "access-entry",
        }
        integration = {
            "vendor": "custom",
            "title": "Acme",
            "profile": "least",
            "role": {"arn": self._role, "name": ROLE, "maxSessionSeconds": 3600},
            "trust": {"kind": "cross-account", "refuses": []},
            "statements": [],
            "identity": {"username": self._role, "groups": [GROUP], "accessPolicies": []},
            "clusters": {"bench": cluster},
            "grants": [],
            "aws": [],
            "kubernetes": [],
            "handoff": {"fields": [], "steps": []},
            "residualRisks": [],
        }
        place = {
            "schemaVersion": 1,
            "environment": "bench",
            "partition": "aws",
            "account": ACCOUNT,
            "endpoint": "loopback",
        }
        return {**place, "integrations": {INTEGRATION: integration}}


def main() -> None:
    options = _options()
    size = Size(options.pods, options.pods // 10, options.pods // 5)
    with _sandbox(options.state) as sandbox, tempfile.TemporaryDirectory() as folder:
        _fill(sandbox, size)
        exit_code = _measure(sandbox, Path(folder), options)
    sys.exit(exit_code)


def _measure(sandbox: Sandbox, folder: Path, options: argparse.Namespace) -> int:
    """Run all programs in turn, so that load on the machine affects all of them."""
    with Bench(sandbox, folder) as bench:
        bench.run_bare_client()  # warms the caches for all programs
        there = bench.count_at_server()
        ours, bare = [], []
        for number in range(options.rounds):
            _log(f"round {number + 1} of {options.rounds}")
            bench.touch_each_kind()
            bare.append(bench.run_bare_client())
            bench.touch_each_kind()
            run, cluster = bench.run_collector()
            ours.append(run)
            found = {kind: cluster.counts[kind] for kind in there}
            if found != there:
                raise SystemExit(f"collected {found}, and the server has {there}")
        bench.touch_each_kind()
        _log("lightkube")
        lightkube = bench.run_peer(options.peers, "lightkube_list.py", PAGE_SIZE)
        bench.touch_each_kind()
        _log("the typed client")
        typed = bench.run_peer(options.peers, "typed.py", PAGE_SIZE)
    return _report(there, ours, bare, lightkube, typed)


def _report(there: Mapping[str, int], ours: list[Run], bare: list[Run], lightkube: Run, typed: Run) -> int:
    seconds, fetching = (statistics.median(run.seconds for run in runs) for runs in (ours, bare))
    peak = max(run.megabytes for run in ours)
    print(f"objects, as the server counts them and as collected: {', '.join(f'{n:,} {k}' for k, n in there.items())}")
    print(f"eks-access collect           {seconds:8.1f} s   peak {peak:6.0f} MB, graph included")
    print(f"the same pages, dropped      {fetching:8.1f} s")
    print(
        f"lightkube                    {lightkube.seconds:8.1f} s   peak {lightkube.megabytes:6.0f} MB, pages dropped"
    )
    print(f"typed client                 {typed.seconds:8.1f} s   peak {typed.megabytes:6.0f} MB, pages dropped")
    return _check_targets(
        [
            (
                "of the time of fetching alone",
                seconds / fetching,
                seconds <= AT_MOST_OF_BARE * fetching,
                f"at most {AT_MOST_OF_BARE}",
            ),
            (
                "times as fast as lightkube",
                lightkube.seconds / seconds,
                lightkube.seconds >= FASTER_THAN_LIGHTKUBE * seconds,
                f"at least {FASTER_THAN_LIGHTKUBE}",
            ),
            (
                "times as fast as the typed client",
                typed.seconds / seconds,
                typed.seconds >= FASTER_THAN_TYPED * seconds,
                f"at least {FASTER_THAN_TYPED}",
            ),
            ("MB at the peak", peak, peak < MEGABYTES, f"under {MEGABYTES}"),
        ]
    )


def _check_targets(figures: Iterable[tuple[str, float, bool, str]]) -> int:
    missed = 0
    for what, value, is_met, target in figures:
        print(f"{'✓' if is_met else '✗'} {value:6.2f} {what} (target: {target})")
        missed += not is_met
    return min(missed, 1)


def _fill(sandbox: Sandbox, size: Size) -> None:
    api = KubernetesApi.from_kubeconfig(sandbox.clusters[CLUSTER.name].kubeconfig.read_text(), timeout=60)
    if _count(api, "/api/v1/pods") == size.pods:
        return
    _log(f"filling the cluster: {size.pods:,} pods, {size.services:,} services, {size.replica_sets:,} replica sets")
    port = next(each.port for each in sandbox.runtime.processes if each.name == f"{CLUSTER.name}.etcd")
    Scene(api, f"http://127.0.0.1:{port}", size).write()


def _count(api: KubernetesApi, path: str) -> int:
    """The server's own count: the items on a page of one, and its `remainingItemCount`."""
    page = api.json("GET", path, query={"limit": "1"})
    return len(page["items"]) + int(page["metadata"].get("remainingItemCount", 0))


@contextmanager
def _sandbox(state: Path | None) -> Iterator[Sandbox]:
    """The sandbox that runs in this folder, or a temporary one."""
    if state is not None:
        yield Sandbox.find(state)
        return
    with tempfile.TemporaryDirectory() as folder, Sandbox.start(folder, [CLUSTER], workload=False) as sandbox:
        yield sandbox


def _log(what: str) -> None:
    print(f"{what} ...", file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="of the collector and of the bare client [3]")
    parser.add_argument("--pods", type=int, default=20_000, help="with a tenth of services, a fifth of replica sets")
    parser.add_argument("--state", type=Path, help="a running sandbox with a cluster `bench`, filled or to be filled")
    parser.add_argument(
        "--peers", type=Path, default=Path(sys.executable), help="the Python that has the other clients"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
