"""Arguments for the components of several vendors, and helpers to read what the engine received."""

from typing import Any

import pulumi
import pytest
from pulumi.runtime import rpc

from tests.support.recording_engine import ISSUER, Engine, run

ALL = {"api": {"name": "prod-api"}, "both": {"name": "prod-both"}, "old": {"name": "prod-old"}}
CONNECTOR = {"client_id": "an-id", "client_secret": "hunter2"}


def opentrace(**args: Any) -> Any:
    return {"client_id": "1.apps.googleusercontent.com", "subject": "11", "clusters": ALL, **args}


def c1(**args: Any) -> Any:
    return {"clusters": {"api": {"name": "prod-api"}}, "external_id": "c1-x", **args}


def cado(**args: Any) -> Any:
    platform = "arn:aws:iam::444455556666:role/CadoPlatform"
    return {"platform_role_arns": [platform], "clusters": {"api": {"name": "prod-api"}}, **args}


def is_secret(value: Any) -> bool:
    """Whether the SDK sent the value as a secret; to a recording engine it marks the whole property."""
    return isinstance(value, dict) and rpc._special_sig_key in value


def unwrapped(value: Any) -> Any:
    return value["value"] if is_secret(value) else value


def self_hosted(hosting: str = "self_hosted_irsa", **args: Any) -> Any:
    own = {"oidc_issuer": ISSUER} if hosting == "self_hosted_irsa" else {}
    connector = args.pop("deploy_connector", CONNECTOR)
    return {"hosting": hosting, **own, "clusters": {"api": {"name": "prod-api"}}, "deploy_connector": connector, **args}


def refusal(component: Any, name: str, args: Any, engine: Engine | None = None) -> str:
    """The message of the error, after which only the empty component itself was registered."""
    engine = engine or Engine()
    with pytest.raises(pulumi.RunError) as refused:
        run(lambda: component(name, args).role_arn, engine=engine)
    created = [each.typ for each in engine.resources if not each.typ.startswith(("eks-access:index:", "pulumi:"))]
    assert created == [], "rejected before anything is created"
    return str(refused.value)
