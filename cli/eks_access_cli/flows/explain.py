"""Prints what an integration gets, deployed or as a sample."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from eks_access.errors import EksAccessError, InvalidInputError
from eks_access.explain.difference import Difference, Gain
from eks_access.explain.explanation import Explanation, Right, explain_integration, to_json
from eks_access.explain.sample import sample_access, sample_required
from eks_access.integrations import vendors
from eks_access.manifest.models import IntegrationAccess
from eks_access.model.risk import Risk
from eks_access.provision.arguments import validate_arguments
from eks_access.text_layout import print_paragraph

from ..console import create_console
from ..output import print_document


class SampleError(EksAccessError):
    """There is no such vendor, or its arguments are invalid."""


def build_sample(
    vendor: str | None, definition: str | None, arguments: dict[str, Any]
) -> tuple[str, IntegrationAccess]:
    """Name and access of a vendor's integration, or of a custom definition, with placeholders for missing arguments.

    Raises:
        SampleError: there is no such vendor, or an argument is invalid.
    """
    known = vendors()
    key = "custom" if definition is not None else vendor or ""
    if key not in known:
        raise SampleError(f"{key!r} is not a known vendor; known: {', '.join(known)}")
    chosen = known[key]
    try:
        if definition is not None:
            from eks_access.integrations.custom.builder import sample_arguments

            arguments = {"definition": definition, "arguments": sample_arguments(definition, arguments)}
        arguments = _validate_arguments(chosen.arguments, arguments)
        name = (Path(definition).stem if definition else key).replace("_", "-")
        access = sample_access(name, chosen.describe, chosen.arguments, arguments, connected=chosen.own_clusters)
        return name, access
    except InvalidInputError as error:
        raise SampleError(f"{error} (arguments are given with --set NAME=VALUE)") from error


def _validate_arguments(kind: type, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments as `kind` takes them; placeholders for the rest let them be validated."""
    complete = validate_arguments({"clusters": {}, **sample_required(kind, arguments), **arguments}, kind)
    return {name: complete[name] for name in arguments}


def print_explanation(name: str, access: IntegrationAccess, *, as_json: bool) -> None:
    explanation = explain_integration(name, access)
    if as_json:
        print_document(json.dumps(to_json(explanation), indent=2, ensure_ascii=False))
    else:
        _print(explanation, create_console())


def _print(explanation: Explanation, out: Console) -> None:
    out.print(
        Text.assemble((explanation.title, "bold"), f"  {explanation.name}, profile {explanation.profile}"),
        soft_wrap=True,
    )
    for source in explanation.sources:
        out.print(Text(f"  source: {source}", "dim"), soft_wrap=True)
    _print_lines(out, "Who may act", explanation.trust)
    _print_lines(out, "What the role's owner must set up", explanation.owner)
    _print_rights(out, "What it may do in AWS", explanation.aws, "nothing")
    _print_lines(out, "Its Kubernetes identity in each cluster", explanation.identity)
    _print_rights(out, "What it may do there", explanation.kubernetes, "nothing, until it is granted a right")
    _print_lines(out, "What must be denied, as the probe checks", explanation.refused)
    _print_lines(out, "What no permission can prevent", explanation.residual_risks)
    _print_heading(out, "What profile `vendor` allows beyond `least`")
    if explanation.difference is None:
        out.print("  (only one of the two profiles is available here)", style="dim")
    else:
        _print_difference(out, explanation.difference)
    other = "least" if explanation.profile == "vendor" else "vendor"
    _print_lines(out, f"Who may act in profile `{other}`", explanation.other_trust)


def _print_difference(out: Console, difference: Difference) -> None:
    if not difference.gained:
        out.print("  nothing")
    for gain in difference.gained:
        print_paragraph(out, _format_gain(gain, _format_risk(gain.risk)), mark="+")
    if difference.lost:
        out.print(Text("  and lacks:", "dim"))
    for gain in difference.lost:
        print_paragraph(out, _format_gain(gain, Text(gain.risk.sentence, "dim")), mark="-")


def _format_gain(gain: Gain, risk: Text) -> Text:
    return Text.assemble(f"{', '.join(gain.what)} ", (f"{gain.where}: ", "dim"), risk)


def _print_rights(out: Console, title: str, rights: tuple[Right, ...], none: str) -> None:
    _print_heading(out, title)
    if not rights:
        out.print(f"  {none}")
    for right in rights:
        print_paragraph(out, Text.assemble(right.what, (f"  {right.where}", "dim")), mark="·")
        if right.why:
            print_paragraph(out, Text(f"why: {right.why}", "dim"), indent=4)
        for risk in right.risks:
            if risk.is_severe:
                print_paragraph(out, _format_risk(risk), indent=4)


def _format_risk(risk: Risk) -> Text:
    return Text(f"! {risk.sentence}", "red") if risk.is_severe else Text(risk.sentence)


def _print_lines(out: Console, title: str, lines: tuple[str, ...]) -> None:
    if lines:
        _print_heading(out, title)
    for line in lines:
        print_paragraph(out, Text(line), mark="·")


def _print_heading(out: Console, title: str) -> None:
    out.print()
    out.print(Text(title, "bold"))
