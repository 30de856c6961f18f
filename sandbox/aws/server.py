"""The AWS process: MiniStack, the front before it, the STS proxy, the clusters' authorizer and control loops.

    python -m sandbox.aws.server SETTINGS.json

Its sockets are bound by the supervisor and handed down as file descriptors: no port can be lost in between.
"""

import asyncio
import json
import logging
import signal
import socket
import ssl
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from hypercorn.asyncio import serve
from hypercorn.config import Config

from ..cluster.access_entry_controller import AccessEntryController
from ..cluster.authorizer import PATH, Authorizer
from .app import Front
from .asgi import App, Receive, Scope, Send, read, reply
from .eks import EksFront
from .identity_provider import IdentityProviders
from .ministack_client import MiniStack
from .registry import Cluster, Registry
from .saml import SamlIdentity
from .sessions import evaluate_trust_as_aws
from .sts_proxy import StsProxy
from .web_identity import WebIdentity


@dataclass(frozen=True)
class ClusterSettings:
    endpoint: str
    ca_data: str
    dynamic_file: str
    backend_file: str


@dataclass(frozen=True)
class Settings:
    account: str
    front_fd: int
    inner_fd: int
    proxy_fd: int
    inner_url: str
    sts_certificate: str
    sts_key: str
    providers: str
    clusters: dict[str, ClusterSettings]
    entry_seconds: float
    """How long a changed access entry takes to have its effect in the cluster."""
    update_seconds: float
    """How long a cluster is UPDATING when its authentication mode is changed."""
    reread_seconds: float = 30.0

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1))

    @classmethod
    def read(cls, path: Path) -> "Settings":
        values = json.loads(path.read_text())
        clusters = {name: ClusterSettings(**cluster) for name, cluster in values.pop("clusters").items()}
        return cls(**values, clusters=clusters)


async def run(settings: Settings) -> None:
    # Imported here: MiniStack reads its settings from the environment when it is imported.
    from ministack.app import app as ministack

    from .entry_conditions import know_entry_conditions
    from .entry_resources import decide_on_entries
    from .literal_wildcards import know_literal_wildcards
    from .pod_identity import PodIdentity, know_eks_auth
    from .simulation import decide_on_source
    from .trust_principals import refuse_invalid_principals

    decide_on_entries()
    evaluate_trust_as_aws()
    know_entry_conditions()
    know_literal_wildcards()
    know_eks_auth()
    decide_on_source()
    refuse_invalid_principals()
    inner = MiniStack(settings.inner_url, settings.account)
    authorizer = Authorizer()
    carriers = {
        name: AccessEntryController(
            inner,
            authorizer,
            dynamic_file=Path(cluster.dynamic_file),
            backend_file=Path(cluster.backend_file),
            delay=settings.entry_seconds,
            reread=settings.reread_seconds,
        )
        for name, cluster in settings.clusters.items()
    }

    def on_change(cluster: Cluster) -> None:
        if cluster.endpoint is not None and cluster.name in carriers:
            carriers[cluster.name].wake(cluster)

    eks = EksFront(
        ministack,
        inner,
        Registry(),
        endpoints={(settings.account, n): (c.endpoint, c.ca_data) for n, c in settings.clusters.items()},
        on_change=on_change,
        update_seconds=settings.update_seconds,
    )
    providers = IdentityProviders(Path(settings.providers))
    pod_identity = PodIdentity(ministack, inner, providers)
    front = Front(ministack, eks, WebIdentity(inner, providers), SamlIdentity(inner), pod_identity)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    proxy = await _sts_proxy(front, settings)
    loops = [asyncio.create_task(carrier.run()) for carrier in carriers.values()]
    try:
        await asyncio.gather(
            serve(front, _listening_on(settings.front_fd), shutdown_trigger=stop.wait),  # type: ignore[arg-type]
            serve(
                _internal(ministack, authorizer),  # type: ignore[arg-type]
                _listening_on(settings.inner_fd),
                shutdown_trigger=stop.wait,
            ),
        )
    finally:
        proxy.close()
        for loop in loops:
            loop.cancel()


def _internal(ministack: App, authorizer: Authorizer) -> App:
    """What is not for clients: MiniStack without the front, and the API servers' authorization webhook."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _no_lifespan(receive, send)  # the front's listener starts and stops MiniStack
        elif scope["type"] == "http" and scope["path"].startswith(PATH):
            await reply(send, authorizer.handle(await read(scope, receive)))
        else:
            await ministack(scope, receive, send)

    return app


async def _no_lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _sts_proxy(front: App, settings: Settings) -> asyncio.Server:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(settings.sts_certificate, settings.sts_key)
    listener = socket.socket(fileno=settings.proxy_fd)
    return await asyncio.start_server(StsProxy(front, tls).handle, sock=listener)


def _listening_on(descriptor: int) -> Config:
    config = Config()
    config.bind = [f"fd://{descriptor}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    return config


def main(arguments: list[str]) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for noisy in ("botocore", "boto3", "urllib3", "hypercorn"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    asyncio.run(run(Settings.read(Path(arguments[0]))))


if __name__ == "__main__":
    main(sys.argv[1:])
