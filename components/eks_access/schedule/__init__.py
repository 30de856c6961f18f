"""The probe on a schedule, inside a cluster: its own identity, its objects and what it is told."""
