"""Evaluated checks, for an operator who cannot act as the vendor. Nothing is exercised.

IAM decides by SimulatePrincipalPolicy, each cluster by SubjectAccessReviews of the user and groups that it maps the
role to, and access policies are evaluated by the rules that AWS publishes. Every line shows that it was evaluated. What
only a request of the vendor can show (the trust policy, above all) is reported as not asked.
"""
