"""Plans the review of a pull request from its git repository."""

from collections.abc import Collection, Iterable
from pathlib import Path

from eks_access_policies.review.pull_request.environments import PROJECT_FILES, Project, find_environments
from eks_access_policies.review.pull_request.plan import ReviewPlan, Revision, plan_review

from ..git import find_changed_files, find_project, list_files


def plan_since(since: str, cwd: Path, among: Collection[str] | None, controls: Iterable[str] = ()) -> ReviewPlan:
    """Plans the review of the project in `cwd` against another revision. None of the project's code runs.

    Raises:
        GitError: git has no such revision, or the folder is in no repository.
    """
    folder = find_project(cwd)
    head = Revision(frozenset(path.name for path in cwd.iterdir() if path.is_file()))
    names = {*PROJECT_FILES, *(name for name in head.files if find_environments([name]))}
    # What is no text names nothing that could be read, and so is reported as no YAML.
    texts = tuple((cwd / name).read_text(errors="replace") for name in sorted(names & head.files))
    base = Revision(frozenset(list_files(since, folder, cwd)))
    return plan_review(
        base, head, find_changed_files(since, cwd), Project(folder, texts), among=among, controls=controls
    )
