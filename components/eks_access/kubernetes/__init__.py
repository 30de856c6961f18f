"""The Kubernetes API: a client, kubeconfigs and EKS bearer tokens."""
