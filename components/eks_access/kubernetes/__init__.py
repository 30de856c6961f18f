"""The Kubernetes API: an HTTP client, kubeconfigs and their credentials, and EKS bearer tokens."""
