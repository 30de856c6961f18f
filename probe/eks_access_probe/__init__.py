"""The probe: acts as each integration and proves what it can and cannot do."""
