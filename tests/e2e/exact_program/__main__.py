"""Exact objects in one cluster, from the stack's configuration; as version 0.1.0 created them if `before` is set."""

import pulumi

config = pulumi.Config()
kubeconfig = config.require("kubeconfig")
if config.get_bool("before"):
    import pulumi_kubernetes as kubernetes

    provider = kubernetes.Provider("cluster", kubeconfig=kubeconfig)
    modules = (kubernetes.rbac.v1, kubernetes.core.v1, kubernetes.networking.v1)
    for name, each in config.require_object("objects").items():
        annotations = {
            "pulumi.com/patchForce": "true",
            "eks-access/stack": f"{pulumi.get_project()}/{pulumi.get_stack()}",
        }
        each["arguments"]["metadata"]["annotations"] = annotations
        (kind,) = (getattr(module, each["kind"]) for module in modules if hasattr(module, each["kind"]))
        kind(name, **each["arguments"], opts=pulumi.ResourceOptions(provider=provider))
else:
    from eks_access.exact import resource as exact

    for name, each in config.require_object("objects").items():
        getattr(exact, each["kind"])(
            name,
            kubeconfig=kubeconfig,
            opts=pulumi.ResourceOptions(import_=config.get("import")),
            **each["arguments"],
        )
