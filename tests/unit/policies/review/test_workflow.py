"""The workflow of pull requests: what each job may do, and whose code it runs."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from eks_access_cli.commands import review, review_comment, review_environments
from eks_access_cli.main import main
from eks_access_policies.review.environments import find_affected_environments, find_environments
from tests.support.checkout import CHECKOUT
from tests.support.repository import git

WORKFLOWS = CHECKOUT / ".github" / "workflows"
REUSABLE = "access-review.yml"
OURS = (REUSABLE, "pull-request.yml")


def load(name: str) -> Any:
    # `on` is a truth value in YAML 1.1.
    return yaml.load((WORKFLOWS / name).read_text(), Loader=yaml.BaseLoader)


def steps(job: Any) -> list[Any]:
    return list(job.get("steps", []))


@pytest.fixture(scope="module")
def jobs() -> Any:
    return load(REUSABLE)["jobs"]


def test_it_is_reusable_and_the_project_uses_it_itself_on_pull_requests() -> None:
    assert set(load(REUSABLE)["on"]) == {"workflow_call"}
    caller = load("pull-request.yml")
    assert set(caller["on"]) == {"pull_request"}
    job = caller["jobs"]["access"]
    assert job["uses"] == f"./.github/workflows/{REUSABLE}"
    assert set(job["with"]) <= set(load(REUSABLE)["on"]["workflow_call"]["inputs"])
    assert "secrets" not in job, "the sandbox needs none"


def test_the_packs_configuration_is_found_by_the_environments_name(jobs: Any) -> None:
    given = load("pull-request.yml")["jobs"]["access"]["with"]
    (script,) = [step["run"] for step in steps(jobs["review"]) if step.get("id") == "pack"]
    for environment, expected in (("dev", ["--policy-pack-config", str(CHECKOUT / "policies/dev.json")]), ("new", [])):
        env = {"PACK": given["policy-pack"], "CONFIG": given["policy-pack-config"], "STACK": environment}
        env |= {"RUN_IN": "printf %s\\n", "FOLDER": ".", "PULUMI_CONFIG_PASSPHRASE": "x"}
        done = subprocess.run(
            ["bash", "-euc", script], cwd=CHECKOUT, env=env, capture_output=True, text=True, check=True
        )
        printed = done.stdout.splitlines()
        pack = printed[printed.index("--policy-pack") + 2 : printed.index("--stack")]
        assert pack == expected, f"{environment}: where there is no such file, the pack has no configuration"


@pytest.mark.parametrize("name", OURS)
def test_strangers_code_never_runs_with_secrets_or_a_token_that_writes(name: str) -> None:
    assert "pull_request_target" not in load(name)["on"]
    assert "workflow_run" not in load(name)["on"]


def test_every_job_has_only_the_permissions_that_it_needs(jobs: Any) -> None:
    assert load(REUSABLE)["permissions"] == {}
    assert {name: job["permissions"] for name, job in jobs.items()} == {
        "changed": {"contents": "read"},
        "review": {"contents": "read", "id-token": "write", "security-events": "write"},
        "comment": {"contents": "read", "pull-requests": "write"},
    }
    granted = load("pull-request.yml")["jobs"]["access"]["permissions"]
    needed = {item for job in jobs.values() for item in job["permissions"].items()}
    assert set(granted.items()) == needed, "what a caller grants is what the jobs need, together"


def test_the_job_that_may_write_runs_the_bases_code_and_has_no_secret_of_the_callers(jobs: Any) -> None:
    checkout = next(step for step in steps(jobs["comment"]) if "checkout" in step.get("uses", ""))
    assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    assert "secrets." not in str(jobs["comment"])
    assert "github.event.pull_request.head.repo.full_name == github.repository" in jobs["comment"]["if"]


def test_only_the_previews_get_the_callers_secrets(jobs: Any) -> None:
    with_secrets = [step["name"] for job in jobs.values() for step in steps(job) if "secrets." in str(step)]
    assert with_secrets == ["set up", "judge by the policy pack", "review"]


def test_there_is_one_comment_and_it_is_made_when_all_reviews_are_there(jobs: Any) -> None:
    making = [name for name, job in jobs.items() for step in steps(job) if "review-comment " in step.get("run", "")]
    assert making == ["comment"]
    assert jobs["comment"]["needs"] == ["changed", "review"]
    assert "!cancelled()" in jobs["comment"]["if"], "reviews that fail are told as well"


def scripts() -> Iterator[tuple[str, str]]:
    for name in OURS:
        for job in load(name)["jobs"].values():
            for step in steps(job):
                if "run" in step:
                    yield step.get("name", name), step["run"]


@pytest.mark.parametrize(("name", "script"), list(scripts()))
def test_nothing_is_pasted_into_a_script(name: str, script: str) -> None:
    assert "${{" not in script, "a branch's name could be a command: values come by the environment"


def test_every_action_is_pinned_and_every_checkout_keeps_no_token() -> None:
    for name in OURS:
        text = (WORKFLOWS / name).read_text()
        for used in re.findall(r"uses: (\S+/\S+@\S+.*)", text):
            assert re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", used) or "OWNER/" in used, used
        for job in load(name)["jobs"].values():
            for step in steps(job):
                if "actions/checkout@" in step.get("uses", ""):
                    assert step["with"]["persist-credentials"] == "false"


def test_every_job_ends_in_time(jobs: Any) -> None:
    assert all("timeout-minutes" in job for job in jobs.values())


def test_the_pack_and_the_review_are_told_before_they_fail_the_job(jobs: Any) -> None:
    names = [step.get("name") or step.get("uses") for step in steps(jobs["review"])]
    failing = steps(jobs["review"])[-1]
    assert failing["name"] == "fail as the pack and the review say"
    assert "steps.pack.outcome == 'failure' || steps.review.outcome == 'failure'" in failing["if"]
    assert names.index("review") < names.index("tell it in the summary") < len(names) - 1
    for each in ("pack", "review"):
        (step,) = [step for step in steps(jobs["review"]) if step.get("id") == each]
        assert step["continue-on-error"] == "true"


def test_the_options_that_the_scripts_give_are_those_of_the_commands() -> None:
    text = "\n".join(script for _, script in scripts()) + (CHECKOUT / "Makefile").read_text()
    commands = {
        "review": review.command,
        "review-comment": review_comment.command,
        "review-environments": review_environments.command,
    }
    for name, given in re.findall(r"eks-access (review\S*) ((?:.*\\\n)*.*)", text):
        options = {option for parameter in commands[name].params for option in parameter.opts}
        assert set(re.findall(r"(?<=\s)--[a-z-]+", f" {given.partition(' ||')[0]}")) <= options, name


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["Pulumi.dev.yaml"], ["dev"]),
        (["Pulumi.dev.yaml", "Pulumi.prod.yaml", "README.md"], ["dev", "prod"]),
        (["README.md", "docs/review.md", "tests/unit/test_x.py"], []),
        (["components/eks_access/model/iam.py"], ["dev", "prod"]),
        (["Pulumi.yaml"], ["dev", "prod"]),
        (["other/Pulumi.dev.yaml"], ["dev", "prod"]),
        (["Pulumi.gone.yaml"], []),
        ([], []),
    ],
)
def test_a_change_is_about_the_environments_whose_files_it_touches(files: list[str], found: list[str]) -> None:
    assert find_affected_environments(["dev", "prod"], files) == found


def test_the_environments_are_found_by_their_files_and_since_where_the_branch_began(tmp_path: Path) -> None:
    assert find_environments(["Pulumi.yaml", "Pulumi.b.yaml", "Pulumi.a.yml", "x"]) == ["a", "b"]
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml"):
        (tmp_path / name).write_text("")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "first")
    git(tmp_path, "switch", "-q", "-c", "change")
    (tmp_path / "Pulumi.prod.yaml").write_text("config: {}")
    git(tmp_path, "commit", "-q", "-a", "-m", "second")
    listed = CliRunner().invoke(main, ["review-environments", "--since", "main", "--cwd", str(tmp_path)])
    assert listed.output == '["prod"]\n'
    refused = CliRunner().invoke(main, ["review-environments", "--since", "nowhere", "--cwd", str(tmp_path)])
    assert refused.exit_code == 2
