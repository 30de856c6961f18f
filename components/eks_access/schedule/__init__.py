"""The probe on a schedule, inside a cluster: its identity, its objects and the manifest it runs with."""
