"""Objects of a cluster, exactly: what gives access is compared in full, and what others added to it is found."""
