"""The command line: `python -m sandbox COMMAND`."""

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from . import clusters as cluster_specs
from . import environment
from .aws import accounts
from .aws.identity_provider import GOOGLE, IdentityProviders
from .aws.people import CORPORATE
from .aws.saml_provider import AUDIENCE, REDEEM_SECONDS, SIGN_IN, SamlProviders
from .clusters import ClusterSpec, InvalidClustersError
from .processes import end_with_parent
from .programs.errors import ProgramsError
from .progress import Terminal
from .session import NotRunningError, Sandbox, StartError, stop
from .state import AlreadyRunningError, State
from .status import format_status, read_status

NOT_RUNNING = 3
FOLLOW_SECONDS = 0.2

state_option = click.option(
    "--state",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="The sandbox's folder. Default: $EKS_ACCESS_SANDBOX, or .sandbox in the checkout.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """A local AWS with real Kubernetes control planes, for development and tests.

    AWS is MiniStack with signatures and policies checked. Each cluster is a real kube-apiserver with etcd,
    controller manager, scheduler and the authenticator that EKS runs; its nodes are played by KWOK.

    \b
    Start it, use it, end it:
      python -m sandbox up --detach
      python -m sandbox run -- pulumi preview --stack dev
      eval "$(python -m sandbox env)"
      python -m sandbox down
    """


@main.command()
@click.option("--detach", "-d", is_flag=True, help="Return when it is ready and leave it running.")
@click.option(
    "--clusters",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A YAML list of clusters: name, mode and, if wanted, nodes and aws_auth.",
)
@click.option(
    "--cluster",
    "named",
    multiple=True,
    metavar="NAME=MODE[,nodes=false]",
    help="A cluster; may be repeated. MODE is API, API_AND_CONFIG_MAP or CONFIG_MAP. nodes=false leaves out"
    " controller manager, scheduler and nodes.",
)
@click.option("--no-workload", is_flag=True, help="Leave the clusters empty.")
@click.option(
    "--entry-seconds",
    type=click.FloatRange(min=0),
    default=None,
    help="How long a changed access entry takes to have its effect (0.7).",
)
@click.option("--ends-with-caller", is_flag=True, hidden=True)
@state_option
def up(
    folder: Path | None,
    detach: bool,
    file: Path | None,
    named: Sequence[str],
    no_workload: bool,
    entry_seconds: float | None,
    ends_with_caller: bool,
) -> None:
    """Start a sandbox, by default with the clusters dev-api, dev-both and dev-configmap, one in each mode.

    Without --detach it runs until Ctrl-C. A sandbox that is running already is reported and left unchanged.
    """
    state = State.at(folder)
    if state.is_supervised():
        _say_running(state)
        _sign_in_again(state)
        return
    terminal = Terminal(sys.stdout)
    try:
        specs = _specs(file, named)
        if detach:
            Sandbox.start(
                state.folder,
                specs,
                workload=not no_workload,
                ends_with_caller=False,
                progress=terminal,
                entry_seconds=entry_seconds,
            )
        else:
            _supervise(state, specs, terminal, not no_workload, entry_seconds, ends_with_caller)
    except AlreadyRunningError:
        _say_running(state)
    except (InvalidClustersError, ProgramsError) as error:
        raise click.ClickException(str(error)) from error
    except StartError as error:
        # Its output was shown as it came.
        raise click.exceptions.Exit(1) from error


def _supervise(
    state: State,
    specs: tuple[ClusterSpec, ...],
    terminal: Terminal,
    workload: bool,
    entry_seconds: float | None,
    ends_with_caller: bool,
) -> None:
    # Imported here: the other commands need none of it, and minting a token should be quick.
    from .supervisor import Options, SandboxFailedError, run

    if ends_with_caller:
        end_with_parent()
    options = Options(specs, workload=workload)
    if entry_seconds is not None:
        options = Options(specs, workload=workload, entry_seconds=entry_seconds)
    try:
        run(state, options, terminal)
    except SandboxFailedError as failed:
        terminal.end_live_line()
        raise click.ClickException(str(failed)) from failed


@main.command()
@state_option
def down(folder: Path | None) -> None:
    """Stop the sandbox and everything it started. Its logs stay."""
    state = State.at(folder)
    running = state.read() is not None
    left = stop(state)
    click.echo(f"stopped the sandbox in {state.folder}" if running else f"no sandbox is running in {state.folder}")
    if left:
        click.echo(f"ended what was left behind: {', '.join(sorted(left))}")


@main.command("status")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@state_option
def show_status(folder: Path | None, as_json: bool) -> None:
    """Show what is running. Exit code 0: it runs; 3: it does not."""
    shown = read_status(State.at(folder))
    click.echo(json.dumps(shown, indent=1) if as_json else format_status(shown))
    if not shown["running"]:
        raise click.exceptions.Exit(NOT_RUNNING)


@main.command()
@state_option
def env(folder: Path | None) -> None:
    """Print shell lines that move a shell into the sandbox: eval "$(python -m sandbox env)"."""
    sandbox = _find(folder)
    click.echo(environment.exports(sandbox.state, sandbox.runtime, os.environ))


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@state_option
def run(folder: Path | None, command: Sequence[str]) -> None:
    """Run COMMAND in the sandbox's environment, as the customer's deployer."""
    sandbox = _find(folder)
    variables = sandbox.env
    try:
        os.execvpe(command[0], list(command), variables)
    except FileNotFoundError as error:
        raise click.ClickException(f"no such command: {command[0]}") from error


@main.command()
@click.argument("name", required=False)
@click.option("--follow", "-f", is_flag=True, help="Go on showing what is added.")
@state_option
def logs(folder: Path | None, name: str | None, follow: bool) -> None:
    """Show the log of a process, such as aws or dev-api.kube-apiserver. Without NAME: which there are."""
    state = State.at(folder)
    paths = {path.stem: path for path in (state.supervisor_log, *state.logs.glob("*.log")) if path.is_file()}
    names = sorted(paths)
    if name is None:
        click.echo("\n".join(names))
        return
    if name not in names:
        raise click.ClickException(f"no log {name!r}; there are: {', '.join(names) or 'none'}")
    with paths[name].open(errors="replace") as lines:
        while True:
            for line in lines:
                click.echo(line, nl=False)
            if not follow or not state.is_supervised():
                return
            time.sleep(FOLLOW_SECONDS)


@main.command()
@click.argument("cluster")
@state_option
def kubeconfig(folder: Path | None, cluster: str) -> None:
    """Print the sandbox's own administrator's kubeconfig of CLUSTER, which needs no AWS."""
    sandbox = _find(folder)
    if cluster not in sandbox.clusters:
        raise click.ClickException(f"no cluster {cluster!r}; there are: {', '.join(sandbox.clusters)}")
    click.echo(sandbox.clusters[cluster].kubeconfig.read_text())


@main.command("mint-token")
@click.option("--issuer", default=GOOGLE, show_default=True)
@click.option("--audience", required=True, help="The token's aud.")
@click.option("--subject", required=True, help="The token's sub.")
@click.option("--azp", help="The authorized party, which AWS takes for the audience when it is there.")
@click.option("--lifetime", default=3600, show_default=True, help="In seconds; negative: ended already.")
@click.option("--signed-by", metavar="KEY", help="Sign with another key than the issuer's, such as 'forged'.")
@state_option
def mint_token(
    folder: Path | None,
    issuer: str,
    audience: str,
    subject: str,
    azp: str | None,
    lifetime: int,
    signed_by: str | None,
) -> None:
    """Print a JSON Web Token, signed by the sandbox's identity provider."""
    providers = IdentityProviders(State.at(folder).providers)
    try:
        token = providers.mint(
            issuer=issuer, audience=audience, subject=subject, azp=azp, lifetime=lifetime, signed_by=signed_by
        )
    except FileNotFoundError as error:
        raise click.ClickException(f"no identity provider key {Path(error.filename).stem!r}") from error
    click.echo(token)


@main.command("mint-assertion")
@click.option("--provider", default=CORPORATE, show_default=True, help="The SAML identity provider.")
@click.option("--role", "role_arn", required=True, metavar="ARN", help="The role that it gives to the user.")
@click.option("--provider-arn", required=True, metavar="ARN", help="The provider in IAM.")
@click.option("--session-name", required=True, help="The RoleSessionName attribute.")
@click.option("--subject", help="The NameID; the session's name when left out.")
@click.option("--recipient", default=SIGN_IN, show_default=True, help="Where it is presented: SAML:aud.")
@click.option("--audience", default=AUDIENCE, show_default=True)
@click.option("--lifetime", default=REDEEM_SECONDS, show_default=True, help="In seconds; negative: ended already.")
@click.option("--signed-by", metavar="KEY", help="Sign with another key than the provider's, such as 'forged'.")
@state_option
def mint_assertion(folder: Path | None, provider: str, **wanted: Any) -> None:
    """Print a SAML response with a signed assertion, in base64 as AssumeRoleWithSAML takes it."""
    try:
        click.echo(SamlProviders(State.at(folder).saml_providers).mint(provider, **wanted))
    except FileNotFoundError as error:
        raise click.ClickException(f"no SAML provider's key {Path(error.filename).stem!r}") from error


def _specs(file: Path | None, named: Sequence[str]) -> tuple[ClusterSpec, ...]:
    from_file = cluster_specs.load(file) if file else ()
    return cluster_specs.validate_specs((*from_file, *map(ClusterSpec.parse, named)) or cluster_specs.DEFAULT)


def _find(folder: Path | None) -> Sandbox:
    try:
        return Sandbox.find(folder)
    except NotRunningError as error:
        click.echo(str(error), err=True)
        raise click.exceptions.Exit(NOT_RUNNING) from error


def _sign_in_again(state: State) -> None:
    """Renew the people's sessions: they end after half a day, and a sandbox may run for longer."""
    runtime = state.read()
    if runtime is not None and runtime.status == "ready":
        sessions = accounts.sign_in(runtime.endpoint, SamlProviders(state.saml_providers))
        accounts.write_profiles(state.aws, runtime.access_keys, sessions)


def _say_running(state: State) -> None:
    click.echo(f"a sandbox is running in {state.folder}; see: python -m sandbox status")
