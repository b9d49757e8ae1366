"""The table of the API's operations, served or answered with 501: `python -m engine.coverage`."""

import sys
from collections.abc import Iterator

from engine.operations.registry import SERVED
from engine.protocol.model import pinpoint


def table() -> Iterator[str]:
    """The lines of the table, in the model's order, with the sum at the end."""
    names = pinpoint().operation_names
    width = max(map(len, names))
    for name in names:
        method, path = pinpoint().http(name)
        yield f"{name:{width}}  {'done' if name in SERVED else ' 501'}  {method:6} {path}"
    yield f"{len(SERVED)} of {len(names)} operations are served, the others answer 501 with their name"


def main() -> None:
    """Print the table."""
    sys.stdout.writelines(f"{line}\n" for line in table())


if __name__ == "__main__":
    main()
