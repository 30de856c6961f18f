"""The collector against a real API server: everything is there, nothing secret is, and faults are told."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from eks_access_probe.collector.inventory import ClusterInventory, Inventory, Relation, State, of_json
from sandbox import Sandbox
from sandbox.cluster.certificates import CertificateAuthority
from tests.e2e.program import Program
from tests.support import faults
from tests.support.faults import Faults, Request, proxy

pytestmark = pytest.mark.e2e

SECONDS = 120
FEW = "5"
"""A page, so that the pods that there are make several."""
PODS = "/api/v1/pods"
OF_API = ("--integration", "opentrace", "--cluster", "api", "--page-size", FEW)


def test_what_opentrace_sees_is_what_there_is_and_how_it_belongs_together(deployed: Program, tmp_path: Path) -> None:
    found = collect(deployed, tmp_path, "--stack", deployed.stack, "--integration", "opentrace")
    seen = found.integrations["opentrace"].clusters["api"]
    edges = told(seen)
    pod = next(n.name for n in seen.nodes if n.kind == "Pod" and n.name.startswith("storefront-"))
    replica_set = pod.rpartition("-")[0]
    for edge in (
        "Ingress storefront routes-to Service storefront",
        f"Service storefront served-by Pod {pod}",
        f"Pod {pod} owned-by ReplicaSet {replica_set}",
        f"ReplicaSet {replica_set} owned-by Deployment storefront",
        "Deployment storefront in Namespace web",
    ):
        assert edge in edges
    assert any(edge.startswith(f"Pod {pod} runs-on Node ip-10-0-") for edge in edges)
    assert not [node for node in seen.nodes if node.kind == "Node" and node.listed], "it may not list nodes"
    (nodes,) = (listing for listing in seen.listings if listing.kind == "Node")
    assert nodes.state is State.REFUSED
    assert 'cannot list resource "nodes"' in nodes.reason
    (storefront,) = (node for node in seen.nodes if node.name == pod)
    assert {(c.name, c.state, c.role) for c in storefront.containers} == {
        ("warm-cache", "terminated", "init"),
        ("storefront", "running", ""),
    }


def test_every_integration_sees_what_it_may_and_no_value_that_is_secret(deployed: Program, tmp_path: Path) -> None:
    found = collect(deployed, tmp_path, "--stack", deployed.stack)
    sees = {
        name: {kind for kind, n in cluster.counts.items() if n}
        for name, i in found.integrations.items()
        for cluster in i.clusters.values()
    }
    assert sees["cado"] == {"Pod"}
    assert {"ConfigMap", "ServiceAccount", "ClusterRole", "Namespace"} <= sees["conductorone-api"]
    assert "Pod" not in sees["conductorone-api"]
    assert sees["apono-sso"] == set(), "before an approval"
    assert found.integrations["conductorone-api"].roles, "it syncs IAM roles"
    entries = found.integrations["conductorone-api"].clusters["api"].access_entries
    assert any(entry.principal.endswith("role/eks-access-opentrace") for entry in entries)
    configuration = found.integrations["opentrace"].clusters["both"].configuration
    assert configuration is not None
    assert configuration.authentication_mode == "API_AND_CONFIG_MAP"
    written = (tmp_path / "inventory.json").read_text()
    canaries: dict[str, str] = json.loads((deployed.sandbox.state.folder / "canaries.json").read_text())
    assert canaries
    assert not [name for name, value in canaries.items() if value in written]


def test_a_long_list_is_whole_whatever_goes_wrong_once(deployed: Program, sandbox: Sandbox, tmp_path: Path) -> None:
    wrong = {0: faults.reset, 1: faults.truncated, 2: faults.throttled, 3: faults.unavailable, 4: faults.unauthorized}
    with before(sandbox, tmp_path, lambda r: wrong.get(r.number) if r.path == PODS else None) as address:
        found = collect(deployed, tmp_path, "--manifest", through(deployed, tmp_path, address), *OF_API)
    seen = found.integrations["opentrace"].clusters["api"]
    assert sorted(node.name for node in seen.nodes if node.kind == "Pod") == pods_of(sandbox)
    (pods,) = (listing for listing in seen.listings if listing.kind == "Pod")
    assert (pods.state, pods.pages) == (State.COMPLETE, -(-len(pods_of(sandbox)) // int(FEW)))


def test_an_expired_list_is_read_again_once_and_never_shown_as_whole_when_it_was_not(
    deployed: Program, sandbox: Sandbox, tmp_path: Path
) -> None:
    def once(request: Request) -> faults.Fault | None:
        return faults.gone if request.path == PODS and request.number == 1 else None

    def always(request: Request) -> faults.Fault | None:
        return faults.gone if request.path == PODS and not request.is_first_page else None

    for when, code, state in ((once, 0, State.RESTARTED), (always, 3, State.INCOMPLETE)):
        with before(sandbox, tmp_path, when) as address:
            manifest = through(deployed, tmp_path, address)
            found = collect(deployed, tmp_path, "--manifest", manifest, *OF_API, code=code)
        seen = found.integrations["opentrace"].clusters["api"]
        (pods,) = (listing for listing in seen.listings if listing.kind == "Pod")
        assert pods.state is state
        assert (pods.count == len(pods_of(sandbox))) is (state is State.RESTARTED)


# How it is set up.


def collect(deployed: Program, folder: Path, *options: str, code: int = 0) -> Inventory:
    path = folder / "inventory.json"
    command = ["eks-access", "collect", "--json", str(path), *options]
    done = deployed.sandbox.run(command, cwd=deployed.folder, timeout=SECONDS)
    assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
    return of_json(path.read_bytes())


def told(found: ClusterInventory) -> set[str]:
    def name(place: int) -> str:
        return f"{found.nodes[place].kind} {found.nodes[place].name}"

    assert set(Relation) >= {relation for relation, _, _ in found.edges}
    return {f"{name(source)} {relation} {name(target)}" for relation, source, target in found.edges}


def pods_of(sandbox: Sandbox) -> list[str]:
    """As the administrator lists them."""
    pods = sandbox.clusters["dev-api"].admin.json("GET", PODS)["items"]
    return sorted(pod["metadata"]["name"] for pod in pods)


@contextmanager
def before(sandbox: Sandbox, folder: Path, when: Faults) -> Iterator[tuple[str, str]]:
    """A proxy before the API server of dev-api, over TLS on both sides; gives its address and authority."""
    authority = CertificateAuthority(folder / "proxy")
    certificate, key = folder / "proxy.crt", folder / "proxy.key"
    authority.issue(["127.0.0.1"], certificate, key)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    cluster = sandbox.clusters["dev-api"]
    ca = ssl.create_default_context(cadata=cluster.ca_data.decode())
    with proxy(cluster.endpoint, when, ca=ca, tls=tls) as server:
        yield server.url, authority.data


def through(deployed: Program, folder: Path, address: tuple[str, str]) -> str:
    """The access manifest with the proxy in the place of the API server."""
    manifest = deployed.manifest()
    cluster: dict[str, Any] = manifest["integrations"]["opentrace"]["clusters"]["api"]
    cluster["endpoint"], cluster["certificateAuthority"] = address
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest))
    return str(path)
