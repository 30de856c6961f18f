"""The `eks-access` command line."""

import importlib
from typing import Any

import click

from eks_access import __version__

from .commands import CommandGroup

COMMANDS = {
    "adopt": ("adopt", "Take over what was made by hand from a vendor's page."),
    "aws-auth": ("aws_auth", "Plan and check changes of the aws-auth ConfigMap."),
    "collect": ("collect", "Collect what each integration can see in each cluster."),
    "doctor": ("doctor", "Find out what keeps a deployment or the probe from working."),
    "explain": ("explain", "Explain what an integration gets, and why."),
    "handoff": ("handoff", "Print what to enter in each vendor's own form."),
    "inventory": ("inventory", "List who can come into the clusters of an account, and what each may do there."),
    "init": ("init", "Write the configuration of an environment, from a few answers."),
    "leftovers": ("leftovers", "List orphaned resources of off-boarded integrations and of vendors."),
    "merge": ("merge", "Merge the reports of a sharded probe run into one."),
    "migrate": ("migrate", "Migrate a cluster from aws-auth to access entries."),
    "offboard": ("offboard", "Remove an integration everywhere, and prove that it cannot come in any more."),
    "plugin": ("plugin", "Install the Pulumi plugin of this package."),
    "policies": ("policies", "Evaluate deployed stacks against the rules of the policy pack."),
    "probe": ("probe", "Act as each integration and prove what it can and cannot do."),
    "resume": ("resume", "Recover a stack after an interrupted deployment."),
    "review": ("review", "Review how a change affects who can access what."),
    "review-comment": ("review_comment", "Post reviews as one comment on a pull request."),
    "review-environments": ("review_environments", "List the environments that a change affects."),
    "schema": ("schema", "Print the JSON schema of a file, for editors and programs."),
    "token": ("token", "Print an EKS token as a kubectl exec credential."),
}
"""Each command's module in `commands/`, and its line in `--help`."""


class _Commands(CommandGroup):
    """Imports a command only when it runs, so that all start fast."""

    # ruff: noqa: ARG002 (click's signatures)
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"eks_access_cli.commands.{COMMANDS[name][0]}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in sorted(COMMANDS.items())])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="eks-access")
def main(**_: Any) -> None:
    """Access to Amazon EKS for third-party integrations: declared once, provisioned by `pulumi up`, and proven.

    \b
    eks-access init                  write Pulumi.dev.yaml, from a few answers
    eks-access doctor --stack dev    find out what keeps it from being deployed
    pulumi up --stack dev            provision what Pulumi.dev.yaml declares
    eks-access probe --stack dev     prove what each integration can and cannot do
    eks-access handoff --stack dev   print what to enter at each vendor

    \b
    Exit codes, of every command; what they mean for it is in its --help:
      0    everything is as it should be
      1    something is not, or the operation failed
      2    bad usage or input; nothing was done
      3    something could not be determined
      4    something changed since the baseline
      130  interrupted
    """
