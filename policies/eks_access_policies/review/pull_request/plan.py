"""Plans the review of a pull request: what of it is to be reviewed, and what cannot be. Pure.

The workflow makes a plan before any of the pull request's code runs, and hands it to its other jobs, so that a review
that fails or is missing is noticed.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from posixpath import normpath
from typing import Any

from eks_access.errors import EksAccessError

from .environments import PROJECT_FILES, Project, find_affected_environments, find_environments, is_environment_name

_ENVIRONMENT = "{environment}"
_DELETED = "its configuration is deleted; what is deployed stays, with its access, until it is destroyed"
_UNLISTED = "its configuration changes, and it is not among the environments that the workflow reviews"


class PlanError(EksAccessError, ValueError):
    """The value is not a plan."""


@dataclass(frozen=True)
class ReviewPlan:
    environments: tuple[str, ...]
    """Those to review."""
    new: frozenset[str] = frozenset()
    """Of these, those that the base does not have: whatever they have is gained."""
    not_reviewed: Mapping[str, str] = field(default_factory=dict)
    """The reason why another environment that the change affects cannot be reviewed, by its name."""
    changed_controls: tuple[str, ...] = ()
    """The files that the change touches and that reviews are made with; the review uses those of the base."""

    def to_json(self) -> dict[str, Any]:
        return {
            "environments": list(self.environments),
            "new": sorted(self.new),
            "previews": [
                {"environment": environment, "side": side}
                for environment in self.environments
                for side in ("base", "head")
                if side == "head" or environment not in self.new
            ],
            "notReviewed": dict(self.not_reviewed),
            "changedControls": list(self.changed_controls),
        }


def parse_plan(text: str) -> ReviewPlan:
    """The plan in what `ReviewPlan.to_json` made.

    Raises:
        PlanError: it is not one.
    """
    try:
        value = json.loads(text)
        plan = ReviewPlan(
            tuple(value["environments"]),
            frozenset(value["new"]),
            {str(name): str(reason) for name, reason in value["notReviewed"].items()},
            tuple(map(str, value["changedControls"])),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as cause:
        raise PlanError("is not what `eks-access review-environments --plan` prints") from cause
    for name in plan.environments:
        if not is_environment_name(name):
            raise PlanError(f"has an environment with the name {name!r}")
    return plan


@dataclass(frozen=True)
class Revision:
    """What the project's folder has in one revision."""

    files: frozenset[str]
    """Names of the files in the folder."""

    @property
    def environments(self) -> list[str]:
        return find_environments(self.files)

    @property
    def has_project(self) -> bool:
        return not self.files.isdisjoint(PROJECT_FILES)


def plan_review(
    base: Revision,
    head: Revision,
    changed: Sequence[str],
    project: Project,
    *,
    among: Collection[str] | None = None,
    controls: Iterable[str] = (),
) -> ReviewPlan:
    """Plans the review of a change from `base` to `head` that touches the files `changed`.

    `among` are the only environments that can be reviewed, by default all that either revision has. `controls` are
    files and folders that reviews are made with; `{environment}` in them is any name.
    """
    existing = {*base.environments, *head.environments}
    reviewable = existing if among is None else set(among)
    deleted = set(base.environments) - set(head.environments)
    touched = {name for file in changed if (name := project.find_stack(file))}
    affected = find_affected_environments(existing | reviewable, changed, project)
    environments = tuple(name for name in affected if name in reviewable - deleted)
    missing = deleted | (touched - reviewable)
    return ReviewPlan(
        environments,
        frozenset(name for name in environments if _is_new(name, base, head)),
        {name: _DELETED if name in deleted else _UNLISTED for name in affected if name in missing},
        tuple(_find_controls(changed, controls)),
    )


def _is_new(environment: str, base: Revision, head: Revision) -> bool:
    is_added = environment in head.environments and environment not in base.environments
    return is_added or not base.has_project


def _find_controls(changed: Iterable[str], controls: Iterable[str]) -> Iterator[str]:
    """The changed files that are one of the controls, or in a folder that is one."""
    paths = [normpath(each) for each in controls]
    if "." in paths:
        return iter(changed)
    parts = [re.escape(each).replace(re.escape(_ENVIRONMENT), "[^/]+") for each in paths]
    pattern = re.compile(rf"({'|'.join(parts)})(/.*)?", re.DOTALL)
    return (file for file in changed if parts and pattern.fullmatch(file))
