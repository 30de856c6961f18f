"""The collector against a real API server: complete inventories, no secret values, and faults reported."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from eks_access_probe.collector.inventory import ClusterInventory, Inventory, Relation, State, decode_inventory
from sandbox import Sandbox
from sandbox.cluster.certificates import CertificateAuthority
from tests.e2e.program import Program
from tests.support import faults
from tests.support.faults import Faults, Request, proxy

pytestmark = pytest.mark.e2e

SECONDS = 120
PAGE_SIZE = "5"
"""A page size that spreads the existing pods over several pages."""
PODS = "/api/v1/pods"
OPENTRACE_IN_API = ("--integration", "opentrace", "--cluster", "api", "--page-size", PAGE_SIZE)


def test_opentraces_inventory_has_the_resources_and_their_relations(deployed: Program, tmp_path: Path) -> None:
    found = collect(deployed, tmp_path, "--stack", deployed.stack, "--integration", "opentrace")
    seen = found.integrations["opentrace"].clusters["api"]
    edges = format_edges(seen)
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


def test_each_inventory_has_what_the_integration_may_list_and_no_secret_value(
    deployed: Program, tmp_path: Path
) -> None:
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


def test_a_paginated_list_is_complete_despite_transient_failures(
    deployed: Program, sandbox: Sandbox, tmp_path: Path
) -> None:
    wrong = {0: faults.reset, 1: faults.truncated, 2: faults.throttled, 3: faults.unavailable, 4: faults.unauthorized}
    with faulty_proxy(sandbox, tmp_path, lambda r: wrong.get(r.number) if r.path == PODS else None) as address:
        found = collect(
            deployed, tmp_path, "--manifest", manifest_with_proxy(deployed, tmp_path, address), *OPENTRACE_IN_API
        )
    seen = found.integrations["opentrace"].clusters["api"]
    assert sorted(node.name for node in seen.nodes if node.kind == "Pod") == pods_of(sandbox)
    (pods,) = (listing for listing in seen.listings if listing.kind == "Pod")
    assert (pods.state, pods.pages) == (State.COMPLETE, -(-len(pods_of(sandbox)) // int(PAGE_SIZE)))


def test_an_expired_list_is_restarted_once_and_then_reported_as_incomplete(
    deployed: Program, sandbox: Sandbox, tmp_path: Path
) -> None:
    def once(request: Request) -> faults.Fault | None:
        return faults.gone if request.path == PODS and request.number == 1 else None

    def always(request: Request) -> faults.Fault | None:
        return faults.gone if request.path == PODS and not request.is_first_page else None

    for when, code, state in ((once, 0, State.RESTARTED), (always, 3, State.INCOMPLETE)):
        with faulty_proxy(sandbox, tmp_path, when) as address:
            manifest = manifest_with_proxy(deployed, tmp_path, address)
            found = collect(deployed, tmp_path, "--manifest", manifest, *OPENTRACE_IN_API, code=code)
        seen = found.integrations["opentrace"].clusters["api"]
        (pods,) = (listing for listing in seen.listings if listing.kind == "Pod")
        assert pods.state is state
        assert (pods.count == len(pods_of(sandbox))) is (state is State.RESTARTED)


# Setup.


def collect(deployed: Program, folder: Path, *options: str, code: int = 0) -> Inventory:
    path = folder / "inventory.json"
    command = ["eks-access", "collect", "--json", str(path), *options]
    done = deployed.sandbox.run(command, cwd=deployed.folder, timeout=SECONDS)
    assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
    return decode_inventory(path.read_bytes())


def format_edges(found: ClusterInventory) -> set[str]:
    def name(place: int) -> str:
        return f"{found.nodes[place].kind} {found.nodes[place].name}"

    assert set(Relation) >= {relation for relation, _, _ in found.edges}
    return {f"{name(source)} {relation} {name(target)}" for relation, source, target in found.edges}


def pods_of(sandbox: Sandbox) -> list[str]:
    """The names of dev-api's pods, as its administrator lists them."""
    pods = sandbox.clusters["dev-api"].admin.json("GET", PODS)["items"]
    return sorted(pod["metadata"]["name"] for pod in pods)


@contextmanager
def faulty_proxy(sandbox: Sandbox, folder: Path, when: Faults) -> Iterator[tuple[str, str]]:
    """A proxy in front of the API server of dev-api, with TLS on both sides; yields its address and authority."""
    authority = CertificateAuthority(folder / "proxy")
    certificate, key = folder / "proxy.crt", folder / "proxy.key"
    authority.issue(["127.0.0.1"], certificate, key)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    cluster = sandbox.clusters["dev-api"]
    ca = ssl.create_default_context(cadata=cluster.ca_data.decode())
    with proxy(cluster.endpoint, when, ca=ca, tls=tls) as server:
        yield server.url, authority.data


def manifest_with_proxy(deployed: Program, folder: Path, address: tuple[str, str]) -> str:
    """The path of an access manifest with the proxy in place of the API server."""
    manifest = deployed.manifest()
    cluster: dict[str, Any] = manifest["integrations"]["opentrace"]["clusters"]["api"]
    cluster["endpoint"], cluster["certificateAuthority"] = address
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest))
    return str(path)
