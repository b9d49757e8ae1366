"""Which file an import is about, and where what becomes of it is written."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from patterns.segment_import.reasons import FileReason, RefusedFile

_SEGMENTS: Final = "segments/"
_ENDPOINTS: Final = "endpoints/"


@dataclass(frozen=True)
class Source:
    """One version of one object below `segments/` or `endpoints/`.

    Attributes:
        bucket, key: As S3 names it.
        version_id: Empty in a bucket without versions.
        sequencer: Differs for each time that the key is written.
        size: Bytes.
    """

    bucket: str
    key: str
    version_id: str
    sequencer: str
    size: int

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Source":
        """The file in the state machine's input."""
        found = state["object"]
        return cls(found["bucket"], found["key"], found["version_id"], found["sequencer"], int(found["size"]))

    @property
    def claim(self) -> str:
        """The key of this version in the ledger."""
        return f"{self.bucket}/{self.key}#{self.version_id}{self.sequencer}"

    @property
    def parameters(self) -> dict[str, str]:
        """How an S3 client is asked for exactly this version."""
        version = {"VersionId": self.version_id} if self.version_id else {}
        return {"Bucket": self.bucket, "Key": self.key, **version}

    @property
    def accepted_name(self) -> str:
        """Where the good rows go, without the extension: no other object's key begins like it."""
        return f"accepted/{self._digest}"

    @property
    def quarantine_key(self) -> str:
        """Where the bad rows go."""
        return f"quarantine/{self._name}/{self._digest}.jsonl"

    @property
    def report_key(self) -> str:
        """Where the report goes."""
        return f"reports/{self._name}/{self._digest}.json"

    @property
    def defines_segment(self) -> bool:
        """Whether the file is for a segment, or for endpoints only."""
        return not self.key.startswith(_ENDPOINTS)

    @property
    def segment_name(self) -> str | None:
        """The segment that the file is for; None if it is for endpoints only.

        Raises:
            RefusedFile: The key should name one and does not.
        """
        if not self.defines_segment:
            return None
        name, slash, file = self.key.removeprefix(_SEGMENTS).partition("/")
        if not (self.key.startswith(_SEGMENTS) and name and slash and file):
            raise RefusedFile(FileReason.BAD_KEY, "put files under segments/<name of the segment>/")
        return name

    @property
    def _name(self) -> str:
        return self.key.removeprefix(_SEGMENTS).removeprefix(_ENDPOINTS)

    @property
    def _digest(self) -> str:
        return hashlib.sha256(self.claim.encode()).hexdigest()[:32]
