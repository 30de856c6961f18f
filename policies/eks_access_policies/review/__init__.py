"""Reviews how a change to a stack affects who can access what, for the person who approves it.

Two sides are read as plain data (`from_file`, `from_stack`, `side`) and compared (`difference`): trust policies
(`trust`), AWS permissions (`aws`, `escalation`) and rights in clusters (`kubernetes`). The changes are grouped
(`grouping`), formatted as sentences (`sentences`) and written in one of the formats of `report`.
"""
