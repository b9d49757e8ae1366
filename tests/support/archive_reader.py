"""The event archive as Athena sees it, read by DuckDB: the same files, table and texts of queries.

Two functions of Athena have other names in DuckDB, and get theirs as macros; nothing of a query's text is
changed. Partitions come from the folders, columns and their mapping from the Glue table.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import duckdb

_MACROS: Final = (
    "CREATE MACRO date_format(moment, format) AS strftime(moment, format)",
    "CREATE MACRO element_at(entries, name) AS entries[name]",
)
_SCALARS: Final = {"string": "VARCHAR", "bigint": "BIGINT", "double": "DOUBLE"}


class ArchiveReader:
    """The table `events` over a folder of files, as a Glue table describes it.

    Args:
        table: The `TableInput`, or what Glue says of the table.
        folder: What is at the table's location.
    """

    def __init__(self, table: Mapping[str, Any], folder: Path) -> None:
        self._connection = duckdb.connect()
        for macro in _MACROS:
            self._connection.execute(macro)
        partitions = [each["Name"] for each in table["PartitionKeys"]]
        mapping = table["StorageDescriptor"]["SerdeInfo"]["Parameters"]
        columns = [
            _column(each["Name"], each["Type"], mapping.get(f"mapping.{each['Name']}", each["Name"]))
            for each in table["StorageDescriptor"]["Columns"]
        ]
        self._connection.execute(
            f"CREATE VIEW events AS SELECT {', '.join([*columns, *partitions])} "
            f"FROM read_ndjson_objects('{folder}/**/*.json.gz', compression = 'gzip', "
            "hive_partitioning = true, hive_types_autocast = false)"
        )

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """The rows that a query of Athena's answers with."""
        return self._connection.execute(query).fetchall()


def _column(name: str, hive: str, key: str) -> str:
    # A cast would fail at members that the type does not name, which Athena passes over.
    return f"from_json(json->'$.{key}', '{json.dumps(structure(hive))}') AS \"{name}\""


def structure(hive: str) -> Any:
    """A type of Hive's as DuckDB takes it: `array<struct<a:string>>` is `[{"a": "VARCHAR"}]`."""
    if hive in _SCALARS:
        return _SCALARS[hive]
    kind, _, inner = hive.removesuffix(">").partition("<")
    parts = _parts(inner)
    match kind:
        case "array":
            return [structure(inner)]
        case "map":
            return f"MAP({', '.join(_SCALARS[part] for part in parts)})"
        case "struct":
            return {name: structure(of) for name, of in (part.split(":", 1) for part in parts)}
    raise ValueError(f"no known type {hive}")


def _parts(inner: str) -> list[str]:
    """What stands between the commas that are in no brackets."""
    parts, depth = [""], 0
    for character in inner:
        depth += {"<": 1, ">": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts
