"""The workflow for pull requests: the permissions of each job, and the code that it runs."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from eks_access_cli.commands import policies, review, review_comment, review_environments
from tests.support.checkout import CHECKOUT

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


def test_the_workflow_is_reusable_and_the_project_calls_it_on_pull_requests() -> None:
    assert set(load(REUSABLE)["on"]) == {"workflow_call"}
    caller = load("pull-request.yml")
    assert set(caller["on"]) == {"pull_request"}
    job = caller["jobs"]["access"]
    assert job["uses"] == f"./.github/workflows/{REUSABLE}"
    assert set(job["with"]) <= set(load(REUSABLE)["on"]["workflow_call"]["inputs"])
    assert "secrets" not in job, "the sandbox needs none"


@pytest.mark.parametrize("name", OURS)
def test_code_of_a_pull_request_never_runs_with_secrets_or_a_token_that_writes(name: str) -> None:
    assert "pull_request_target" not in load(name)["on"]
    assert "workflow_run" not in load(name)["on"]


def test_every_job_has_only_the_permissions_that_it_needs(jobs: Any) -> None:
    assert load(REUSABLE)["permissions"] == {}
    assert {name: job["permissions"] for name, job in jobs.items()} == {
        "changed": {"contents": "read"},
        "preview": {"contents": "read", "id-token": "write"},
        "review": {"contents": "read", "security-events": "write"},
        "comment": {"contents": "read", "pull-requests": "write"},
        "reviewed": {},
    }
    granted = load("pull-request.yml")["jobs"]["access"]["permissions"]
    needed = {item for job in jobs.values() for item in job["permissions"].items()}
    assert set(granted.items()) == needed, "what a caller grants is what the jobs need, together"


def test_only_the_job_that_previews_installs_and_runs_another_revision_than_the_base(jobs: Any) -> None:
    for name, job in jobs.items():
        for step in steps(job):
            if "actions/checkout@" in step.get("uses", "") and name != "preview":
                ref, path = step["with"]["ref"], step["with"].get("path")
                assert (ref, path) in [
                    ("${{ github.event.pull_request.base.sha }}", None),
                    ("${{ github.sha }}", "change"),
                ]
            for script in re.findall(r"cd .*change|change/\S*\.(?:sh|py)", step.get("run", "")):
                pytest.fail(f"{name} runs the pull request's code: {script}")


def test_only_the_job_that_previews_has_a_cloud_identity_or_the_callers_secrets(jobs: Any) -> None:
    with_secrets = [step["name"] for job in jobs.values() for step in steps(job) if "secrets." in str(step)]
    assert with_secrets == ["set up", "preview"]
    signing_in = [name for name, job in jobs.items() if "configure-aws-credentials" in str(job)]
    assert signing_in == ["preview"]
    assert {"set up", "preview"} <= {step.get("name") for step in steps(jobs["preview"])}


def test_no_job_restores_a_cache_that_a_pull_request_may_have_written_except_its_own_preview(jobs: Any) -> None:
    caching = {name: step for name, job in jobs.items() for step in steps(job) if "actions/cache@" in str(step)}
    assert set(caching) == {"preview"}
    assert "${{ matrix.side }}" in caching["preview"]["with"]["key"], "the base's has one of its own"


def test_one_job_writes_the_comment_after_all_reviews_and_only_where_its_token_may(jobs: Any) -> None:
    writing = [name for name, job in jobs.items() for step in steps(job) if "review-comment " in step.get("run", "")]
    assert writing == ["comment"]
    assert jobs["comment"]["needs"] == ["changed", "preview", "review"]
    assert "!cancelled()" in jobs["comment"]["if"], "failed reviews are reported as well"
    assert "github.event.pull_request.head.repo.full_name == github.repository" in jobs["comment"]["if"]


def test_a_newer_run_ends_an_older_one() -> None:
    concurrency = load(REUSABLE)["concurrency"]
    assert concurrency["cancel-in-progress"] == "true"
    assert "github.event.pull_request.number" in concurrency["group"]
    assert "inputs.name || inputs.working-directory" in concurrency["group"], "two calls do not end each other"


def test_the_required_check_runs_after_all_others_and_always(jobs: Any) -> None:
    assert jobs["reviewed"]["if"] == "always()"
    assert set(jobs["reviewed"]["needs"]) == set(jobs) - {"reviewed"}


def test_artifacts_of_two_calls_and_of_two_attempts_do_not_collide(jobs: Any) -> None:
    uploads = [step["with"] for job in jobs.values() for step in steps(job) if "upload-artifact@" in str(step)]
    assert len(uploads) == 2
    for upload in uploads:
        assert "${{ needs.changed.outputs.key }}" in upload["name"]
        assert upload["overwrite"] == "true"


def scripts() -> Iterator[tuple[str, str]]:
    for name in OURS:
        for job in load(name)["jobs"].values():
            for step in steps(job):
                if "run" in step:
                    yield step.get("name", name), step["run"]


@pytest.mark.parametrize(("name", "script"), list(scripts()))
def test_no_expression_is_interpolated_into_a_script(name: str, script: str) -> None:
    assert "${{" not in script, "a branch's name could be a command: pass values by the environment"


def test_every_action_is_pinned_and_no_checkout_persists_the_token() -> None:
    for name in OURS:
        text = (WORKFLOWS / name).read_text()
        for used in re.findall(r"uses: (\S+/\S+@\S+.*)", text):
            assert re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", used) or "OWNER/" in used, used
        for job in load(name)["jobs"].values():
            for step in steps(job):
                if "actions/checkout@" in step.get("uses", ""):
                    assert step["with"]["persist-credentials"] == "false"


def test_every_job_has_a_timeout(jobs: Any) -> None:
    assert all("timeout-minutes" in job for job in jobs.values())


def test_the_scripts_use_only_options_that_the_commands_have() -> None:
    text = "\n".join(script for _, script in scripts()) + (CHECKOUT / "Makefile").read_text()
    commands = {
        "policies": policies.command,
        "review": review.command,
        "review-comment": review_comment.command,
        "review-environments": review_environments.command,
    }
    found = re.findall(r"eks-access (review\S*|policies) ((?:.*\\\n)*.*)", text)
    assert {name for name, _ in found} == set(commands)
    for name, arguments in found:
        options = {option for parameter in commands[name].params for option in parameter.opts}
        assert set(re.findall(r"(?<=\s)--[a-z-]+", f" {arguments.partition(' ||')[0]}")) <= options, name
