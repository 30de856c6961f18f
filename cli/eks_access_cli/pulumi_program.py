"""Runs the `pulumi` program: the only module that does.

What Pulumi prints of a failure comes as one `PulumiProgramError`, redacted, and with advice where the cause is known.
"""

import json
import logging
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eks_access.errors import EksAccessError
from eks_access.redaction import redacted
from eks_access.shell_command import format_command

if TYPE_CHECKING:
    from eks_access.manifest.models import Manifest

_READ_SECONDS = 300
"""For what reads or writes the state alone."""
_ENGINE_SECONDS = 1800
"""For what runs the program or the providers: a preview of a large stack takes minutes."""
_ENGINE_COMMANDS = ("preview", "refresh", "cancel", "import", "destroy", "up")

_log = logging.getLogger(__name__)


class PulumiProgramError(EksAccessError):
    """The `pulumi` program is missing, took too long or failed."""


@dataclass(frozen=True)
class PulumiStack:
    """A stack, by the `pulumi` program in the project's folder. All methods raise `PulumiProgramError`.

    `variables` are set in the program's environment, besides those that are there.
    """

    name: str
    project: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def read_manifest(self, *, secrets: bool = True) -> "Manifest":
        """The access manifest that the stack exports; no other output is read.

        The probe needs the secrets, since an ExternalId may be one of the stack's; without `secrets` the manifest has
        what Pulumi prints in their place.

        Raises:
            SourceError: the output is not a manifest.
        """
        from eks_access.manifest.source import parse_manifest

        return parse_manifest(self._read_output(secrets=secrets), self._origin, secrets=secrets)

    def read_manifest_and_secrets(self) -> "tuple[Manifest, frozenset[str]]":
        """The access manifest that the stack exports, and which of the values in it are secrets of the stack.

        Nothing is decrypted if the manifest has no secret.

        Raises:
            SourceError: the output is not a manifest.
        """
        from eks_access.manifest.source import find_secrets, has_hidden_secrets, parse_manifest

        hidden = self._read_output(secrets=False)
        if not has_hidden_secrets(hidden):
            return parse_manifest(hidden, self._origin), frozenset()
        shown = self._read_output(secrets=True)
        return parse_manifest(shown, self._origin), frozenset(find_secrets(json.loads(hidden), json.loads(shown)))

    def export_state(self) -> Any:
        """What `pulumi stack export` prints; secrets stay encrypted."""
        return self._parse(self._run("stack", "export"), "stack export")

    def import_state(self, state: Mapping[str, Any]) -> None:
        self._run("stack", "import", stdin=json.dumps(state))

    def refresh(self) -> None:
        """Compares the state with what exists; creates, changes and deletes nothing."""
        self._run("refresh", "--yes", "--skip-preview")

    def destroy_targets(self, urns: Sequence[str]) -> None:
        """Deletes these resources alone; the engine refuses if another one depends on them. The program is not run."""
        self._run("destroy", "--yes", "--skip-preview", *_format_targets(urns))

    def update_outputs(self, stack_urn: str) -> None:
        """Runs the program and writes the stack's outputs; no resource is created, changed or deleted."""
        self._run("up", "--yes", "--skip-preview", "--suppress-outputs", *_format_targets([stack_urn]))

    def cancel(self) -> None:
        """Removes the lock that an interrupted run left."""
        self._run("cancel", "--yes")

    def find_state(self) -> Any:
        """What `export_state` gives; None if there is no such stack, or nothing in it."""
        arguments = ["stack", "export", "--stack", self.name]
        done = run_pulumi(arguments, self.project, env=self._environment())
        if done.returncode != 0:
            if "no stack named" in done.stderr:
                return None
            raise PulumiProgramError(_failure(_command(arguments), done.stderr, self.project, self.name))
        state = self._parse(done.stdout, "stack export")
        deployment = state.get("deployment") if isinstance(state, Mapping) else None
        return state if isinstance(deployment, Mapping) and deployment.get("resources") else None

    def create(self) -> None:
        """Creates the stack, without making it the selected one."""
        self._run("stack", "init", "--no-select")

    def import_resources(self, file: Path) -> None:
        """Reads the resources of an import file, without protecting them; writes the state alone."""
        self._run("import", "--file", str(file), "--yes", "--skip-preview", "--protect=false", "--generate-code=false")

    def preview(
        self, python_path: Sequence[str] = (), *, import_file: Path | None = None, config_file: Path | None = None
    ) -> dict[str, Any]:
        """What `pulumi preview --json` prints, with the resources that stay the same.

        Args:
            python_path: folders of the project that its modules are imported from, before any that are installed.
            import_file: where to write an import file of all that would be created.
            config_file: the configuration, instead of the stack's own.
        """
        arguments = ["preview", "--json", "--show-sames", "--stack", self.name]
        arguments += ["--import-file", str(import_file)] if import_file is not None else []
        arguments += ["--config-file", str(config_file)] if config_file is not None else []
        done = run_pulumi(arguments, self.project, env=self._environment(python_path))
        try:
            found = json.loads(done.stdout[done.stdout.index("{") :])
        except ValueError:
            found = None
        if done.returncode != 0 or not isinstance(found, dict):
            output = " ".join(_engine_errors(found)) or done.stderr or done.stdout
            raise PulumiProgramError(_failure("preview", output, self.project, self.name))
        return found

    @property
    def _origin(self) -> str:
        return f"stack {self.name!r}"

    def _read_output(self, *, secrets: bool) -> bytes:
        from eks_access.manifest.models import OUTPUT

        shown = ["--show-secrets"] if secrets else []
        return self._run("stack", "output", OUTPUT, "--json", *shown).encode()

    def _run(self, *arguments: str, stdin: str = "") -> str:
        env = self._environment()
        return _checked_output([*arguments, "--stack", self.name], self.project, stdin=stdin, stack=self.name, env=env)

    def _environment(self, python_path: Sequence[str] = ()) -> Mapping[str, str] | None:
        """The program's environment; None for one's own."""
        if not python_path and not self.variables:
            return None
        folders = [str((self.project / each).resolve()) for each in python_path]
        path = {"PYTHONPATH": os.pathsep.join(folders)} if folders else {}
        return {**os.environ, **self.variables, **path}

    def _parse(self, text: str, command: str) -> Any:
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as cause:
            raise PulumiProgramError(f"`pulumi {command}` for {self._origin} did not print JSON") from cause


def find_backend(project: Path) -> str:
    """The URL of the backend that keeps the states.

    Raises:
        PulumiProgramError
    """
    try:
        url: str = json.loads(_checked_output(["whoami", "--json"], project))["url"]
    except (ValueError, KeyError, TypeError) as cause:
        raise PulumiProgramError("`pulumi whoami` did not print the backend's URL") from cause
    return url


def read_version(project: Path) -> str:
    """What `pulumi version` prints.

    Raises:
        PulumiProgramError
    """
    return _checked_output(["version"], project)


def run_pulumi(
    arguments: Sequence[str], project: Path, *, stdin: str = "", env: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Runs `pulumi` without prompts and colours, whatever its exit code.

    Raises:
        PulumiProgramError: the program or the folder is missing, or it took too long.
    """
    seconds = _ENGINE_SECONDS if arguments[0] in _ENGINE_COMMANDS else _READ_SECONDS
    _log.debug("pulumi %s in %s", " ".join(arguments), project)
    try:
        done = _run_to_the_end(
            ["pulumi", *arguments, "--non-interactive", "--color=never"], project, stdin, env, seconds
        )
    except FileNotFoundError as cause:
        if not project.is_dir():
            raise PulumiProgramError(f"--cwd: there is no folder {project}") from cause
        raise PulumiProgramError(
            "the command `pulumi` is not on the PATH; install it (https://www.pulumi.com/docs/install/),"
            " or give a file instead of --stack where the command takes one"
        ) from cause
    except subprocess.TimeoutExpired as cause:
        raise PulumiProgramError(f"`pulumi {_command(arguments)}` took over {seconds} seconds") from cause
    _log.debug("pulumi %s: exit code %d", _command(arguments), done.returncode)
    return done


def _run_to_the_end(
    command: Sequence[str], folder: Path, stdin: str, env: Mapping[str, str] | None, seconds: float
) -> "subprocess.CompletedProcess[str]":
    """Runs a program. Where Ctrl-C interrupts it too, its end is awaited: killed, the engine would leave its lock, and
    not record what it has just changed. A second Ctrl-C kills it.
    """
    with subprocess.Popen(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            out, err = process.communicate(stdin, timeout=seconds)
        except KeyboardInterrupt:
            try:
                process.communicate(timeout=seconds)
            finally:
                process.kill()
            raise
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def link_virtual_environment(project: Path, checkout: Path) -> None:
    """Links the virtual environment that Pulumi.yaml names into another checkout of the project, for git has none."""
    import yaml

    try:
        described = yaml.safe_load((project / "Pulumi.yaml").read_text())
        name = str(described["runtime"]["options"]["virtualenv"])
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        return
    own, linked = project / name, checkout / name
    if own.exists() and not linked.exists() and not Path(name).is_absolute():
        linked.parent.mkdir(parents=True, exist_ok=True)
        linked.symlink_to(own.resolve(), target_is_directory=True)


def _checked_output(
    arguments: Sequence[str],
    project: Path,
    *,
    stdin: str = "",
    stack: str | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    done = run_pulumi(arguments, project, stdin=stdin, env=env)
    if done.returncode != 0:
        raise PulumiProgramError(_failure(_command(arguments), done.stderr.strip() or done.stdout, project, stack))
    return done.stdout


def _format_targets(urns: Sequence[str]) -> list[str]:
    """
    Raises:
        PulumiProgramError: there is none, and the engine would take that for everything.
    """
    if not all(urns) or not urns:
        raise PulumiProgramError("no target was given, so nothing was run")
    return [f"--target={urn}" for urn in urns]


def _command(arguments: Sequence[str]) -> str:
    """The subcommand, for messages: the arguments may have values that are none of a message's."""
    return " ".join(arguments[:2] if arguments[0] == "stack" else arguments[:1])


def _failure(command: str, output: str, project: Path, stack: str | None) -> str:
    """What failed and, for the known causes, what to do."""
    words = redacted(" ".join(output.split()))
    of_stack = {} if stack is None else {"stack": stack}
    if "does not have output property" in output:
        command = format_command("pulumi up", of_stack)
        return f"stack {stack!r} does not export the access manifest: run `{command}` first"
    if "no stack named" in output:
        return f"there is no stack {stack!r}: `pulumi stack ls` in {project} lists those that there are ({words})"
    advice = ""
    if "currently locked" in output or "failed to load checkpoint" in output:
        resume = format_command("eks-access resume --unlock", of_stack)
        advice = f". If that run was killed and none is under way, add --unlock: `{resume}`"
    which = f" for stack {stack!r}" if stack is not None else ""
    return f"`pulumi {command}` failed{which} in {project}: {words}{advice}"


def _engine_errors(preview: object) -> list[str]:
    """The errors in the diagnostics of a preview's JSON."""
    diagnostics = preview.get("diagnostics") if isinstance(preview, Mapping) else None
    return [
        str(each.get("message", ""))
        for each in diagnostics or ()
        if isinstance(each, Mapping) and each.get("severity") == "error"
    ]
