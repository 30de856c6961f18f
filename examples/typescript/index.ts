// Access of vendors to a cluster that another stack creates. All that is known of the cluster is an Output of that stack.

import * as pulumi from "@pulumi/pulumi";
import { Cado, ClusterArgs, ClusterRole, OpenTrace } from "./eks-access";

const config = new pulumi.Config();
const platform = new pulumi.StackReference(config.require("platformStack"));
const kubeconfig = platform.requireOutput("kubeconfig") as pulumi.Output<string>;
const clusterName = platform.requireOutput("clusterName") as pulumi.Output<string>;

const openTrace = config.requireSecretObject<{ clientId: string; subject: string }>("openTrace");

const clusters: Record<string, ClusterArgs> = {
    main: { name: clusterName, authenticationMode: "API_AND_CONFIG_MAP", kubeconfig },
};

const opentrace = new OpenTrace("acme-ts-opentrace", {
    clusters,
    clientId: openTrace.clientId,
    subject: openTrace.subject,
});
const cado = new Cado("acme-ts-cado", {
    clusters,
    platformRoleArns: [config.require("cadoRoleArn")],
    namespaces: ["payments"],
});

// RBAC of your own, compared whole as that of the components is.
new ClusterRole("support", {
    kubeconfig,
    metadata: { name: "acme-ts-support", labels: { owner: "platform" } },
    rules: [{ apiGroups: [""], resources: ["pods", "pods/log"], verbs: ["get", "list"] }],
});

export const roles = [opentrace.roleArn, cado.roleArn];

const [, partition, , , account] = [0, 1, 2, 3, 4].map((part) => cado.roleArn.apply((arn) => arn.split(":")[part]));

// What `eks-access probe` proves.
export const access = {
    schemaVersion: 1,
    project: pulumi.getProject(),
    environment: pulumi.getStack(),
    partition,
    account,
    endpoint: "aws",
    clusters: { main: { name: clusterName, region: config.require("region") } },
    integrations: { opentrace: opentrace.access, cado: cado.access },
};
