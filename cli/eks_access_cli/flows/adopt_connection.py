"""AWS and the clusters as the operator reads them for an adoption, with the operator's own credentials."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eks_access.connector.registration import Registration
from eks_access.integrations import list_marks
from eks_access.model.found import FoundAccess
from eks_access_inventory.adopt.importing.existing import ClusterKey
from eks_access_inventory.adopt.origins import Origins
from eks_access_inventory.adopt.reader import read_found_accesses
from eks_access_inventory.adopt.terraform import TerraformState, parse_terraform_state
from eks_access_inventory.reading.account import Scope, read_account
from eks_access_inventory.reading.eks import describe_cluster
from eks_access_inventory.reading.model import AccountReading
from eks_access_probe.identity.aws_clients import Aws, Keys

from ..progress import show_inventory_progress
from .account import connect_account
from .adopt_connected import ConnectedClusters, Reader, find_registration
from .adopt_engine import build_cluster_kubeconfig
from .adopt_environment import AdoptError, Target

READ_SECONDS = 300.0
CONCURRENCY = 32


@dataclass(frozen=True)
class Connection:
    """AWS, with the operator's own credentials."""

    aws: Aws
    keys: Keys
    only_loopback: bool
    _described: dict[ClusterKey, Mapping[str, Any]] = field(default_factory=dict)

    def read(self, target: Target) -> AccountReading:
        scope = Scope(home=target.region, regions=target.regions, only_loopback=self.only_loopback)
        with show_inventory_progress() as listener:
            return read_account(self.aws, self.keys, scope, listener, concurrency=CONCURRENCY, deadline=READ_SECONDS)

    def find_access(
        self, target: Target, reading: AccountReading, role: str, vendor: str, origins: Origins
    ) -> FoundAccess:
        """What the role was given by hand. `vendor` is a key; empty where it is to be recognised."""
        (found,) = read_found_accesses(
            self.aws,
            self.keys,
            reading,
            [role],
            home=target.region,
            vendors=list_marks(),
            vendor=vendor,
            states=origins.states,
            deadline=READ_SECONDS,
        )
        return found

    def describe(self, cluster: ClusterKey) -> Mapping[str, Any]:
        """The cluster as EKS describes it; each is asked for once."""
        if cluster not in self._described:
            eks = self.aws.client("eks", cluster.region, self.keys)
            self._described[cluster] = describe_cluster(eks, cluster.name)
        return self._described[cluster]

    def create_reader(
        self, clusters: Mapping[str, ClusterKey], connected: ConnectedClusters, origins: Origins
    ) -> Reader:
        def get_kubeconfig(key: str) -> str:
            cluster = clusters[key]
            return build_cluster_kubeconfig(cluster, self.describe(cluster))

        def get_registration(cluster: ClusterKey) -> Registration | str | None:
            return find_registration(self.aws.client("eks", cluster.region, self.keys), cluster)

        return Reader(clusters, connected, get_kubeconfig, get_registration, origins)


def connect(profile: str | None) -> Connection:
    """
    Raises:
        CredentialsUnavailableError: there are none.
        LoopbackError: the endpoint of AWS is on this machine, and is not usable.
    """
    return Connection(*connect_account(profile, CONCURRENCY))


def find_uncertain(reading: AccountReading) -> Iterator[tuple[tuple[str, str], str]]:
    """The clusters in which principals that were not found may use the same groups, with the reason."""
    for cluster in reading.clusters:
        if cluster.unread:
            yield (cluster.name, cluster.region), "not all of the cluster could be read"
        elif cluster.identity_providers:
            yield (cluster.name, cluster.region), "users of the cluster's identity provider may be in the same groups"


def read_origins(terraform_states: Iterable[Path]) -> Origins:
    """
    Raises:
        TerraformStateError: a file of --terraform-state is no state.
    """
    return Origins(tuple(_read_state(path) for path in terraform_states))


def _read_state(path: Path) -> TerraformState:
    try:
        return parse_terraform_state(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as cause:
        raise AdoptError(f"--terraform-state: {path} cannot be read") from cause
