"""The collector: what each integration sees in each cluster, gathered as the integration, without anything secret."""
