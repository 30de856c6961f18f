"""The checks by plane: trust, AWS and Kubernetes. Made as the integration, with classified answers."""
