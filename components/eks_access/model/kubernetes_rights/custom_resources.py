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
argoproj.io: analysistemplates workflowtasksets workfloweventbindings eventbus
argoproj.io: | clusterworkflowtemplates clusteranalysistemplates
tekton.dev: tasks taskruns pipelines pipelineruns runs customruns stepactions | clustertasks
triggers.tekton.dev: eventlisteners triggers triggertemplates triggerbindings interceptors
triggers.tekton.dev: | clustertriggerbindings clusterinterceptors
pipelinesascode.tekton.dev: repositories
operator.tekton.dev: | tektonconfigs tektonpipelines tektontriggers tektonchains tektonaddons tektoninstallersets
serving.knative.dev: services configurations revisions
sources.knative.dev: containersources sinkbindings apiserversources
sinks.knative.dev: jobsinks
operator.knative.dev: knativeservings knativeeventings
camel.apache.org: integrations integrationkits integrationplatforms kamelets kameletbindings pipes builds
openfaas.com: functions
fission.io: functions environments packages
keda.sh: scaledjobs
sparkoperator.k8s.io: sparkapplications scheduledsparkapplications sparkconnects
spark.apache.org: sparkapplications sparkclusters
flink.apache.org: flinkdeployments flinksessionjobs
flinkoperator.k8s.io: flinkclusters
ray.io: rayclusters rayjobs rayservices
kubernetes.dask.org: daskclusters daskjobs daskworkergroups
kubeflow.org: notebooks pytorchjobs tfjobs mpijobs xgboostjobs paddlejobs jaxjobs scheduledworkflows experiments trials
pipelines.kubeflow.org: pipelines pipelineversions
flyte.lyft.com: flyteworkflows
workload.codeflare.dev: appwrappers
machinelearning.seldon.io: seldondeployments
numaflow.numaproj.io: pipelines monovertices
nuclio.io: nucliofunctions
kubeless.io: functions
agones.dev: gameservers gameserversets fleets
workspace.devfile.io: devworkspaces devworkspacetemplates
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
operator.victoriametrics.com: vmagents vmalerts vmalertmanagers vmauths vmclusters vmsingles
grafana.integreatly.org: grafanas
jaegertracing.io: jaegers
logging.banzaicloud.io: loggings | fluentbitagents nodeagents
datadoghq.com: datadogagents
elasticsearch.k8s.elastic.co: elasticsearches
kibana.k8s.elastic.co: kibanas
logstash.k8s.elastic.co: logstashes
agent.k8s.elastic.co: agents
beat.k8s.elastic.co: beats
apm.k8s.elastic.co: apmservers
kafka.strimzi.io: kafkas kafkanodepools kafkaconnects kafkabridges kafkamirrormakers kafkamirrormaker2s
postgresql.cnpg.io: clusters poolers
acid.zalan.do: postgresqls operatorconfigurations
mongodbcommunity.mongodb.com: mongodbcommunity
psmdb.percona.com: perconaservermongodbs
pxc.percona.com: perconaxtradbclusters
rabbitmq.com: rabbitmqclusters
minio.min.io: tenants
vault.banzaicloud.com: vaults
apps.kubeblocks.io: clusters components opsrequests | clusterdefinitions componentdefinitions opsdefinitions
cr.kanister.io: actionsets blueprints
k8up.io: backups schedules restores prebackuppods
configuration.konghq.com: kongplugins | kongclusterplugins
k8s.cni.cncf.io: network-attachment-definitions
apps.gitlab.com: runners
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
argoproj.io: applications applicationsets appprojects argocds
argocd-image-updater.argoproj.io: imageupdaters
kargo.akuity.io: stages promotions promotiontasks | clusterpromotiontasks
kustomize.toolkit.fluxcd.io: kustomizations
helm.toolkit.fluxcd.io: helmreleases
source.toolkit.fluxcd.io: gitrepositories ocirepositories helmrepositories helmcharts buckets externalartifacts
source.extensions.fluxcd.io: artifactgenerators
image.toolkit.fluxcd.io: imageupdateautomations imagepolicies imagerepositories
fluxcd.controlplane.io: fluxinstances resourcesets resourcesetinputproviders
helm.fluxcd.io: helmreleases
helm.cattle.io: helmcharts helmchartconfigs
fleet.cattle.io: bundles gitrepos helmops
operators.coreos.com: subscriptions installplans clusterserviceversions catalogsources operatorgroups | operators
olm.operatorframework.io: | clusterextensions clustercatalogs
kro.run: | resourcegraphdefinitions
apiextensions.crossplane.io: | compositions compositionrevisions compositeresourcedefinitions
pkg.crossplane.io: | providers functions configurations deploymentruntimeconfigs controllerconfigs imageconfigs
pkg.crossplane.io: | providerrevisions functionrevisions configurationrevisions
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
apps.open-cluster-management.io: subscriptions channels helmreleases
operator.open-cluster-management.io: | clustermanagers klusterlets
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
glue.services.k8s.aws: *
pipes.services.k8s.aws: *
eventbridge.services.k8s.aws: rules
bedrockagent.services.k8s.aws: *
bedrockagentcorecontrol.services.k8s.aws: *
mwaa.services.k8s.aws: *
autoscaling.services.k8s.aws: *
acmpca.services.k8s.aws: *
ec2.services.k8s.aws: instances launchtemplates
iammanager.keikoproj.io: iamroles
services.k8s.aws: adoptedresources fieldexports | iamroleselectors
iam.aws.upbound.io: | *
iam.aws.m.upbound.io: *
eks.aws.upbound.io: | *
eks.aws.m.upbound.io: *
lambda.aws.upbound.io: | *
lambda.aws.m.upbound.io: *
ecs.aws.upbound.io: | *
ecs.aws.m.upbound.io: *
organizations.aws.upbound.io: | *
organizations.aws.m.upbound.io: *
ssoadmin.aws.upbound.io: | *
ssoadmin.aws.m.upbound.io: *
identitystore.aws.upbound.io: | *
identitystore.aws.m.upbound.io: *
rolesanywhere.aws.upbound.io: | *
rolesanywhere.aws.m.upbound.io: *
cognitoidentity.aws.upbound.io: | *
cognitoidentity.aws.m.upbound.io: *
cloudformation.aws.upbound.io: | *
cloudformation.aws.m.upbound.io: *
ssm.aws.upbound.io: | *
ssm.aws.m.upbound.io: *
sfn.aws.upbound.io: | *
sfn.aws.m.upbound.io: *
codebuild.aws.upbound.io: | *
codebuild.aws.m.upbound.io: *
codepipeline.aws.upbound.io: | *
codepipeline.aws.m.upbound.io: *
glue.aws.upbound.io: | *
glue.aws.m.upbound.io: *
sagemaker.aws.upbound.io: | *
sagemaker.aws.m.upbound.io: *
batch.aws.upbound.io: | *
batch.aws.m.upbound.io: *
autoscaling.aws.upbound.io: | *
autoscaling.aws.m.upbound.io: *
emr.aws.upbound.io: | *
emr.aws.m.upbound.io: *
emrserverless.aws.upbound.io: | *
emrserverless.aws.m.upbound.io: *
apprunner.aws.upbound.io: | *
apprunner.aws.m.upbound.io: *
kms.aws.upbound.io: | *
kms.aws.m.upbound.io: *
secretsmanager.aws.upbound.io: | *
secretsmanager.aws.m.upbound.io: *
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
infrastructure.cluster.x-k8s.io: awsfargateprofiles rosaclusters rosamachinepools | awsclusterstaticidentities
runtime.cluster.x-k8s.io: | extensionconfigs
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
generators.external-secrets.io: vaultdynamicsecrets webhooks cloudsmithaccesstokens | clustergenerators
http.crossplane.io: | requests disposablerequests
http.m.crossplane.io: requests disposablerequests
bitnami.com: sealedsecrets
isindir.github.com: sopssecrets
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
iamauthenticator.k8s.aws: | iamidentitymappings
rbac.open-cluster-management.io: clusterpermissions
access-manager.io: | rbacdefinitions syncsecretdefinitions
spire.spiffe.io: | clusterspiffeids clusterstaticentries
dex.coreos.com: connectors passwords oauth2clients authcodes authrequests offlinesessionses refreshtokens signingkeies
config.supervisor.pinniped.dev: federationdomains oidcclients
idp.supervisor.pinniped.dev: *
k8s.keycloak.org: keycloaks keycloakrealmimports
config.openshift.io: | oauths
oauth.openshift.io: | oauthclients oauthaccesstokens oauthauthorizetokens oauthclientauthorizations
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
