"""Where the program is."""

import os

# The program that wrote this file.
WRITTEN_BY = ""


def find():
    """The path of cellnet: what the variable CELLNET names, the program that wrote
    these packages, or the one on the search path."""
    named = os.environ.get("CELLNET")
    if named:
        return named
    if WRITTEN_BY and os.path.isfile(WRITTEN_BY):
        return WRITTEN_BY
    import shutil

    found = shutil.which("cellnet")
    if found:
        return found
    raise FileNotFoundError("no program cellnet: put it on the search path, or its path into the variable CELLNET")
