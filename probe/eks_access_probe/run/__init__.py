"""Running the checks: plan, concurrency, retry, shards and progress."""
