"""`eks-access`: the door to everything that is not `pulumi`."""

import importlib
from typing import Any

import click

from . import __version__

COMMANDS = {
    "aws-auth": ("eks_access.aws_auth.command:aws_auth", "Plan and check changes of the aws-auth ConfigMap."),
    "collect": (
        "eks_access_probe.collector.command:collect",
        "Gather what each integration sees in each cluster.",
    ),
    "explain": ("eks_access.explain_command:explain", "Say what an integration gets, and why."),
    "handoff": ("eks_access.handoff_command:handoff", "Print what to enter in each vendor's own form."),
    "leftovers": (
        "eks_access_probe.leftovers.command:leftovers",
        "List what belongs to no integration of a stack (any more).",
    ),
    "merge": ("eks_access_probe.merge:merge", "Merge the reports of a sharded run of the probe into one."),
    "plugin": ("eks_access.provider.install:plugin", "Install the Pulumi plugin of this package."),
    "policies": ("eks_access_policies.command:policies", "Judge what is deployed by the rules of the policy pack."),
    "probe": (
        "eks_access_probe.command:probe",
        "Act as each integration and prove what it can and cannot do.",
    ),
    "resume": ("eks_access.resume:resume", "Take up a deployment that was killed in the middle."),
    "review": ("eks_access_policies.review.command:review", "Say what a change lets whom do."),
    "review-comment": (
        "eks_access_policies.review.comment:review_comment",
        "Put reviews into one comment on a pull request.",
    ),
    "review-environments": (
        "eks_access_policies.review.environments:review_environments",
        "List the environments that a change is about.",
    ),
    "schema": ("eks_access.schema_command:schema", "Print the JSON schema of a file, for editors and programs."),
    "token": ("eks_access.token_command:token", "Print an EKS token, as kubectl wants it."),
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
