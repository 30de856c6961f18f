"""Measures how much longer a preview, or a deployment, takes with this package than without it.

    python -m benchmarks.preview [--clusters N,N,...] [--rounds N] [--deploy]

Two programs register the same resources with the same inputs, under the same engine and provider plugins, in a
sandbox of their own: the project's program, which reads the configuration, calls EKS, validates and composes; and a
bare one, which passes the inputs in a file to the providers' SDKs. They run in turn, and the ratio of the medians is
printed. Before the measurement, the benchmark checks that both register the same.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from benchmarks.costs import ratio
from benchmarks.resources import Steps, inputs_by_resource, list_resources
from sandbox import Sandbox
from sandbox.clusters import ClusterSpec

CHECKOUT = Path(__file__).parents[1]
TARGET = 0.6
SERVERS = 3
"""The API servers: one in each mode. Further clusters of a stack are further entries for the same ones."""
DEV_MODES = {"api": "API", "both": "API_AND_CONFIG_MAP", "configmap": "CONFIG_MAP"}
"""The authentication modes of the dev environment's clusters, which those of the benchmark have in turn."""
MODES = tuple(DEV_MODES.values())
SECONDS = 1800
NAMED_BY_INTEGRATION = "conductorone"
"""The vendor whose objects have the names of the integrations, so that those of several can be in one cluster."""
CONNECTED = 4


class Program:
    """One program in a project folder of its own."""

    def __init__(self, sandbox: Sandbox, folder: Path, main: Path, config: Mapping[str, Any], **env: str) -> None:
        self._sandbox, self._folder = sandbox, folder
        folder.mkdir()
        self._env = {"PYTHONPATH": f"{CHECKOUT / 'components'}:{CHECKOUT / 'probe'}", **env}
        project = yaml.safe_load((CHECKOUT / "Pulumi.yaml").read_text())
        project["main"] = str(main)
        project["runtime"]["options"]["virtualenv"] = str(Path(sys.executable).parents[1])
        project["plugins"]["providers"][0]["path"] = str(CHECKOUT / "components")
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        # The encrypted values of the dev environment need its salt.
        stack = {"encryptionsalt": dev_stack()["encryptionsalt"], "config": dict(config)}
        (folder / "Pulumi.bench.yaml").write_text(yaml.safe_dump(stack))
        self("stack", "select", "--create", "bench")

    def __call__(self, *arguments: str) -> str:
        command = ["pulumi", *arguments, "--non-interactive", "--color=never"]
        done = self._sandbox.run(command, cwd=self._folder, env=self._env, timeout=SECONDS)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return str(done.stdout)

    def steps(self) -> Steps:
        """The steps of a preview, one per resource."""
        steps: Steps = json.loads(self("preview", "--json", "--suppress-outputs", "--stack=bench"))["steps"]
        return steps

    def preview(self) -> None:
        """Run one preview as a user does."""
        self("preview", "--suppress-outputs", "--stack=bench")

    def deploy(self) -> None:
        """Deploy as a user does who has seen the preview."""
        self("up", "--yes", "--skip-preview", "--suppress-outputs", "--stack=bench")

    def destroy(self) -> None:
        """Destroy what was deployed."""
        self("destroy", "--yes", "--skip-preview", "--suppress-outputs", "--stack=bench")


def is_deployable(integration: Mapping[str, Any]) -> bool:
    """May instances for several clusters share an API server, which has no nodes to run workloads?"""
    return integration.get("vendor") == NAMED_BY_INTEGRATION and "deploy_connector" not in integration


def configuration(clusters: int, *, deployable: bool = False) -> dict[str, Any]:
    """The dev environment's integrations, spread over these clusters."""
    config: dict[str, Any] = dev_stack()["config"]
    declared = {
        name: integration
        for name, integration in config["eks-access:integrations"].items()
        if not deployable or is_deployable(integration)
    }
    named: dict[str, Any] = {f"c{number:02}": {"name": cluster_name(number % SERVERS)} for number in range(clusters)}
    integrations: dict[str, Any] = {}
    for name, integration in declared.items():
        if isinstance(integration.get("clusters"), dict):
            # The fleet's clusters, under other names, stand in for clusters outside of EKS.
            connected = {f"c{number:02}": outside(number) for number in connected_numbers(clusters)}
            integrations[name] = {**integration, "clusters": connected}
            continue
        if "clusters" not in integration:
            integrations[name] = integration
            continue
        # One instance of the integration for every cluster with a mode of those that it has in the dev environment.
        modes = {DEV_MODES[key] for key in integration["clusters"]}
        for number, key in enumerate(named):
            if mode(number) in modes:
                own = {"clusters": [key], "role_name": f"{name}-{key}"}
                integrations[f"{name}-{key}"] = {"vendor": name, **integration, **own}
    secrets = {key for key, value in config.items() if isinstance(value, dict) and "secure" in value}
    kept = {key: value for key, value in config.items() if not deployable or key not in secrets}
    return {**kept, "eks-access:clusters": named, "eks-access:integrations": integrations}


def dev_stack() -> dict[str, Any]:
    stack: dict[str, Any] = yaml.safe_load((CHECKOUT / "Pulumi.dev.yaml").read_text())
    return stack


def outside(number: int) -> dict[str, str]:
    kubeconfig = f"$EKS_ACCESS_SANDBOX/clusters/{cluster_name(number % SERVERS)}/kubeconfig.yaml"
    return {"name": f"connected-{number:02}", "provider": "OTHER", "kubeconfig_file": kubeconfig}


def connected_numbers(clusters: int) -> list[int]:
    """Every third cluster, as long as a region's quota of connected clusters has room."""
    return list(range(0, clusters, len(MODES)))[:CONNECTED]


def cluster_name(number: int) -> str:
    return f"bench-{number:02}"


def mode(number: int) -> str:
    return MODES[number % len(MODES)]


def cluster_specs(*, deploy: bool) -> list[ClusterSpec]:
    """Clusters with API servers alone for previews, which describe them in EKS and dry-run each new object.

    A deployment's have controllers too: pulumi-kubernetes waits until the garbage collector has deleted an object.
    """
    return [ClusterSpec(cluster_name(n), mode(n), nodes=deploy) for n in range(SERVERS)]


def measure(sandbox: Sandbox, folder: Path, clusters: int, rounds: int, *, deploy: bool) -> float:
    folder.mkdir()
    config = configuration(clusters, deployable=deploy)
    ours = Program(sandbox, folder / "ours", CHECKOUT, config)
    steps = ours.steps()
    recorded = folder / "resources.json"
    kubeconfigs = {
        f"{kind} c{number:02}": sandbox.state.kubeconfig(cluster_name(number % SERVERS)).read_text()
        for kind in ("ClusterAccess", "ConnectedCluster")
        for number in range(clusters)
    }
    recorded.write_text(json.dumps(list_resources(steps, kubeconfigs)))
    shared = {key: value for key, value in config.items() if key.startswith("pulumi:")}
    bare = Program(
        sandbox, folder / "bare", CHECKOUT / "benchmarks" / "bare", shared, BENCHMARK_RESOURCES=str(recorded)
    )
    wanted, registered = inputs_by_resource(steps), inputs_by_resource(bare.steps())
    differing = [key for key in wanted.keys() | registered.keys() if wanted.get(key) != registered.get(key)]
    if differing:
        first = min(differing)
        raise SystemExit(
            f"the two programs do not register the same: {len(differing)} differ, such as {first}:\n"
            f"{wanted.get(first)}\n{registered.get(first)}"
        )
    print(f"{len(steps)} resources in {clusters} clusters", flush=True)
    if not deploy:
        return ratio({"ours": ours.preview, "bare": bare.preview}, rounds, TARGET)
    undo = {"ours": ours.destroy, "bare": bare.destroy}
    return ratio({"ours": ours.deploy, "bare": bare.deploy}, rounds, TARGET, undo)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clusters", default="4,12,50", metavar="N,N,...")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--deploy", action="store_true", help="measure `pulumi up` of a new stack, not its preview")
    options = parser.parse_args()
    sizes = [int(size) for size in options.clusters.split(",")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Sandbox.start(folder / "sandbox", cluster_specs(deploy=options.deploy), workload=False) as sandbox:
            found = {
                size: measure(sandbox, folder / str(size), size, options.rounds, deploy=options.deploy)
                for size in sizes
            }
    print("; ".join(f"{size} clusters: {ratio:.3f}" for size, ratio in found.items()), f"(target {TARGET})")
    sys.exit(0 if max(found.values()) <= TARGET else 1)


if __name__ == "__main__":
    main()
