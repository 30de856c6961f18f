"""Compares the plan of an adoption with what the engine then does, and does it by the plan's own `pulumi up`s."""

import json
import shlex

from tests.e2e.program import Program

IN_PLACE = "## Applied in place, over what exists"


def read_steps(program: Program) -> dict[str, str]:
    """What the engine would do with each resource that is not a component or provider, by its URN's name and type."""
    printed = program.pulumi("preview", "--json", "--show-sames", "--stack", program.stack).stdout
    steps = json.loads(printed[printed.index("{") :])["steps"]
    return {
        step["urn"]: step["op"]
        for step in steps
        if (step.get("newState") or step.get("oldState") or {}).get("custom") and ":providers:" not in step["urn"]
    }


def compare_with_plan(plan: str, steps: dict[str, str]) -> None:
    """The plan names each resource under what becomes of it."""
    headings = {
        "update": "## Changed in place",
        "create": "## Created",
        "delete": "## Removed last, after everything else",
        "same": "## Kept as it is",
    }
    sections = {each.partition("\n")[0]: each for each in plan.split("\n## ")[1:]}
    for urn, op in steps.items():
        section = sections.get(headings[op].removeprefix("## "), "")
        if op == "create":
            section += sections.get(IN_PLACE.removeprefix("## "), "")
        assert f"`{urn.rpartition('::')[2]}`" in section, (urn, op, plan)
    listed = sum(
        line.startswith("- ")
        for heading in (*headings.values(), IN_PLACE)
        for line in sections.get(heading[3:], "").splitlines()
    )
    assert listed == len(steps)


def run_ups(program: Program, plan: str) -> None:
    """Run the plan's `pulumi up`s; before the one that removes something, probe as the plan says."""
    lines = plan.partition("```sh\n")[2].partition("```")[0].splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    first, *last = [[option for option in each[2:] if "--stack=" not in option] for each in words if "up" in each]
    program.up(*first)
    assert bool(last) == ("## Removed last" in plan)
    for options in last:
        between = program.probe("--deadline=10")
        assert between.missing() == [], f"the new access is in effect: {between.table}"
        program.up(*options)
