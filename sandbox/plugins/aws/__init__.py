"""The stand-in for `pulumi-resource-aws`: IAM and EKS access resources over boto3."""
