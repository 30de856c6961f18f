// What this program uses of the package, by type: enough where no SDK is generated from its schema.

import * as pulumi from "@pulumi/pulumi";

export interface ClusterArgs {
    name: pulumi.Input<string>;
    /** Plain: it decides which resources there are. Read from EKS where the name is plain as well. */
    authenticationMode?: "API" | "API_AND_CONFIG_MAP" | "CONFIG_MAP";
    region?: string;
    endpoint?: pulumi.Input<string>;
    certificateAuthority?: pulumi.Input<string>;
    kubeconfig?: pulumi.Input<string>;
}

/** A component that the plugin constructs. */
abstract class Integration extends pulumi.ComponentResource {
    declare readonly roleArn: pulumi.Output<string>;
    declare readonly roleName: pulumi.Output<string>;
    /** Its part of the access manifest. */
    declare readonly access: pulumi.Output<Record<string, unknown>>;

    constructor(type: string, name: string, args: pulumi.Inputs, opts?: pulumi.ComponentResourceOptions) {
        const outputs = { roleArn: undefined, roleName: undefined, access: undefined };
        super(`eks-access:index:${type}`, name, { ...outputs, ...args }, opts, true);
    }
}

export interface OpenTraceArgs {
    clusters: Record<string, ClusterArgs>;
    clientId: pulumi.Input<string>;
    subject: pulumi.Input<string>;
}

export class OpenTrace extends Integration {
    constructor(name: string, args: OpenTraceArgs, opts?: pulumi.ComponentResourceOptions) {
        super("OpenTrace", name, args, opts);
    }
}

export interface CadoArgs {
    clusters: Record<string, ClusterArgs>;
    platformRoleArns: pulumi.Input<string>[];
    namespaces?: string[];
}

export class Cado extends Integration {
    constructor(name: string, args: CadoArgs, opts?: pulumi.ComponentResourceOptions) {
        super("Cado", name, args, opts);
    }
}

export interface PolicyRule {
    apiGroups?: pulumi.Input<pulumi.Input<string>[]>;
    resources?: pulumi.Input<pulumi.Input<string>[]>;
    resourceNames?: pulumi.Input<pulumi.Input<string>[]>;
    nonResourceURLs?: pulumi.Input<pulumi.Input<string>[]>;
    verbs: pulumi.Input<pulumi.Input<string>[]>;
}

export interface ClusterRoleArgs {
    kubeconfig: pulumi.Input<string>;
    metadata: pulumi.Input<{ name: pulumi.Input<string>; labels?: pulumi.Input<Record<string, pulumi.Input<string>>> }>;
    rules?: pulumi.Input<pulumi.Input<PolicyRule>[]>;
}

/** A ClusterRole that is compared whole, with every rule. */
export class ClusterRole extends pulumi.CustomResource {
    constructor(name: string, args: ClusterRoleArgs, opts?: pulumi.CustomResourceOptions) {
        super("eks-access:index:ClusterRole", name, args, opts);
    }
}
