"""One cluster: its control plane, who may enter it (authenticator) and what access policies let them do
(authorizer).
"""
