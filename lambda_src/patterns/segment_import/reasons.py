"""Why a row is quarantined, and why a whole file is refused. The names are what reports count by."""

from enum import StrEnum


class RowReason(StrEnum):
    """Why one row cannot be read; what is wrong with the endpoint in it is an `EndpointReason`."""

    NOT_UTF8 = "not_utf8"
    CONTROL_CHARACTER = "control_character"
    TAB_IN_VALUE = "tab_in_value"
    LINE_TOO_LONG = "line_too_long"
    STRAY_QUOTE = "stray_quote"
    COLUMN_COUNT = "column_count"
    NOT_JSON = "not_json"
    SEVERAL_VALUES = "several_values"


class FileReason(StrEnum):
    """Why a file is not imported at all."""

    BAD_KEY = "not_below_segments_name"
    EMPTY = "empty_file"
    TOO_LARGE = "file_too_large"
    COMPRESSED = "compressed"
    WRONG_ENCODING = "wrong_encoding"
    NOT_A_CSV = "not_a_csv"
    UNKNOWN_COLUMN = "unknown_column"
    MISSING_COLUMN = "missing_column"
    TOO_MANY_ATTRIBUTES = "too_many_attributes"
    NO_GOOD_ROW = "no_good_row"
    GONE = "object_gone"


class BadRow(Exception):
    """One row that cannot be read.

    Attributes:
        reason: What it is counted under.
        detail: Where in the row, and what is allowed; never one of its values.
    """

    def __init__(self, reason: RowReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class RefusedFile(Exception):
    """A file of which no row can be imported.

    Attributes:
        reason: What it is reported under.
        detail: What was wrong, and what to do.
    """

    def __init__(self, reason: FileReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
