"""Clusters outside of EKS that an integration declares itself: their kubeconfigs, and what is registered of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import BotoCoreError

from eks_access.connector.registration import Registration, RegistrationError, find
from eks_access.errors import EksAccessError, InvalidInputError
from eks_access.kubernetes.kubeconfig import read_kubeconfig_file
from eks_access.model.found import FoundAccess, MissingArgument
from eks_access_inventory.adopt.cluster_reader import read_connector_objects, read_objects
from eks_access_inventory.adopt.importing.existing import ClusterKey
from eks_access_inventory.adopt.importing.lookups import Lookups, ObjectKey
from eks_access_inventory.adopt.origins import Origins
from eks_access_inventory.reading.model import AccountReading

from .adopt_environment import AdoptError, Target

READ_SECONDS = 60.0
FindRegistration = Callable[[ClusterKey], Registration | str | None]
GetKubeconfig = Callable[[str], str]


@dataclass(frozen=True)
class ConnectedClusters:
    """The integration's own clusters by their keys, with their kubeconfigs; empty for clusters of EKS."""

    clusters: Mapping[str, ClusterKey] = field(default_factory=dict)
    kubeconfigs: Mapping[str, str] = field(default_factory=dict)

    def extend(self, found: FoundAccess, origins: Origins) -> FoundAccess:
        """The access with what the connector has in these clusters."""
        objects, unread = list(found.objects), list(found.unread)
        for key, cluster in self.clusters.items():
            own, failed = read_connector_objects(cluster, self.kubeconfigs[key], origins, deadline=READ_SECONDS)
            objects += own
            unread += failed
        return replace(found, objects=tuple(objects), unread=tuple(unread))


@dataclass(frozen=True)
class Reader:
    """Looks up what the inventory does not read, once it is known what the program has.

    Attributes:
        clusters: all clusters of the environment and of the integration, by their keys.
        get_kubeconfig: the kubeconfig of a cluster, by its key.
    """

    clusters: Mapping[str, ClusterKey]
    connected: ConnectedClusters
    get_kubeconfig: GetKubeconfig
    find_registration: FindRegistration
    origins: Origins

    def look_up(self, keys: tuple[ObjectKey, ...]) -> Lookups:
        kubeconfigs, failed = {}, {}
        for key in dict.fromkeys(each.cluster for each in keys):
            try:
                kubeconfigs[key] = self.connected.kubeconfigs.get(key) or self.get_kubeconfig(key)
            except EksAccessError as error:
                failed[key] = str(error)
        objects = read_objects(
            kubeconfigs, self.clusters, [each for each in keys if each.cluster not in failed], self.origins
        )
        for each in keys:
            if each.cluster in failed:
                objects[each] = failed[each.cluster]
        registrations = {key: self.find_registration(each) for key, each in self.connected.clusters.items()}
        return Lookups(objects, registrations)


def read_connected_clusters(target: Target, declared: Mapping[str, Any]) -> ConnectedClusters:
    """The clusters in an integration's arguments.

    Raises:
        InvalidInputError: one is not as the component takes it, or its kubeconfig cannot be read.
        AdoptError: a kubeconfig is encrypted.
    """
    clusters = declared.get("clusters") or {}
    if not isinstance(clusters, Mapping):
        raise InvalidInputError("clusters", None, "is not a mapping of clusters by their keys")
    keys, kubeconfigs = {}, {}
    for key, each in clusters.items():
        path = f"clusters.{key}"
        if not isinstance(each, Mapping) or not isinstance(each.get("name"), str):
            raise InvalidInputError(path, None, "has no name", "Give name, provider and kubeconfig_file.")
        keys[str(key)] = ClusterKey(str(key), each["name"], str(each.get("region") or target.region))
        kubeconfigs[str(key)] = _read_kubeconfig(path, each)
    return ConnectedClusters(keys, kubeconfigs)


def _read_kubeconfig(path: str, cluster: Mapping[str, Any]) -> str:
    if isinstance(file := cluster.get("kubeconfig_file"), str):
        return read_kubeconfig_file(f"{path}.kubeconfig_file", file)
    if isinstance(text := cluster.get("kubeconfig"), str):
        return text
    if cluster.get("kubeconfig"):
        raise AdoptError(f"{path}.kubeconfig is a secret, which is not read here: give kubeconfig_file instead")
    raise InvalidInputError(path, None, "needs `kubeconfig_file`")


def describe_missing_clusters(reading: AccountReading) -> MissingArgument:
    """What to give for the clusters, with the names of those that are registered."""
    names = ", ".join(each.name for each in reading.clusters if each.is_connected) or "none"
    return MissingArgument(
        "clusters",
        "how to reach the clusters that the connector runs in is known to you alone",
        f"Registered with EKS Connector in the regions that were read: {names}. Give 'clusters={{KEY: {{name: NAME,"
        " provider: PROVIDER, kubeconfig_file: FILE}}'.",
    )


def find_registration(eks: Any, cluster: ClusterKey) -> Registration | str | None:
    """The registration, None if there is none, or why it could not be read."""
    try:
        return find(eks, cluster.name)
    except (RegistrationError, BotoCoreError) as error:
        return str(error)
