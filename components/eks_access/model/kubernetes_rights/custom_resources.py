"""Custom resources by which an operator acts for their writers, with rights of its own. Data.

An operator runs, applies or fetches what such an object says, so the right to write the object is the right to have
that done. The table has well-known operators; the policy pack's setting `customResources` adds others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from ...errors import EksAccessError


class Effect(StrEnum):
    """What an operator does by what such an object says."""

    CODE = "code"
    MANIFESTS = "manifests"
    CLOUD = "cloud"
    SECRETS = "secrets"
    ACCESS = "access"
    POLICY = "policy"


class CustomResourceError(EksAccessError, ValueError):
    """An entry names no custom resource or no effect; the message says what to write."""


def matches_pattern(name: str, pattern: str) -> bool:
    """Whether a name is a pattern's, most of which are plain names."""
    return name == pattern or ("*" in pattern and fnmatchcase(name, pattern))


@dataclass(frozen=True)
class CustomResource:
    """Custom resources of one API group, which may be a pattern (`*.aws.upbound.io`), as may be the resource."""

    group: str
    resource: str
    effect: Effect
    is_namespaced: bool | None = True
    """None if it is not known."""

    def matches(self, group: str, resource: str) -> bool:
        return matches_pattern(group, self.group) and matches_pattern(resource, self.resource)


def parse_custom_resource(entry: str) -> CustomResource:
    """Parse `<effect>: <resource>.<group>`, with the name that `kubectl api-resources -o name` prints.

    Raises:
        CustomResourceError: the effect or the API group is missing, or unknown.
    """
    effect, _, name = entry.partition(":")
    resource, _, group = name.strip().partition(".")
    if effect.strip() not in (each.value for each in Effect) or not resource or not group:
        raise CustomResourceError(
            f"{entry!r} is not '<effect>: <resource>.<group>', such as 'code: runners.ci.example.com'; the effects are"
            f" {', '.join(Effect)}"
        )
    return CustomResource(group.lower(), resource.lower(), Effect(effect.strip()), None)


_CODE = """
argoproj.io: workflows cronworkflows workflowtemplates sensors eventsources rollouts experiments analysisruns
argoproj.io: analysistemplates | clusterworkflowtemplates clusteranalysistemplates
tekton.dev: tasks taskruns pipelines pipelineruns runs customruns stepactions | clustertasks
triggers.tekton.dev: eventlisteners triggers triggertemplates triggerbindings | clustertriggerbindings
serving.knative.dev: services configurations revisions
sources.knative.dev: containersources sinkbindings
openfaas.com: functions
fission.io: functions environments packages
keda.sh: scaledjobs
sparkoperator.k8s.io: sparkapplications scheduledsparkapplications sparkconnects
spark.apache.org: sparkapplications sparkclusters
flink.apache.org: flinkdeployments flinksessionjobs
flinkoperator.k8s.io: flinkclusters
ray.io: rayclusters rayjobs rayservices
kubeflow.org: notebooks pytorchjobs tfjobs mpijobs xgboostjobs paddlejobs jaxjobs
trainer.kubeflow.org: trainjobs trainingruntimes | clustertrainingruntimes
serving.kserve.io: inferenceservices servingruntimes | clusterservingruntimes
batch.volcano.sh: jobs
jobset.x-k8s.io: jobsets
leaderworkerset.x-k8s.io: leaderworkersets
apps.kruise.io: clonesets statefulsets daemonsets advancedcronjobs broadcastjobs | sidecarsets
kubevirt.io: virtualmachines virtualmachineinstances virtualmachineinstancereplicasets
pool.kubevirt.io: virtualmachinepools
chaos-mesh.org: podchaos networkchaos iochaos stresschaos timechaos httpchaos kernelchaos dnschaos jvmchaos awschaos
chaos-mesh.org: gcpchaos azurechaos physicalmachinechaos blockchaos schedules workflows
litmuschaos.io: chaosengines chaosexperiments
monitoring.coreos.com: prometheuses prometheusagents alertmanagers thanosrulers
opentelemetry.io: opentelemetrycollectors instrumentations targetallocators
actions.github.com: autoscalingrunnersets ephemeralrunnersets ephemeralrunners
actions.summerwind.dev: runnerdeployments runnerreplicasets runnersets runners
jenkins.io: jenkins
shipwright.io: builds buildruns buildstrategies | clusterbuildstrategies
kpack.io: images builds builders | clusterbuilders clusterstacks clusterstores
testworkflows.testkube.io: testworkflows testworkflowtemplates testworkflowexecutions
k6.io: testruns
networking.istio.io: envoyfilters
extensions.istio.io: wasmplugins
"""
_MANIFESTS = """
argoproj.io: applications applicationsets appprojects
kargo.akuity.io: stages promotions promotiontasks | clusterpromotiontasks
kustomize.toolkit.fluxcd.io: kustomizations
helm.toolkit.fluxcd.io: helmreleases
source.toolkit.fluxcd.io: gitrepositories ocirepositories helmrepositories helmcharts buckets externalartifacts
fluxcd.controlplane.io: fluxinstances resourcesets
helm.cattle.io: helmcharts helmchartconfigs
fleet.cattle.io: bundles gitrepos helmops
operators.coreos.com: subscriptions installplans clusterserviceversions catalogsources operatorgroups | operators
olm.operatorframework.io: | clusterextensions clustercatalogs
kro.run: | resourcegraphdefinitions
apiextensions.crossplane.io: | compositions compositionrevisions compositeresourcedefinitions
pkg.crossplane.io: | providers functions configurations deploymentruntimeconfigs controllerconfigs imageconfigs
ops.crossplane.io: | operations cronoperations watchoperations
kubernetes.crossplane.io: | objects providerconfigs
kubernetes.m.crossplane.io: objects providerconfigs | clusterproviderconfigs
helm.crossplane.io: | releases providerconfigs
helm.m.crossplane.io: releases providerconfigs | clusterproviderconfigs
addons.cluster.x-k8s.io: clusterresourcesets clusterresourcesetbindings helmchartproxies
operator.cluster.x-k8s.io: coreproviders bootstrapproviders controlplaneproviders infrastructureproviders addonproviders
core.oam.dev: applications componentdefinitions traitdefinitions workflowstepdefinitions policydefinitions
policy.karmada.io: propagationpolicies overridepolicies | clusterpropagationpolicies clusteroverridepolicies
work.karmada.io: works
work.open-cluster-management.io: manifestworks manifestworkreplicasets
policy.open-cluster-management.io: policies
config.projectsveltos.io: profiles | clusterprofiles
kappctrl.k14s.io: apps
packaging.carvel.dev: packageinstalls packagerepositories
velero.io: restores backups schedules backupstoragelocations
metacontroller.k8s.io: | compositecontrollers decoratorcontrollers
configsync.gke.io: rootsyncs reposyncs
"""
_CLOUD = """
iam.services.k8s.aws: *
eks.services.k8s.aws: *
organizations.services.k8s.aws: *
lambda.services.k8s.aws: *
ecs.services.k8s.aws: *
sfn.services.k8s.aws: *
sagemaker.services.k8s.aws: *
emrcontainers.services.k8s.aws: *
kms.services.k8s.aws: *
secretsmanager.services.k8s.aws: *
ec2.services.k8s.aws: instances launchtemplates
services.k8s.aws: adoptedresources fieldexports | iamroleselectors
iam.aws.upbound.io: | *
iam.aws.m.upbound.io: *
eks.aws.upbound.io: | *
eks.aws.m.upbound.io: *
lambda.aws.upbound.io: | *
lambda.aws.m.upbound.io: *
ecs.aws.upbound.io: | *
ecs.aws.m.upbound.io: *
ec2.aws.upbound.io: | instances launchtemplates spotinstancerequests
ec2.aws.m.upbound.io: instances launchtemplates spotinstancerequests
aws.upbound.io: | providerconfigs
aws.m.upbound.io: providerconfigs | clusterproviderconfigs
*.aws.crossplane.io: | roles policies users groups rolepolicyattachments userpolicyattachments accesskeys functions
*.aws.crossplane.io: | instances launchtemplates nodegroups clusters
aws.crossplane.io: | providerconfigs
authorization.azure.upbound.io: | *
authorization.azure.m.upbound.io: *
azure.upbound.io: | providerconfigs
azure.m.upbound.io: providerconfigs | clusterproviderconfigs
cloudplatform.gcp.upbound.io: | *
cloudplatform.gcp.m.upbound.io: *
gcp.upbound.io: | providerconfigs
gcp.m.upbound.io: providerconfigs | clusterproviderconfigs
tf.upbound.io: | workspaces providerconfigs
opentofu.upbound.io: | workspaces providerconfigs
opentofu.m.upbound.io: workspaces providerconfigs | clusterproviderconfigs
ansible.crossplane.io: | ansibleruns providerconfigs
iam.cnrm.cloud.google.com: *
compute.cnrm.cloud.google.com: computeinstances computeinstancetemplates
core.cnrm.cloud.google.com: configconnectorcontexts | configconnectors
authorization.azure.com: *
managedidentity.azure.com: *
compute.azure.com: virtualmachines virtualmachinescalesets
karpenter.k8s.aws: | ec2nodeclasses awsnodetemplates
eks.amazonaws.com: | nodeclasses
karpenter.azure.com: | aksnodeclasses
cluster.x-k8s.io: clusters clusterclasses machines machinesets machinedeployments machinepools
bootstrap.cluster.x-k8s.io: *
controlplane.cluster.x-k8s.io: *
infrastructure.cluster.x-k8s.io: awsmachinetemplates awsmachines awsmachinepools awsmanagedmachinepools awsclusters
infrastructure.cluster.x-k8s.io: awsmanagedclusters | awsclustercontrolleridentities awsclusterroleidentities
infrastructure.cluster.x-k8s.io: | awsclusterstaticidentities
infra.contrib.fluxcd.io: terraforms
tf.galleybytes.com: terraforms
app.terraform.io: workspaces modules projects agentpools
terraform.core.oam.dev: configurations
pulumi.com: stacks programs
auto.pulumi.com: workspaces updates
app.spacelift.io: stacks runs
"""
_SECRETS = """
external-secrets.io: externalsecrets secretstores pushsecrets
external-secrets.io: | clusterexternalsecrets clustersecretstores clusterpushsecrets
generators.external-secrets.io: acraccesstokens ecrauthorizationtokens fakes gcraccesstokens githubaccesstokens
generators.external-secrets.io: grafanas mfas passwords quayaccesstokens sshkeys stssessiontokens uuids
generators.external-secrets.io: vaultdynamicsecrets webhooks | clustergenerators
kubernetes-client.io: externalsecrets
secrets-store.csi.x-k8s.io: secretproviderclasses
secrets.hashicorp.com: vaultstaticsecrets vaultdynamicsecrets vaultpkisecrets vaultauths vaultauthglobals
secrets.hashicorp.com: vaultconnections hcpauths hcpvaultsecretsapps
ricoberger.de: vaultsecrets
secrets.doppler.com: dopplersecrets
secrets.infisical.com: infisicalsecrets infisicaldynamicsecrets infisicalpushsecrets
onepassword.com: onepassworditems
secretgen.carvel.dev: secretexports secretimports secrettemplates
"""
_ACCESS = """
management.cattle.io: clusterroletemplatebindings projectroletemplatebindings
management.cattle.io: | globalroles globalrolebindings roletemplates users tokens
rbacmanager.reactiveops.io: | rbacdefinitions
resources.teleport.dev: *
capsule.clastix.io: | tenants
hnc.x-k8s.io: hierarchyconfigurations subnamespaceanchors
authentication.concierge.pinniped.dev: | jwtauthenticators webhookauthenticators
user.openshift.io: | users groups identities useridentitymappings
"""
_POLICY = """
kyverno.io: policies policyexceptions cleanuppolicies updaterequests
kyverno.io: | clusterpolicies clustercleanuppolicies globalcontextentries
policies.kyverno.io: policyexceptions namespacedvalidatingpolicies namespacedmutatingpolicies
policies.kyverno.io: namespacedgeneratingpolicies namespaceddeletingpolicies namespacedimagevalidatingpolicies
policies.kyverno.io: | validatingpolicies mutatingpolicies generatingpolicies deletingpolicies imagevalidatingpolicies
templates.gatekeeper.sh: | constrainttemplates
constraints.gatekeeper.sh: | *
mutations.gatekeeper.sh: | assign assignmetadata assignimage modifyset
externaldata.gatekeeper.sh: | providers
config.gatekeeper.sh: configs
policies.kubewarden.io: admissionpolicies admissionpolicygroups
policies.kubewarden.io: | clusteradmissionpolicies clusteradmissionpolicygroups policyservers
cilium.io: tracingpoliciesnamespaced | tracingpolicies
"""
_TABLES = {
    Effect.CODE: _CODE,
    Effect.MANIFESTS: _MANIFESTS,
    Effect.CLOUD: _CLOUD,
    Effect.SECRETS: _SECRETS,
    Effect.ACCESS: _ACCESS,
    Effect.POLICY: _POLICY,
}
"""A line for each API group: its namespaced resources, and after the bar those without a namespace."""


def _parse_tables() -> Iterator[CustomResource]:
    for effect, table in _TABLES.items():
        for line in table.strip().splitlines():
            group, _, resources = line.partition(":")
            namespaced, _, cluster_scoped = resources.partition("|")
            for names, is_namespaced in ((namespaced, True), (cluster_scoped, False)):
                yield from (CustomResource(group, name, effect, is_namespaced) for name in names.split())


CUSTOM_RESOURCES: tuple[CustomResource, ...] = tuple(_parse_tables())
