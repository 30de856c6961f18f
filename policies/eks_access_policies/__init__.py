"""Policy as code for access to Amazon EKS: rules that judge a stack, and the review that says what a change grants."""
