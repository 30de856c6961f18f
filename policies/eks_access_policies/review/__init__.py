"""Reviews how a change to a stack affects who can access what, for the person who approves it.

Two sides (`side`) are read as plain data by `reading` and compared by `difference`: trust policies (`trust`), AWS
permissions (`aws`) and rights in clusters (`kubernetes`). The changes are grouped (`grouping`), formatted as sentences
(`sentences`) and written in one of the formats of `report`. `pull_request` is for the workflow that reviews one.
"""
