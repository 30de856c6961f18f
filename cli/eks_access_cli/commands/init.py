"""`eks-access init`."""

from pathlib import Path

import click

from . import Command


@click.command("init", cls=Command)
@click.option(
    "-C",
    "--cwd",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    metavar="FOLDER",
    help="The project's folder, which may be empty.  [default: the current one]",
)
@click.option("--environment", metavar="NAME", help="The environment, and its stack's name: dev, prod, …")
@click.option("--account", metavar="ID", help="The AWS account.  [default: that of the credentials]")
@click.option("--region", metavar="REGION", help="The AWS region.  [default: $AWS_REGION or the profile's]")
@click.option("--profile", metavar="NAME", help="The AWS profile to look at the account with.")
@click.option("--cluster", "clusters", multiple=True, metavar="[KEY=]NAME", help="A cluster; repeatable.")
@click.option("--all-clusters", is_flag=True, help="Every cluster of the region.")
@click.option(
    "--integration",
    "integrations",
    multiple=True,
    metavar="VENDOR|NAME=VENDOR",
    help="An integration; repeatable. `eks-access explain --vendor VENDOR` shows what it gets.",
)
@click.option(
    "--no-integrations", is_flag=True, help="None yet: `eks-access adopt` takes over those that were made by hand."
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME.ARGUMENT=VALUE",
    help="An argument of an integration; repeatable. Lists with commas, everything else as in YAML.",
)
@click.option(
    "--project", metavar="NAME", help="In a folder without a project: the new one's name.  [default: eks-access]"
)
def command(
    *,
    cwd: Path,
    environment: str | None,
    account: str | None,
    region: str | None,
    profile: str | None,
    clusters: tuple[str, ...],
    all_clusters: bool,
    integrations: tuple[str, ...],
    no_integrations: bool,
    settings: tuple[str, ...],
    project: str | None,
) -> None:
    """Write Pulumi.<environment>.yaml, with comments, and in a folder without a project that too.

    It looks at the account's clusters and asks what the options leave open; where standard input is no terminal, it
    says which options are missing instead. What it writes is validated as a deployment would. No file is overwritten,
    and nothing is created in AWS.

    A secret is never given here: write {secret: NAME} for it, and set it by the command that is printed at the end.

    \b
    Examples:
      eks-access init
      eks-access init --environment prod --all-clusters --integration cado \\
        --set cado.platform_role_arns=arn:aws:iam::444455556666:role/CadoPlatform --set cado.namespaces=payments,web
      eks-access init --environment prod --all-clusters --no-integrations
      eks-access init --environment dev --cluster api=dev-api --integration c1=conductorone --set c1.external_id=…

    \b
    Exit codes:
      0  the files were written
      2  bad usage or input, or a file is there already: nothing was written
    """
    if clusters and all_clusters:
        raise click.UsageError("--cluster goes without --all-clusters")
    if no_integrations and (integrations or settings):
        raise click.UsageError("--no-integrations goes without --integration and --set")

    from ..flows.init import Given, write_environment

    write_environment(
        cwd,
        Given(
            environment,
            account,
            region,
            profile,
            clusters,
            all_clusters,
            integrations,
            settings,
            project,
            no_integrations,
        ),
    )
