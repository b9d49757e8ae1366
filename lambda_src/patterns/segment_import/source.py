"""Which file an import is about, and where what becomes of it is written."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from patterns.segment_import.reasons import FileReason, RefusedFile

_SEGMENTS: Final = "segments/"
_SENDS: Final = "sends/"
_ENDPOINTS: Final = "endpoints/"


@dataclass(frozen=True)
class Source:
    """One version of one object below `segments/`, `sends/` or `endpoints/`.

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
        return f"accepted/{self.mark}"

    @property
    def quarantine_key(self) -> str:
        """Where the bad rows go."""
        return f"quarantine/{self._name}/{self.mark}.jsonl"

    @property
    def report_key(self) -> str:
        """Where the report goes."""
        return f"reports/{self._name}/{self.mark}.json"

    @property
    def prefix(self) -> str:
        """Which of the folders that are watched it is in."""
        return next((each for each in (_ENDPOINTS, _SENDS) if self.key.startswith(each)), _SEGMENTS)

    @property
    def defines_segment(self) -> bool:
        """Whether the file is for a segment, or for endpoints only."""
        return self.prefix != _ENDPOINTS

    @property
    def is_sent_to(self) -> bool:
        """Whether a campaign follows the import."""
        return self.prefix == _SENDS

    @property
    def segment_name(self) -> str | None:
        """The segment that the file is for; None if it is for endpoints only.

        Raises:
            RefusedFile: The key should name one and does not.
        """
        if not self.defines_segment:
            return None
        name, slash, file = self.key.removeprefix(self.prefix).partition("/")
        if not (self.key.startswith(self.prefix) and name and slash and file):
            raise RefusedFile(FileReason.BAD_KEY, f"put files under {self.prefix}<name of the segment>/")
        return name

    @property
    def _name(self) -> str:
        return self.key.removeprefix(self.prefix)

    @property
    def mark(self) -> str:
        """What stands for this version where its key cannot: 32 hex digits."""
        return hashlib.sha256(self.claim.encode()).hexdigest()[:32]
