"""The stand-in for `pulumi-resource-kubernetes`: any kind that the API server serves, over its plain API."""
