"""Running the checks: plan, concurrency, retry and shards."""
