"""Reads which identities enter the clusters of a stack, for a review: principals, accounts, issuers, workloads."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from eks_access.model.identity import AuthenticationMode, EntryMethod

from ...access import Access, Entry, Principal
from ...access.accounts import find_own_accounts
from ...access.clusters import CLUSTER, find_access_config, is_creator_admin
from ...access.eks.identity_providers import IdentityProvider, can_name_components
from ...access.eks.workload_roles import WorkloadRole
from ...access.model import format_cluster
from ...access.names import MASTERS
from ...finding import Severity
from ...stack import Resource, Value, is_unknown
from ...stack.values import get, text
from ..formatting import quote_name
from ..side import UNKNOWN_CLUSTER, Kind, Trait
from .entry_traits import EntryTraits

_ACTS_AS = "its pods act as this role in AWS"
RateRole = Callable[[Principal], Severity | None]
"""The severity of acting as a role; None if its policies are not in the stack."""


@dataclass(frozen=True)
class Outsider:
    """An identity that enters a cluster and is no role or user that the stack names."""

    name: str

    def __str__(self) -> str:
        return self.name


class ClusterIdentities:
    """The traits of everyone who comes into a cluster, by the key of the principal, subject or outsider."""

    def __init__(self, access: Access, rate_role: RateRole) -> None:
        self.traits: dict[object, dict[str, set[Trait]]] = defaultdict(lambda: defaultdict(set))
        self.entered: dict[object, set[str]] = defaultdict(set)
        """The clusters that principals have an access entry or a mapping in."""
        self.unknown: dict[object, list[str]] = defaultdict(list)
        """What could not be determined, as phrases."""
        self.unknown_clusters: dict[object, set[str]] = defaultdict(set)
        """The clusters in which that is."""
        self._stack = access.stack
        self._rate_role = rate_role
        self._waiting = _rate_entries(access)
        self._read_entries(access)
        self._read_aws_auth(access)
        for provider in access.identity_providers:
            self._read_provider(provider)
        for each in access.workload_roles:
            self._read_workload_role(each)
        for cluster in access.stack.of_type(*CLUSTER):
            self._read_cluster(cluster, access.clusters.name_of(cluster))

    def _add(self, key: object, cluster: str, trait: Trait) -> None:
        if self._stack.redact(trait.value) == trait.value:
            self.traits[key][cluster or UNKNOWN_CLUSTER].add(trait)
            return
        self.unknown[key].append(f"its {trait.kind} in {format_cluster(cluster)} is secret")
        self.unknown_clusters[key].add(cluster or UNKNOWN_CLUSTER)
        self.traits[key][cluster or UNKNOWN_CLUSTER].add(Trait(trait.kind, "", is_known=False))

    def _read_entries(self, access: Access) -> None:
        entry_traits = EntryTraits(access)
        for entry in access.entries:
            key = entry.principal.key
            self.entered[key].add(entry.cluster or UNKNOWN_CLUSTER)
            for what in entry.unknown_fields:
                self.unknown[key].append(f"the {what} of its {_quote_entry(entry)}, not known before the deployment")
                self.unknown_clusters[key].add(entry.cluster or UNKNOWN_CLUSTER)
            for trait in entry_traits.of(entry):
                self._add(key, entry.cluster, trait)

    def _read_aws_auth(self, access: Access) -> None:
        own = find_own_accounts(access.stack.resources)
        for aws_auth in access.aws_auth:
            for words in aws_auth.unread:
                self.unknown[Outsider(f"aws-auth in {format_cluster(aws_auth.cluster)}")].append(
                    f"who signs in by {quote_name(aws_auth.resource.name)}, with which identity: {words}"
                )
            for account in aws_auth.reading.accounts:
                whose = "your account" if account in own else "an account that is not known to be yours"
                trait = Trait(
                    Kind.ACCOUNT,
                    account,
                    f"every role and user of {whose} can sign in, under its own ARN",
                    "can no longer sign in",
                    Severity.MEDIUM if account in own else Severity.HIGH,
                    "in mapAccounts of aws-auth",
                )
                self._add(Outsider(f"every principal of account {account}"), aws_auth.cluster, trait)

    def _read_provider(self, provider: IdentityProvider) -> None:
        key, cluster = (
            Outsider(f"users of the identity provider of {format_cluster(provider.cluster)}"),
            provider.cluster,
        )
        for name in provider.unknown_fields:
            self.unknown[key].append(f"the {quote_name(name)} of {quote_name(provider.resource.name)} is not known yet")
        for trait in _provider_traits(provider):
            self._add(key, cluster, trait)

    def _read_workload_role(self, found: WorkloadRole) -> None:
        if found.role is None:
            self.unknown[found.account].append(f"the role that it acts as, by {found.means}, is not known yet")
            self.unknown_clusters[found.account].add(found.cluster or UNKNOWN_CLUSTER)
            return
        rated = self._rate_role(found.role)
        trait = Trait(
            Kind.ROLE,
            found.role.key,
            "its pods act as this role in AWS"
            if rated
            else "what this role, as which its pods act, may do is elsewhere",
            "its pods no longer act as this role",
            rated,
            f"by {found.means}",
            found.role.arn or found.role.name,
        )
        self._add(found.account, found.cluster, trait)
        if is_unknown(found.policy):
            self.unknown[found.account].append(f"the session policy of its role, by {found.means}, is not known yet")
            self._add(found.account, found.cluster, Trait(Kind.SESSION_POLICY, "", is_known=False))
        elif found.policy is not None:
            self._add(found.account, found.cluster, _limit(found))

    def _read_cluster(self, cluster: Resource, name: str) -> None:
        is_admin, creator = is_creator_admin(cluster), Outsider(f"the creator of {format_cluster(name)}")
        if is_admin is None:
            self.unknown[creator].append("whether it stays the cluster's administrator is not known yet")
        elif is_admin:
            risk = "stays the cluster's administrator, by an access entry that EKS creates"
            trait = Trait(Kind.ADMINISTRATOR, "AmazonEKSClusterAdminPolicy", risk, "is no administrator", Severity.HIGH)
            self._add(creator, name, trait)
        mode = get(find_access_config(cluster.properties), "authenticationMode")
        if is_unknown(mode):
            self.unknown[Outsider(format_cluster(name))].append("its authentication mode is not known yet")
            self._add(Outsider(format_cluster(name)), name, Trait(Kind.MODE, "", is_known=False))
            return
        # https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessConfigRequest.html
        known = text(mode) or AuthenticationMode.CONFIG_MAP
        for way, modes in _MODES.items():
            if known in modes:
                self._add(Outsider(format_cluster(name)), name, self._mode(known, way, name))

    def _mode(self, mode: str, way: EntryMethod, cluster: str) -> Trait:
        """A way in that has an effect, graded by the worst that waits for it: what is not in the stack may wait too."""
        worst = max(self._waiting[way, each] for each in (cluster, ""))
        return Trait(
            Kind.MODE,
            way,
            f"{_WAYS[way]} that had no effect take effect",
            f"{_WAYS[way]} have no effect any more",
            max(worst, Severity.MEDIUM),
            "as its authentication mode",
            mode,
        )


_WAYS = {EntryMethod.ACCESS_ENTRY: "access entries", EntryMethod.AWS_AUTH: "mappings in aws-auth"}
_MODES = {
    EntryMethod.ACCESS_ENTRY: (AuthenticationMode.API, AuthenticationMode.API_AND_CONFIG_MAP),
    EntryMethod.AWS_AUTH: (AuthenticationMode.CONFIG_MAP, AuthenticationMode.API_AND_CONFIG_MAP),
}
"""The authentication modes in which each way in has an effect."""


def _rate_entries(access: Access) -> Mapping[tuple[EntryMethod, str], Severity]:
    """The worst right by each way into each cluster: low where there is none."""
    found: dict[tuple[EntryMethod, str], Severity] = defaultdict(lambda: Severity.LOW)

    def rate(way: EntryMethod, cluster: str, severity: Severity) -> None:
        found[way, cluster] = max(found[way, cluster], severity)

    for entry in access.entries:
        is_master = MASTERS in entry.groups and entry.method is EntryMethod.AWS_AUTH
        rate(entry.method, entry.cluster, Severity.CRITICAL if is_master else Severity.HIGH)
    for association in access.associations:
        is_admin = association.policy == "AmazonEKSClusterAdminPolicy" and association.namespaces is None
        severity = Severity.CRITICAL if is_admin else Severity.HIGH
        rate(EntryMethod.ACCESS_ENTRY, association.cluster, severity)
    return found


def _limit(found: WorkloadRole) -> Trait:
    """The session policy of an association."""
    return Trait(
        Kind.SESSION_POLICY,
        f"{found.role.key if found.role else ''} {_normalize_document(found.policy)}",
        "is no longer limited by the session policy of its association",
        "is limited by the session policy of its association",
        Severity.MEDIUM,
        f"by {found.means}",
        str(found.resource.name),
    )


def _normalize_document(document: Value) -> str:
    """A document in one form, however it is laid out."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except (ValueError, RecursionError):
            return str(document)
    return json.dumps(document, sort_keys=True, default=str)


def _quote_entry(entry: Entry) -> str:
    way = "access entry" if entry.method is EntryMethod.ACCESS_ENTRY else "mapping in aws-auth"
    return f"{way} in {quote_name(entry.cluster or 'a cluster not known yet')}"


def _provider_traits(provider: IdentityProvider) -> list[Trait]:
    found = [
        Trait(
            Kind.ISSUER,
            f"{provider.issuer} for {provider.audience}",
            "can sign in with a token of this issuer, which decides who they are",
            "can no longer sign in",
            Severity.HIGH,
            "as issuer and audience",
        ),
        _name_trait(Kind.USERNAME_PREFIX, "usernames", provider.username_claim, provider.username_prefix),
    ]
    if provider.groups_claim:
        found.append(_name_trait(Kind.GROUPS_PREFIX, "groups", provider.groups_claim, provider.groups_prefix))
    found += [
        Trait(
            Kind.REQUIRED_CLAIM,
            f"{name}={value}",
            "can sign in without this claim",
            "must have this claim to sign in",
            Severity.HIGH,
            "as a required claim",
        )
        for name, value in provider.required_claims
    ]
    return [
        Trait(each.kind, "", is_known=False) if _FIELDS[each.kind] & set(provider.unknown_fields) else each
        for each in found
    ]


_FIELDS = {
    Kind.ISSUER: {"oidc", "issuerUrl", "clientId"},
    Kind.USERNAME_PREFIX: {"oidc", "usernameClaim", "usernamePrefix"},
    Kind.GROUPS_PREFIX: {"oidc", "groupsClaim", "groupsPrefix"},
    Kind.REQUIRED_CLAIM: {"oidc", "requiredClaims"},
}
"""The properties that each kind of trait is read from."""


def _name_trait(kind: Kind, what: str, claim: str, prefix: str) -> Trait:
    if can_name_components(prefix):
        names = "system:masters" if kind is Kind.GROUPS_PREFIX else "system:kube-controller-manager"
        risk, severity = f"can have the {what} of components, such as {quote_name(names)}", Severity.CRITICAL
    else:
        risk, severity = f"have other {what}", Severity.LOW
    return Trait(
        kind, f"{claim} after {prefix!r}", risk, f"no longer have {what}", severity, f"as claim of their {what}"
    )
