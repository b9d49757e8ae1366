"""Requests as the worker reads them: checked, with each recipient's own faults kept apart.

What is left of a request goes on as a request as well: the same document with the recipients that remain, and
a member `continues` that says since when, and where in a file.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, cast

from botocore.model import ServiceModel

from patterns.send_message.content import CHANNELS, PUSH, PUSH_CHANNELS, Content, Malformed, content

FILE_PREFIX: Final = "recipients/"
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_MEMBERS: Final = frozenset(
    {
        "request_id",
        "channel",
        "recipients",
        "recipients_file",
        "template",
        "message",
        "substitutions",
        "context",
        "continues",
    }
)
_OF_RECIPIENT: Final = frozenset({"address", "channel", "endpoint_id", "user_id", "substitutions", "context"})
_NAMES: Final = ("address", "endpoint_id", "user_id")
_E164: Final = re.compile(r"\+[1-9][0-9]{1,14}")
# Half of a surrogate pair is valid JSON, and no text.
_EMAIL: Final = re.compile(r"[^@\s\ud800-\udfff]{1,256}@[^@\s\ud800-\udfff]{1,255}")
_ID: Final = re.compile(r"[^${}\x00-\x1f\ud800-\udfff]{1,256}")
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,4096}")
# A result is an event of the bus, ten of which travel together in 256 KB.
_LONGEST_CONTEXT: Final = 4_000
# SQS bounds a message at 1 MiB; small parts are worked on side by side.
_MOST_OF_PART: Final = 500
_LONGEST_PART: Final = 200_000


@dataclass(frozen=True)
class Progress:
    """How far a request has come.

    Attributes:
        accepted_at: Epoch seconds.
        rounds: How often it was put into the queue again.
        offset: Where in its file the next recipient begins, in bytes.
        line: How many lines lie before that.
        etag, version_id: Which object it was when work began.
        skipping: Whether the next line's beginning was too long, and has been counted.
    """

    accepted_at: float
    rounds: int = 0
    offset: int = 0
    line: int = 0
    etag: str = ""
    version_id: str = ""
    skipping: bool = False


@dataclass(frozen=True, eq=False)
class Listed:
    """One recipient of a request.

    Attributes:
        position: Its place in the request or in its file, from 0.
        document: As it goes on if it is not dealt with now.
        address, channel, endpoint_id, user_id: Whom it names; an endpoint of a user names both.
        substitutions, context: Its own.
        defect: Why it can never be sent to.
    """

    position: int
    document: Mapping[str, Any]
    address: str = ""
    channel: str = ""
    endpoint_id: str = ""
    user_id: str = ""
    substitutions: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    context: Mapping[str, str] = field(default_factory=dict[str, str])
    defect: str = ""


@dataclass(frozen=True, eq=False)
class Task:
    """One request, or what is left of it.

    Attributes:
        request_id: The producer's.
        channel: One of `content.CHANNELS`.
        content: What is sent.
        listed: Whom to, unless they are in a file.
        file_key: The file's key, empty without one.
        substitutions, context: For every recipient.
        document: The request without its recipients.
        progress: None until it is accepted.
    """

    request_id: str
    channel: str
    content: Content
    listed: tuple[Listed, ...]
    file_key: str
    substitutions: Mapping[str, Sequence[str]]
    context: Mapping[str, str]
    document: Mapping[str, Any]
    progress: Progress | None = None

    @property
    def accepted_at(self) -> float:
        """Epoch seconds; 0 until it is accepted."""
        return self.progress.accepted_at if self.progress else 0.0

    @property
    def rounds(self) -> int:
        """How often it was put into the queue again."""
        return self.progress.rounds if self.progress else 0

    @property
    def file_version(self) -> str:
        """The version of the file that the request names, empty if it names none."""
        version: str = self.document.get("recipients_file", {}).get("version_id", "")
        return version

    @property
    def digest(self) -> str:
        """The same for a request with the same content and recipients."""
        whole = [self.document, [listed.document for listed in self.listed]]
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()

    def parts(self, left: Iterable[Mapping[str, Any]], progress: Progress) -> Iterator[str]:
        """What is left as bodies for the queue, none of them large.

        Args:
            left: Documents of recipients.
            progress: How far the request has come.
        """
        shared = {name: value for name, value in self.document.items() if name != "recipients_file"}
        for chunk in _chunks(left):
            yield json.dumps({**shared, "recipients": chunk, "continues": asdict(progress)})

    def rest_of_file(self, progress: Progress) -> str:
        """The lines that were not read yet, as a body for the queue."""
        return json.dumps({**self.document, "continues": asdict(progress)})


def parse(text: str, channels: Iterable[str], model: ServiceModel) -> Task:
    """Read a message of the queue.

    Args:
        text: Its body.
        channels: Those that are enabled.
        model: botocore's of Pinpoint.

    Raises:
        Malformed: It is no request. A faulty recipient is no fault of the request's.
    """
    document = _document(text)
    request_id, channel = document.get("request_id"), document.get("channel")
    if not isinstance(request_id, str) or not _REQUEST_ID.fullmatch(request_id):
        raise Malformed("request_id must be 1 to 128 letters, digits and ._:-")
    enabled = [name for name in CHANNELS if name in channels]
    if channel not in enabled:
        raise Malformed(f"channel must be {' or '.join(enabled)}")
    progress = _progress(document.get("continues"))
    recipients, file_key = _whom(document)
    return Task(
        request_id=request_id,
        channel=cast(str, channel),
        content=content(cast(str, channel), document, model),
        listed=tuple(
            listed(number, recipient, cast(str, channel), continues=progress is not None)
            for number, recipient in enumerate(recipients)
        ),
        file_key=file_key,
        substitutions=_required(_substitutions(document.get("substitutions", {})), "substitutions"),
        context=_required(_context(document.get("context", {})), "context"),
        document={name: it for name, it in document.items() if name not in ("recipients", "continues")},
        progress=progress,
    )


def listed(number: int, recipient: object, channel: str, *, continues: bool) -> Listed:
    """One entry of a request's recipients.

    Args:
        number: Its place.
        recipient: The entry.
        channel: The request's.
        continues: Whether the worker wrote it, which says the place and may name endpoint and user.
    """
    if not isinstance(recipient, Mapping):
        return Listed(number, {"defect": "recipient_is_not_an_object"}, defect="recipient_is_not_an_object")
    document = dict(cast(Mapping[str, Any], recipient))
    if continues:
        place = document.pop("position", number)
        number = place if type(place) is int else number
        if isinstance(defect := document.get("defect"), str):
            return Listed(number, document, defect=defect)
    substitutions = _substitutions(document.get("substitutions", {}))
    context = _context(document.get("context", {}))
    defect = _defect(document, channel, several=continues)
    if not defect and substitutions is None:
        defect = "invalid_substitutions"
    if not defect and context is None:
        defect = "invalid_context"
    if defect:
        return Listed(number, document, defect=defect)
    names = {name: document.get(name, "").strip() for name in (*_NAMES, "channel")}
    names["channel"] = names["channel"] or channel
    return Listed(number, document, **names, substitutions=substitutions or {}, context=context or {})


def _defect(document: Mapping[str, Any], channel: str, *, several: bool) -> str:
    if document.keys() - _OF_RECIPIENT:
        return "recipient_has_unknown_members"
    if not all(isinstance(document.get(name, ""), str) for name in (*_NAMES, "channel")):
        return "recipient_has_members_of_a_wrong_type"
    named = [name for name in _NAMES if document.get(name)]
    if not named:
        return "recipient_names_nobody"
    if len(named) > 1 and not (several and named == ["endpoint_id", "user_id"]):
        return "recipient_names_several"
    if "address" not in named:
        return "" if all(_ID.fullmatch(document[name]) for name in named) else "invalid_id"
    own = document.get("channel") or channel
    if own not in PUSH_CHANNELS if channel == PUSH else own != channel:
        return "invalid_channel"
    return "" if _is_address(document["address"].strip(), channel) else "invalid_address"


def _is_address(address: str, channel: str) -> bool:
    form = _TOKEN if channel == PUSH else _EMAIL if channel == "EMAIL" else _E164
    return bool(form.fullmatch(address))


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("the body is not JSON") from None
    if not isinstance(document, dict):
        raise Malformed("the body is not a JSON object")
    unknown = len(document.keys() - _MEMBERS)
    if unknown:
        raise Malformed(f"{unknown} members are unknown: a request has {', '.join(sorted(_MEMBERS))}")
    return document


def _whom(document: Mapping[str, Any]) -> tuple[Sequence[object], str]:
    recipients, file = document.get("recipients"), document.get("recipients_file")
    if (recipients is None) == (file is None):
        raise Malformed("give either recipients or recipients_file")
    if recipients is not None:
        if not isinstance(recipients, list) or not recipients:
            raise Malformed("recipients must be a list that is not empty")
        return cast(list[object], recipients), ""
    key = file.get("key") if isinstance(file, Mapping) else None
    version = file.get("version_id", "") if isinstance(file, Mapping) else None
    if not isinstance(key, str) or not key.startswith(FILE_PREFIX) or not isinstance(version, str):
        raise Malformed(f"recipients_file must have a key below {FILE_PREFIX}, and may have a version_id")
    return (), key


def _substitutions(value: object) -> dict[str, list[str]] | None:
    """Lists of texts by name; a single text counts as a list of one. None if it is anything else."""
    if not isinstance(value, Mapping):
        return None
    found: dict[str, list[str]] = {}
    for name, given in cast(Mapping[str, object], value).items():
        values = [given] if isinstance(given, str) else given
        if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            return None
        found[name] = cast(list[str], values)
    return found


def _context(value: object) -> dict[str, str] | None:
    if not isinstance(value, Mapping):
        return None
    found = dict(cast(Mapping[str, object], value))
    if not all(isinstance(each, str) for each in found.values()) or len(json.dumps(found)) > _LONGEST_CONTEXT:
        return None
    return cast(dict[str, str], found)


def _required(value: Any, name: str) -> Any:
    if value is None:
        kind = "lists of texts" if name == "substitutions" else f"texts, up to {_LONGEST_CONTEXT} characters"
        raise Malformed(f"{name} must be an object of {kind}")
    return value


_FAR: Final = 1e12
_PROGRESS: Final = {member.name: type(member.default) for member in fields(Progress)[1:]}


def _progress(value: object) -> Progress | None:
    if value is None:
        return None
    members = dict(cast(Mapping[str, Any], value)) if isinstance(value, Mapping) else {}
    accepted_at = members.pop("accepted_at", None)
    right = members.keys() <= _PROGRESS.keys() and all(
        type(it) is _PROGRESS[name] and (type(it) is not int or 0 <= it < _FAR)
        for name, it in members.items()
    )
    if type(accepted_at) not in (int, float) or not 0 <= cast(float, accepted_at) < _FAR or not right:
        raise Malformed("continues was not written by the sender: leave it out")
    return Progress(float(cast(float, accepted_at)), **members)


def _chunks(documents: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    chunk: list[Mapping[str, Any]] = []
    size = 0
    for document in documents:
        length = len(json.dumps(document))
        if chunk and (len(chunk) == _MOST_OF_PART or size + length > _LONGEST_PART):
            yield chunk
            chunk, size = [], 0
        chunk.append(document)
        size += length
    if chunk:
        yield chunk
