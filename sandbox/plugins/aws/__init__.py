"""The stand-in for `pulumi-resource-aws`: IAM and EKS access resources over boto3."""

DIFF = "EKS_ACCESS_SANDBOX_DIFF"
"""The environment variable that chooses how differences are reported: each by its path, unless it is `TOP_LEVEL`."""
TOP_LEVEL = "top-level"
"""Only the names of the properties that differ, as a plug-in may answer that has no detailed differences."""
