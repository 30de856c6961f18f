"""The workflow's scripts one after another, for a pull request whose parts fail one by one: it is never "no change".

`pulumi` prints what the revision's own folder has; `git`, `eks-access` and the scripts are the real ones, and GitHub's
API is a server on this machine.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from eks_access_policies.review.sentences import NO_CHANGE
from tests.support.checkout import CHECKOUT
from tests.support.github_api import GitHub, serving
from tests.support.repository import git
from tests.support.review_stacks import ACCOUNT, Stack, allow, trust
from tests.support.workflow_run import WorkflowRun

WORKFLOW = CHECKOUT / ".github" / "workflows" / "access-review.yml"
INSTALL = """\
echo "install in $GITHUB_JOB" >> "$NOTES"
[ "$GITHUB_JOB" != "$FAIL_INSTALL_IN" ]
"""
PULUMI = """\
#!/bin/sh
while [ $# -gt 0 ]; do [ "$1" != --stack ] || stack=$2; shift; done
echo "pulumi for $stack in $GITHUB_JOB: $(cat revision)" >> "$NOTES"
[ "$stack-$(cat revision)" != "$FAIL_PREVIEW" ] || {
    echo '{"diagnostics": [{"severity": "error", "message": "no such vendor"}]}'
    exit 255
}
cat "plan-$stack.json"
"""
EKS_ACCESS = """\
#!/bin/sh
echo "eks-access $1 in $GITHUB_JOB" >> "$NOTES"
[ "$1-$STACK" != "$FAIL_COMMAND" ] || exit "${FAIL_CODE:-2}"
exec "$PYTHON" -c 'from eks_access_cli.main import main; main(prog_name="eks-access")' "$@"
"""
OWN = trust({"AWS": f"arn:aws:iam::{ACCOUNT}:role/platform"})
HARMLESS = Stack().role("r", OWN, allow("s3:GetObject", on="arn:aws:s3:::a/*"))
CRITICAL = Stack().role("r", OWN, allow("*"))
HIGH = Stack().role("r", OWN, allow("iam:PassRole"))


@dataclass
class PullRequest:
    """A pull request of a repository with the environments dev and prod, and the runs of the workflow for it."""

    repository: Path
    github: GitHub
    runs: int = 0
    is_fork: bool = False

    def write(self, revision: str, **files: Any) -> None:
        """Commits plans, and other files by their paths."""
        for name, content in {"revision": revision, **files}.items():
            path = self.repository / (f"plan-{name}.json" if isinstance(content, Stack) else name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content.preview()) if isinstance(content, Stack) else content)
        git(self.repository, "add", "-A")
        git(self.repository, "commit", "-q", "-m", revision)

    def run(self, *, run_id: int = 0, lost: tuple[str, ...] = (), env: Any = None, **inputs: Any) -> WorkflowRun:
        self.runs += 1
        head = git(self.repository, "rev-parse", "change").strip()
        folder = self.repository.parent / f"run-{self.runs}"
        number = run_id or 100 + self.runs
        github = {
            "sha": head,
            "event_name": "pull_request",
            "repository": "o/r",
            "server_url": "https://github.test",
            "run_id": str(number),
            "token": "t",
            "event": {
                "pull_request": {
                    "number": "7",
                    "head": {"sha": head, "repo": {"full_name": "else/r" if self.is_fork else "o/r"}},
                    "base": {"sha": git(self.repository, "rev-parse", "main").strip()},
                }
            },
        }
        variables = {
            "PATH": f"{self.repository.parent / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(
                map(str, (CHECKOUT / each for each in ("components", "probe", "policies", "cli")))
            ),
            "PYTHON": sys.executable,
            "NOTES": str(self.repository.parent / "notes"),
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_API_URL": self.github.url,
            "GITHUB_RUN_ID": str(number),
            "GITHUB_RUN_ATTEMPT": "1",
        }
        given = {"install": "bash install.sh", **{name.replace("_", "-"): value for name, value in inputs.items()}}
        run = WorkflowRun(WORKFLOW, self.repository, folder, github, given, variables | (env or {}), lost=lost)
        run.run()
        return run

    @property
    def notes(self) -> list[str]:
        return (self.repository.parent / "notes").read_text().splitlines()

    @property
    def comment(self) -> str:
        (body,) = self.github.bodies
        return body

    def push(self) -> str:
        """Makes what is committed the head, as GitHub knows it."""
        self.github.head = git(self.repository, "rev-parse", "change").strip()
        return self.github.head


@pytest.fixture
def change(tmp_path: Path) -> Iterator[PullRequest]:
    """A pull request without a change."""
    for name, text in (("pulumi", PULUMI), ("eks-access", EKS_ACCESS)):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)
    repository = tmp_path / "repository"
    repository.mkdir()
    git(repository, "init", "-q", "-b", "main")
    with serving() as github:
        change = PullRequest(repository, github)
        files = {"Pulumi.yaml": "name: x\n", "Pulumi.dev.yaml": "config: {}\n", "Pulumi.prod.yaml": "config: {}\n"}
        change.write("base", dev=HARMLESS, prod=HARMLESS, **files, **{"install.sh": INSTALL})
        git(repository, "switch", "-q", "-c", "change")
        yield change


@pytest.fixture
def critical(change: PullRequest) -> PullRequest:
    """A pull request by which dev gains everything, which the comment of run 50 says."""
    change.write("head", dev=CRITICAL)
    change.push()
    hidden = "<!-- eks-access-review -->\n<!-- eks-access-review-run 50.1 -->\n"
    change.github.add(
        f"{hidden}Review of commit {change.github.head}.\n\n### Access review: dev\n\n- **critical:** all\n"
    )
    return change


def section(comment: str, environment: str) -> str:
    """What the comment has about an environment."""
    found = [part for part in comment.split("### Access review: ") if part.split("\n")[0] == environment]
    assert len(found) == 1, comment
    return found[0]


def results(run: WorkflowRun) -> dict[str, str]:
    return {name: job.result for name, job in run.jobs.items()}


def logs(run: WorkflowRun) -> str:
    return "\n".join(job.log for job in run.jobs.values())


def test_a_gain_is_in_the_comment_beside_an_environment_without_one(change: PullRequest) -> None:
    change.write("head", dev=HIGH)
    head = change.push()
    run = change.run(policies=False)
    assert set(results(run).values()) == {"success"}, logs(run)
    assert (
        f"Review of commit {head}, compared with {git(change.repository, 'rev-parse', 'main').strip()}"
        in change.comment
    )
    assert "can hand any role to a service" in section(change.comment, "dev")
    assert f"**{NO_CHANGE}**" in section(change.comment, "prod")
    assert run.uploaded == ["dev.sarif", "prod.sarif"]


def test_without_any_change_there_is_no_comment(change: PullRequest) -> None:
    change.write("head", dev=HARMLESS)
    change.push()
    run = change.run()
    assert set(results(run).values()) == {"success"}, logs(run)
    assert change.github.bodies == []


def test_code_of_the_pull_request_runs_in_the_previews_alone(change: PullRequest) -> None:
    evil = 'echo "install by the pull request in $GITHUB_JOB" >> "$NOTES"\n'
    change.write("head", dev=HIGH, **{"install.sh": evil})
    change.push()
    change.run(policies=False, environments='["dev"]')
    assert change.notes == [
        "install in changed",
        "eks-access review-environments in changed",
        "install in preview",
        "pulumi for dev in preview: base",
        "install by the pull request in preview",
        "pulumi for dev in preview: head",
        "install in review",
        "eks-access review in review",
        "install in comment",
        "eks-access review-comment in comment",
    ]


@pytest.mark.parametrize(
    ("env", "lost", "reason"),
    [
        ({"FAIL_INSTALL_IN": "preview"}, (), "the preview of the base failed or is missing"),
        ({"FAIL_INSTALL_IN": "review"}, (), "its job failed before the end"),
        ({"FAIL_PREVIEW": "dev-base"}, (), "the preview of the base failed or is missing"),
        ({"FAIL_PREVIEW": "dev-head"}, (), "the preview of the pull request failed or is missing"),
        ({"FAIL_COMMAND": "review-dev"}, (), "the review failed (exit code 2)"),
        ({"FAIL_COMMAND": "review-dev", "FAIL_CODE": "1"}, (), "the review failed (exit code 1)"),
        ({}, ("*-preview-dev-base",), "the preview of the base failed or is missing"),
        ({}, ("*-preview-dev-head",), "the preview of the pull request failed or is missing"),
        ({}, ("*-result-dev",), "its job failed, was skipped or was cancelled"),
    ],
)
def test_a_part_that_fails_replaces_a_critical_review_by_its_reason_and_never_by_no_change(
    critical: PullRequest, env: dict[str, str], lost: tuple[str, ...], reason: str
) -> None:
    head = critical.github.head
    run = critical.run(policies=False, env=env, lost=lost, environments='["dev"]')
    assert f"**Not reviewed:** {reason}. Whether its access changes is not known." in section(critical.comment, "dev")
    assert NO_CHANGE not in critical.comment
    assert f"Review of commit {head}" in critical.comment
    assert lost[:1] == ("*-result-dev",) or run.jobs["reviewed"].result == "failure"
    assert run.jobs["comment"].result == "success"


def test_of_two_environments_the_one_that_fails_is_reported_and_the_other_reviewed(critical: PullRequest) -> None:
    run = critical.run(policies=False, env={"FAIL_PREVIEW": "prod-head"})
    assert "**Not reviewed:** the preview of the pull request failed" in section(critical.comment, "prod")
    assert "**critical:**" in section(critical.comment, "dev")
    assert "no such vendor" in run.jobs["preview"].log
    assert (run.jobs["preview"].result, run.jobs["review"].result) == ("failure", "failure")
    assert run.uploaded == ["dev.sarif"]
    assert run.jobs["reviewed"].result == "failure"


def test_environments_that_could_not_be_listed_are_reported(critical: PullRequest) -> None:
    run = critical.run(env={"FAIL_INSTALL_IN": "changed"})
    assert "**Not reviewed: the affected environments could not be listed.**" in critical.comment
    assert results(run) == {
        "changed": "failure",
        "preview": "skipped",
        "review": "skipped",
        "comment": "success",
        "reviewed": "failure",
    }


def test_a_comment_that_cannot_be_updated_fails_and_keeps_naming_its_own_commit(critical: PullRequest) -> None:
    before = critical.comment
    run = critical.run(policies=False, environments='["dev"]', env={"FAIL_INSTALL_IN": "comment"})
    assert critical.comment == before
    assert run.jobs["reviewed"].result == "failure"
    assert "**The comment was not updated:**" in run.summary


def test_an_older_run_that_ends_later_replaces_nothing(critical: PullRequest) -> None:
    written = critical.comment
    run = critical.run(run_id=49, policies=False, environments='["dev"]', env={"FAIL_PREVIEW": "dev-head"})
    assert critical.comment == written
    assert "a later run wrote it" in run.jobs["comment"].log


def test_a_run_for_a_commit_that_was_replaced_writes_nothing(critical: PullRequest) -> None:
    written = critical.comment
    critical.github.head = "f" * 40
    run = critical.run(policies=False, environments='["dev"]', env={"FAIL_PREVIEW": "dev-head"})
    assert critical.comment == written
    assert "has a later commit" in run.jobs["comment"].log


def test_the_pack_fails_on_a_mandatory_rule_and_the_comment_names_it(change: PullRequest) -> None:
    change.write("head", dev=CRITICAL)
    change.push()
    run = change.run(environments='["dev"]')
    text = section(change.comment, "dev")
    assert "**critical:**" in text
    assert "of mandatory rules**" in text
    assert "`iam-" in text
    assert run.jobs["reviewed"].result == "failure"


def test_a_pack_that_fails_by_itself_is_reported_although_no_access_changes(change: PullRequest) -> None:
    change.write("head", x="x")
    change.push()
    run = change.run(environments='["dev"]', env={"FAIL_COMMAND": "policies-dev"})
    text = section(change.comment, "dev")
    assert f"**{NO_CHANGE}**" in text
    assert "#### Policy pack\n\n**Not evaluated:** its step failed or did not run." in text
    assert run.jobs["reviewed"].result == "failure"


ACCEPTED = json.dumps({"all": {"enforcementLevel": "advisory"}})


@pytest.mark.parametrize(("is_in_base", "result"), [(True, "success"), (False, "failure")])
def test_the_configuration_of_the_pack_comes_from_the_base(change: PullRequest, is_in_base: bool, result: str) -> None:
    if is_in_base:
        change.write("base", **{"policies/dev.json": ACCEPTED})
        git(change.repository, "branch", "-f", "main")
    change.write("head", dev=CRITICAL, **{"policies/dev.json": ACCEPTED + " "})
    change.push()
    run = change.run(environments='["dev"]', policy_pack_config="policies/{environment}.json")
    assert run.jobs["review"].result == result, logs(run)
    assert "**This pull request changes what reviews are made with**" in change.comment
    assert "- `policies/dev.json`" in change.comment


def test_a_new_environment_is_reviewed_against_nothing(change: PullRequest) -> None:
    change.write("head", new=HIGH, **{"Pulumi.new.yaml": "config: {}\n"})
    change.push()
    run = change.run(policies=False)
    assert set(results(run).values()) == {"success"}, logs(run)
    assert "`r` (new)" in section(change.comment, "new")
    assert "pulumi for new in preview: base" not in change.notes


def test_a_deleted_environment_is_reported(change: PullRequest) -> None:
    (change.repository / "Pulumi.prod.yaml").unlink()
    change.write("head")
    change.push()
    run = change.run(policies=False)
    assert "**Not reviewed:** its configuration is deleted" in section(change.comment, "prod")
    assert run.jobs["reviewed"].result == "success"
    assert change.run(policies=False, fail_on="high").jobs["reviewed"].result == "failure"


def test_a_change_of_prose_reviews_nothing_and_says_so_where_a_comment_is(critical: PullRequest) -> None:
    git(critical.repository, "branch", "-f", "main")
    critical.write("head", **{"README.md": "x"})
    critical.push()
    run = critical.run()
    assert "**No environment is affected by the changed files.** None was reviewed." in critical.comment
    assert run.jobs["preview"].result == run.jobs["review"].result == "skipped"
    assert run.jobs["reviewed"].result == "success"


def test_a_gain_fails_the_run_by_its_severity_and_is_still_reported(change: PullRequest) -> None:
    change.write("head", dev=HIGH)
    change.push()
    run = change.run(policies=False, environments='["dev"]', fail_on="high")
    assert run.jobs["reviewed"].result == "failure"
    assert "can hand any role to a service" in section(change.comment, "dev")
    assert change.run(policies=False, environments='["dev"]', fail_on="critical").jobs["reviewed"].result == "success"


def test_a_fork_is_reviewed_only_where_the_caller_says_so_and_fails_otherwise(change: PullRequest) -> None:
    change.is_fork = True
    change.write("head", dev=HIGH)
    run = change.run(policies=False)
    assert results(run) == dict.fromkeys(("changed", "preview", "review", "comment"), "skipped") | {
        "reviewed": "failure"
    }
    run = change.run(policies=False, forks=True)
    assert results(run)["review"] == results(run)["reviewed"] == "success", logs(run)
    assert "can hand any role to a service" in run.summary
    assert (change.github.bodies, run.uploaded) == ([], [])


def test_names_from_the_pull_request_are_neither_commands_nor_markup(change: PullRequest) -> None:
    name = "x\n::set-output name=code::0\n**No change of access.**\n<!-- eks-access-review-run 999.1 --> @all `"
    change.write("head", dev=Stack().role(name, OWN, allow("*")))
    change.push()
    run = change.run(environments='["dev"]')
    assert run.jobs["review"].result == "failure"
    assert "**critical:**" in section(change.comment, "dev")
    assert not any(
        line.startswith(("**No change", "<!-- eks-access-review-run 999")) for line in change.comment.split("\n")
    )
    change.write("again", dev=HIGH)
    change.push()
    assert "updated" in change.run(policies=False, environments='["dev"]').jobs["comment"].log


def test_a_project_in_a_folder_has_a_comment_of_its_own(change: PullRequest) -> None:
    for revision, stack in (("base", HARMLESS), ("head", HIGH)):
        if revision == "base":
            git(change.repository, "switch", "-q", "main")
        preview = json.dumps(stack.preview())
        files = {f"infra/{each}": "x: y\n" for each in ("Pulumi.yaml", "Pulumi.dev.yaml")} | {
            "infra/plan-dev.json": preview
        }
        change.write(revision, **files, **{"infra/revision": revision})
        if revision == "base":
            git(change.repository, "branch", "-D", "change", "-q")
            git(change.repository, "switch", "-q", "-c", "change")
    change.push()
    change.run(policies=False, working_directory="infra")
    assert change.comment.startswith("<!-- eks-access-review: infra -->\n")
    assert "can hand any role to a service" in section(change.comment, "dev")
