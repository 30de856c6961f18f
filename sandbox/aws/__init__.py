"""The sandbox's AWS: MiniStack, and in front of it the EKS and STS behaviour that it lacks."""
