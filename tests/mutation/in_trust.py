"""Mutations of a trust policy and an access entry: one tampered request allowed, or the genuine one denied."""

import base64
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from eks_access.manifest.models import IntegrationAccess
from eks_access.model.identity import EntryMethod
from eks_access_probe.checks.check import Check
from eks_access_probe.identity.assume_role import WRONG_EXTERNAL_ID
from eks_access_probe.identity.identities import Identity, TokenSource
from tests.mutation.bench import Bench, Line, Tally, until

OTHER_USERNAME = "another-user"
Document = dict[str, Any]


def try_all(bench: Bench, tally: Tally, name: str) -> None:
    """Each check of the trust policy; those that no policy can make fail are listed in the tally."""
    asked = bench.plan(name, fresh=True)
    lines = [Line(None, _without_session(bench, name)), *(Line(None, check) for check in asked.tampered)]
    assert bench.not_holding(lines) == set(), f"{name} passes before"
    for line in lines:
        change = line.check.question.detail
        if reason := _not_grantable(bench.access(name), change):
            tally.not_grantable.append(f"{name}: {line.call}: {reason}")
            continue
        document = _deny_all if not change else _allow(bench, name, change)
        bench.try_out(
            tally, name, line, lines, _turned(bench, name, line, lines[0]), _with_trust(bench, name, document)
        )
    assert until(lambda: bench.not_holding(lines) == set()), f"{name} passes after"


def try_identity(bench: Bench, tally: Tally, name: str, cluster: str) -> None:
    """Another username in the access entry or aws-auth makes the identity check fail, and it alone."""
    if bench.access(name).clusters[cluster].method is EntryMethod.EKS_CONNECTOR:
        tally.not_grantable.append(f"{name} in {cluster}: a service account, which cannot be mapped to another user")
        return
    plan = bench.plan(name).clusters[cluster]
    line: Line[None] = Line(None, plan.identity)
    lines: list[Line[Any]] = [line, *bench.cluster_lines(name, cluster)]
    bench.try_out(tally, f"{name} in {cluster}", line, lines, {line.call}, _with_username(bench, name, cluster))


def _turned(bench: Bench, name: str, line: Line[None], first: Line[None]) -> set[str]:
    """The checks that must fail. The role of a service is not assumed: its trust policy is read as a whole."""
    return {line.call, first.call} if bench.access(name).trust.kind == "service" else {line.call}


def _not_grantable(access: IntegrationAccess, change: str) -> str:
    """Why no trust policy can allow the tampered request; empty if one can."""
    if change == "forged":
        return "STS checks the signature before any policy is evaluated"
    if change == "audience-wrong" and access.trust.kind == "irsa":
        return "the provider in IAM has a list of audiences, and refuses others before any policy is evaluated"
    return ""


def _without_session(bench: Bench, name: str) -> Check:
    """The check of the genuine request, without a cached session."""
    question = bench.plan(name).assume.question
    return Check(question, lambda: bench.plan(name, fresh=True).assume.ask())


def _deny_all(document: Document) -> Document:
    """The trust policy that denies every principal."""
    return {**document, "Statement": [{**statement, "Effect": "Deny"} for statement in document["Statement"]]}


def _allow(bench: Bench, name: str, change: str) -> Callable[[Document], Document]:
    """The change that allows the tampered request, and no other that must be denied."""
    identity = bench.identities.find(name, bench.access(name).vendor)
    assert identity is not None

    def condition(edit: Callable[[dict[str, Any]], None]) -> Callable[[Document], Document]:
        def edited(document: Document) -> Document:
            changed: Document = json.loads(json.dumps(document))
            for statement in changed["Statement"]:
                edit(statement["Condition"])
            return changed

        return edited

    def added(statement: Document) -> Callable[[Document], Document]:
        return lambda document: {**document, "Statement": [*document["Statement"], statement]}

    match change:
        case "external-id-wrong":
            return condition(lambda c: _widen(c, "sts:ExternalId", WRONG_EXTERNAL_ID))
        case "external-id-missing":
            return condition(_optional_external_id)
        case "stranger":
            assert bench.identities.stranger is not None
            return added(_trusting(bench, bench.identities.stranger.profile))
        case "non-sso-principal":
            assert identity.sso is not None
            assert identity.sso.not_sso is not None
            return added(_trusting(bench, identity.sso.not_sso))
        case "another-session-name":
            assert identity.sso is not None
            another = identity.sso.another
            return condition(lambda c: _widen(c, "sts:RoleSessionName", str(another)))
        case "audience-wrong" if identity.saml is not None:
            return condition(lambda c: _widen(c, "SAML:aud", "https://signin.amazonaws-us-gov.com/saml"))
        case "audience-wrong":
            wrong = _claims(identity, "wrong_audience")["aud"]
            return condition(lambda c: _widen(c, ":aud", wrong))
        case "subject-wrong":
            return condition(lambda c: _widen(c, ":sub", _claims(identity, "wrong_subject")["sub"]))
        case _:
            raise AssertionError(f"no mutation for {change}")


def _widen(conditions: dict[str, Any], key: str, value: str) -> None:
    (keys, name), *_ = [(keys, name) for keys in conditions.values() for name in keys if name.endswith(key)]
    values = keys[name]
    keys[name] = [*([values] if isinstance(values, str) else values), value]


def _optional_external_id(conditions: dict[str, Any]) -> None:
    value = conditions["StringEquals"].pop("sts:ExternalId")
    conditions["StringEqualsIfExists"] = {"sts:ExternalId": value}


def _trusting(bench: Bench, profile: str) -> Document:
    import boto3

    arn = boto3.Session(profile_name=profile).client("sts").get_caller_identity()["Arn"]
    return {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}


def _claims(identity: Identity, field: str) -> dict[str, str]:
    assert identity.web_identity is not None
    source: TokenSource = getattr(identity.web_identity, field)
    token = subprocess.run(source.command or [], capture_output=True, text=True, check=True).stdout.strip()
    payload = token.split(".")[1]
    claims: dict[str, str] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


@contextmanager
def _with_trust(bench: Bench, name: str, changed: Callable[[Document], Document]) -> Iterator[None]:
    iam, role = bench.sandbox.boto("iam"), bench.access(name).role.name
    before = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(changed(before)))
    try:
        yield
    finally:
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(before))


@contextmanager
def _with_username(bench: Bench, name: str, cluster: str) -> Iterator[None]:
    access = bench.access(name)
    place = access.clusters[cluster]
    username = access.identity.username_by(place.method)
    if place.method == "access-entry":
        eks, entry = bench.sandbox.boto("eks"), {"clusterName": place.name, "principalArn": access.role.arn}
        eks.update_access_entry(**entry, username=OTHER_USERNAME)
        try:
            yield
        finally:
            eks.update_access_entry(**entry, username=username)
        return
    api, path = bench.sandbox.clusters[place.name].admin, "/api/v1/namespaces/kube-system/configmaps/aws-auth"
    before = api.json("GET", path)["data"]["mapRoles"]
    head, found, tail = before.partition(f'/{access.role.name}"')
    assert found, before
    _write_map_roles(api, path, head + found + tail.replace(username, OTHER_USERNAME, 1))
    try:
        yield
    finally:
        _write_map_roles(api, path, before)


def _write_map_roles(api: Any, path: str, text: str) -> None:
    config_map = api.json("GET", path)
    config_map["data"]["mapRoles"] = text
    api.json("PUT", path, body=config_map)
