"""Measures how much longer a preview takes with the policy pack than without it.

    python -m benchmarks.policies [--integrations N] [--rounds N]

One program with a thousand resources that grant access, each of which several policies evaluate, under one engine and
with the same provider plugins, in a sandbox of its own. Previews with and without the pack run in turn, and the ratio
of the medians is printed. Before the measurement, the benchmark checks that the pack rejects a forbidden trust policy.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from benchmarks.costs import ratio
from sandbox import Sandbox
from sandbox.clusters import ClusterSpec

CHECKOUT = Path(__file__).parents[1]
PACK = CHECKOUT / "policies"
TARGET = 1.3
RESOURCES_PER_INTEGRATION = 8
"""The number of resources that the program registers for one integration."""
ACCOUNT = "111122223333"
CLUSTER = "bench"
SECONDS = 600


class Program:
    def __init__(self, sandbox: Sandbox, folder: Path, integrations: int) -> None:
        self._sandbox, self._folder = sandbox, folder
        self._env = {
            "PYTHONPATH": f"{CHECKOUT / 'components'}:{CHECKOUT / 'policies'}",
            "BENCHMARK_ACCOUNT": ACCOUNT,
            "BENCHMARK_CLUSTER": CLUSTER,
            "BENCHMARK_INTEGRATIONS": str(integrations),
            "BENCHMARK_KUBECONFIG": sandbox.clusters[CLUSTER].kubeconfig.read_text(),
        }
        runtime = {"name": "python", "options": {"virtualenv": str(Path(sys.executable).parents[1])}}
        project = {"name": "thousand", "runtime": runtime, "main": str(CHECKOUT / "benchmarks" / "thousand")}
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        self("stack", "init", "bench")

    def __call__(self, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
        command = ["pulumi", *arguments, "--non-interactive", "--color=never"]
        return self._sandbox.run(command, cwd=self._folder, env={**self._env, **env}, timeout=SECONDS)

    def preview(self, *options: str, **env: str) -> "subprocess.CompletedProcess[str]":
        return self("preview", "--suppress-outputs", "--stack=bench", *options, **env)

    def succeeds(self, *options: str) -> None:
        done = self.preview(*options)
        if done.returncode != 0:
            raise SystemExit(f"the preview ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")


def measure(sandbox: Sandbox, folder: Path, integrations: int, rounds: int) -> float:
    program = Program(sandbox, folder, integrations)
    with_pack = (f"--policy-pack={PACK}",)
    # Without this check, a pack that evaluates nothing would be measured as fast.
    forbidden = program.preview(*with_pack, BENCHMARK_INTEGRATIONS="1", BENCHMARK_TRUSTS_ANYONE="yes")
    if "[mandatory]  iam-trust-anyone" not in forbidden.stdout:
        raise SystemExit(f"the pack did not report the forbidden trust policy:\n{forbidden.stdout}\n{forbidden.stderr}")
    print(f"{integrations * RESOURCES_PER_INTEGRATION} resources", flush=True)
    works = {"with": lambda: program.succeeds(*with_pack), "without": program.succeeds}
    return ratio(works, rounds, TARGET)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--integrations", type=int, default=125)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "program").mkdir()
        clusters = [ClusterSpec(CLUSTER, "API", nodes=False)]
        with Sandbox.start(folder / "sandbox", clusters, workload=False) as sandbox:
            found = measure(sandbox, folder / "program", options.integrations, options.rounds)
    sys.exit(0 if found <= TARGET else 1)


if __name__ == "__main__":
    main()
