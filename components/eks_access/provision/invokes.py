"""What is asked of a provider before anything is created: all at once, and what its components share only once."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import pulumi
import pulumi_aws as aws
from pulumi.runtime.sync_await import _sync_await

Key = TypeVar("Key")


def await_answers(asked: Mapping[Key, pulumi.Output[Any]]) -> dict[Key, Any]:
    """The answers of invokes that run at the same time: the SDK's own functions wait for each before the next.

    Only invokes without Outputs among their arguments have an answer before the deployment.

    Raises:
        Exception: an invoke failed; the SDK raises nothing narrower.
    """
    if not asked:
        return {}
    answers = _sync_await(pulumi.Output.all(*asked.values()).future())
    return dict(zip(asked, answers or (), strict=True))


def run_while_waiting(work: Callable[[], object]) -> None:
    """Runs the work in a thread, while what is registered and asked already is sent to the engine and answered."""
    _sync_await(asyncio.to_thread(work))


@dataclass(frozen=True)
class Account:
    """The account that a provider deploys to."""

    id: pulumi.Output[str]
    partition: pulumi.Output[str]


_ACCOUNTS: WeakKeyDictionary[pulumi.Resource, Account] = WeakKeyDictionary()


def read_account(opts: pulumi.InvokeOutputOptions) -> Account:
    """The account of these options' provider. It is read once, however many components have the provider."""
    provider = opts.provider or (opts.parent and opts.parent.get_provider("aws:index/getPartition:getPartition"))
    if provider is not None and provider in _ACCOUNTS:
        return _ACCOUNTS[provider]
    account = Account(
        aws.get_caller_identity_output(opts=opts).account_id, aws.get_partition_output(opts=opts).partition
    )
    if provider is not None:
        _ACCOUNTS[provider] = account
    return account
