"""Amazon EKS Connector: clusters outside of EKS, registered with it and shown in its console.

The registration is a resource of this package (`registration` over botocore, served to Pulumi by
`eks_access.provider`), because no provider has one:
https://github.com/hashicorp/terraform-provider-aws/issues/21909
"""
