"""The report of a run: built, written in several formats, compared with a baseline, merged from shards."""
