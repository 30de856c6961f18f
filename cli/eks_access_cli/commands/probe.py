"""`eks-access probe`."""

import sys
from typing import Any

import click

from ..options import acting_options, manifest_options
from . import Command


@click.command("probe", cls=Command)
@manifest_options
@acting_options
@click.option(
    "--as-operator",
    is_flag=True,
    help="Evaluate with your own credentials what each integration could do, without acting as it.",
)
@click.option("--without-trust", is_flag=True, help="With --as-operator: leave out the checks that it can never make.")
@click.option("--shard", metavar="I/N", help="Only part I (from 0) of N of the clusters; see `eks-access merge`.")
@click.option("--json", "json_file", metavar="FILE", help="Write the report as JSON too; - for standard output.")
@click.option("--junit", "junit_file", metavar="FILE", help="Write the report as JUnit XML too, for CI.")
@click.option("--html", "html_file", metavar="FILE", help="Write the report as one self-contained HTML page too.")
@click.option("--baseline", "baseline_file", metavar="FILE", help="Report what changed since this earlier JSON report.")
@click.option("--fail-on-change", is_flag=True, help="With --baseline: exit 4 if anything changed.")
@click.option(
    "--deadline",
    type=click.FloatRange(0, 1800),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Retry for this long what may not be consistent yet; 0 does not retry.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 128),
    default=8,
    show_default=True,
    metavar="N",
    help="Make this many calls at the same time.",
)
@click.option("--collect", is_flag=True, help="Collect what each integration can see too, as `eks-access collect`.")
@click.option("--quiet", "-q", is_flag=True, help="Print no table, for use with --json -.")
@click.option("--verbose", "-v", is_flag=True, help="Print every check in a row of its own, with its evidence.")
def command(**options: Any) -> None:
    """Act as each integration and prove what it can and cannot do.

    The probe acts as the integration, with a real STS call and a real EKS token, makes every call that must be allowed
    and every call that must be denied, and reports what is not as declared. It changes nothing: only reads are made,
    other verbs are checked by access reviews, and AWS calls that would change something name nothing that exists.

    If you cannot act as a vendor, --as-operator evaluates the same checks with your own credentials: by IAM's policy
    simulation, by access reviews of the mapped user and groups, and by the rules of access policies. Every such result
    is marked as evaluated and not exercised. What only the vendor can show, the trust policy above all, is reported
    as not checked, so that such a run ends with 3 at best, unless --without-trust leaves it out.

    \b
    Examples:
      eks-access probe --stack dev
      eks-access probe --stack prod --integration opentrace --cluster eu-1 --verbose
      eks-access probe --stack prod --as-operator
      eks-access probe --manifest access.json --identities identities.yaml --json report.json
      eks-access probe --stack prod --collect --junit probe.xml --html access.html
      eks-access probe --stack prod --baseline yesterday.json --json today.json
      pulumi stack output access --json --show-secrets | eks-access probe --manifest - --json - > report.json

    With --json - the table goes to standard error. Colours are left out if NO_COLOR is set.

    \b
    Exit codes:
      0  everything is as expected
      1  something is not: a call that must be allowed was denied, or the other way round
      2  bad usage or input; no call was made
      3  no mismatch, but something could not be checked: unreachable, throttled, no credential; or, with --collect,
         not be read completely
      4  all as expected, but --fail-on-change and something changed since the baseline
    """
    from ..flows.probe import ProbeOptions, run_probe

    sys.exit(run_probe(ProbeOptions(**options)))
