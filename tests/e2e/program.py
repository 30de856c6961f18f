"""The project's own program, run by the real engine from a folder of its own."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox import Sandbox

CHECKOUT = Path(__file__).parents[2]
SECONDS = 300
"""Time-out of one run of the engine; far more than one takes."""


@dataclass(frozen=True)
class Probed:
    """The result of a run of the probe."""

    exit_code: int
    report: dict[str, Any]
    table: str

    def mismatches(self) -> list[dict[str, Any]]:
        return [check for check in self.report["checks"] if check["result"] != "as-expected"]

    def missing(self) -> list[dict[str, Any]]:
        """The mismatches of what must be allowed, and of who it is in a cluster."""
        return [check for check in self.mismatches() if check["expected"] != "denied"]


class Program:
    """The stack program of this checkout with a configuration of the test's, in its own folder and stack."""

    def __init__(
        self, sandbox: Sandbox, folder: Path, stack: str, config: Mapping[str, Any], *, main: Path = CHECKOUT
    ) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.stack = stack
        self.env: dict[str, str] = {}
        """Added to the environment of every command."""
        project = yaml.safe_load((CHECKOUT / "Pulumi.yaml").read_text())
        # The same program, plugin and interpreter, from another folder.
        project["main"] = str(main)
        project["runtime"]["options"]["virtualenv"] = str(Path(sys.executable).parents[1])
        project["plugins"]["providers"][0]["path"] = str(CHECKOUT / "components")
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        self.configure(config)
        self.pulumi("stack", "select", "--create", stack)

    def configure(self, config: Mapping[str, Any]) -> None:
        """Set the whole configuration, keeping what the engine wrote (the encryption's salt)."""
        path = self.folder / f"Pulumi.{self.stack}.yaml"
        # The salt goes with the encrypted values.
        noted = yaml.safe_load(path.read_text()) if path.exists() else {"encryptionsalt": dev_stack()["encryptionsalt"]}
        path.write_text(
            yaml.safe_dump({**noted, "config": {**_without_unused_secrets(dev_config(), config), **config}})
        )

    def set_identities(self, integrations: Mapping[str, Any]) -> None:
        """Set by what credentials the probe acts as each integration, and as a stranger."""
        file = self.folder / "identities.yaml"
        content = {"version": 1, "integrations": dict(integrations), "stranger": {"profile": "stranger"}}
        file.write_text(yaml.safe_dump(content))
        self.env["EKS_ACCESS_IDENTITIES"] = str(file)

    def pulumi(
        self, *arguments: str, check: bool = True, env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run the engine's command line; a failure fails the test with its whole output."""
        done = self.sandbox.run(
            ["pulumi", "--non-interactive", "--color=never", *arguments],
            cwd=self.folder,
            timeout=SECONDS,
            env={**self.env, **(env or {})},
        )
        assert done.returncode == 0 or not check, _describe_failure(arguments, done)
        return done

    def up(self, *options: str) -> str:
        return self.pulumi("up", "--yes", "--skip-preview", "--suppress-outputs", *self._stack(), *options).stdout

    def preview(self, *options: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        return self.pulumi("preview", "--diff", "--suppress-outputs", *self._stack(), *options, check=check)

    def destroy(self) -> str:
        return self.pulumi("destroy", "--yes", "--skip-preview", *self._stack()).stdout

    def manifest(self) -> dict[str, Any]:
        printed = self.pulumi("stack", "output", "--json", "--show-secrets", *self._stack()).stdout
        manifest: dict[str, Any] = json.loads(printed)["access"]
        return manifest

    def probe(self, *options: str) -> Probed:
        """Run the probe on this stack, as a user would."""
        report = self.folder / "probe.json"
        report.unlink(missing_ok=True)
        command = ["eks-access", "probe", *self._stack(), "--json", str(report), *options]
        done = self.sandbox.run(command, cwd=self.folder, timeout=SECONDS, env=self.env)
        written = report.read_text() if report.exists() else ""
        assert written, f"the probe wrote no report:\n{done.stdout}\n{done.stderr}"
        return Probed(done.returncode, json.loads(written), done.stdout)

    def _stack(self) -> tuple[str, str]:
        return "--stack", self.stack


def _describe_failure(arguments: tuple[str, ...], done: "subprocess.CompletedProcess[str]") -> str:
    """The engine's diagnostics first: a log that is cut short still has the reason."""
    progress, heading, diagnostics = done.stdout.partition("Diagnostics:")
    reason = f"{heading}{diagnostics}\n{done.stderr}".strip()
    return f"pulumi {' '.join(arguments)} exited with {done.returncode}:\n{reason}\n\n{progress}"


def dev_config() -> dict[str, Any]:
    """The configuration of the environment that `make up` deploys."""
    config: dict[str, Any] = dev_stack()["config"]
    return config


def dev_stack() -> dict[str, Any]:
    """The file of the environment that `make up` deploys."""
    stack: dict[str, Any] = yaml.safe_load((CHECKOUT / "Pulumi.dev.yaml").read_text())
    return stack


def _without_unused_secrets(base: dict[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """The base, without its secrets if the integrations that use them are replaced: unused secrets are rejected."""
    if "eks-access:integrations" not in config:
        return base
    return {key: value for key, value in base.items() if not (isinstance(value, dict) and set(value) == {"secure"})}
