"""RBAC objects of a cluster, exactly: what they give is compared in full, and what others added to them is found."""
