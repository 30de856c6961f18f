"""`eks-access`: the door to everything that is not `pulumi`."""

import importlib
from typing import Any

import click

from eks_access import __version__

COMMANDS = {
    "aws-auth": ("eks_access_cli.commands.aws_auth:aws_auth", "Plan and check changes of the aws-auth ConfigMap."),
    "collect": (
        "eks_access_cli.commands.collect:collect",
        "Gather what each integration sees in each cluster.",
    ),
    "explain": ("eks_access_cli.commands.explain:explain", "Say what an integration gets, and why."),
    "handoff": ("eks_access_cli.commands.handoff:handoff", "Print what to enter in each vendor's own form."),
    "leftovers": (
        "eks_access_cli.commands.leftovers:leftovers",
        "List what belongs to no integration of a stack (any more).",
    ),
    "merge": ("eks_access_cli.commands.merge:merge", "Merge the reports of a sharded run of the probe into one."),
    "plugin": ("eks_access_cli.commands.plugin:plugin", "Install the Pulumi plugin of this package."),
    "policies": (
        "eks_access_cli.commands.policies:policies",
        "Judge what is deployed by the rules of the policy pack.",
    ),
    "probe": (
        "eks_access_cli.commands.probe:probe",
        "Act as each integration and prove what it can and cannot do.",
    ),
    "resume": ("eks_access_cli.commands.resume:resume", "Take up a deployment that was killed in the middle."),
    "review": ("eks_access_cli.commands.review:review", "Say what a change lets whom do."),
    "review-comment": (
        "eks_access_cli.commands.review_comment:review_comment",
        "Put reviews into one comment on a pull request.",
    ),
    "review-environments": (
        "eks_access_cli.commands.review_environments:review_environments",
        "List the environments that a change is about.",
    ),
    "schema": ("eks_access_cli.commands.schema:schema", "Print the JSON schema of a file, for editors and programs."),
    "token": ("eks_access_cli.commands.token:token", "Print an EKS token, as kubectl wants it."),
}
"""Each command's place and its line in `--help`: a command is imported only when it runs, so that all start fast."""


class _Commands(click.Group):
    # ruff: noqa: ARG002 (click's signatures)
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in sorted(COMMANDS.items())])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="eks-access")
def main(**_: Any) -> None:
    """Access to Amazon EKS for third-party integrations: declared once, provisioned by `pulumi up`, and proven.

    \b
    pulumi up --stack dev            provision what Pulumi.dev.yaml declares
    eks-access probe --stack dev     prove what each integration can and cannot do
    eks-access handoff --stack dev   print what to enter at each vendor
    """
