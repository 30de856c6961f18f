"""Examines what a deployment and the probe need: programs, credentials, clusters, and the deployer's rights."""
