"""The function that answers handsets: a queue behind the topic in front, a responder behind."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, cast

from patterns.two_way_sms.answering import Answering, Handling, Rules, Texts
from patterns.two_way_sms.batch import Worker
from patterns.two_way_sms.consent import Consents, OptOutList
from patterns.two_way_sms.conversations import Conversations
from patterns.two_way_sms.responder import load
from patterns.two_way_sms.sending import ReplySender
from patterns.two_way_sms.words import Vocabulary
from pinpoint_runtime import settings
from pinpoint_runtime.clients import client
from pinpoint_runtime.ledger import Ledger
from pinpoint_runtime.logger import with_request
from pinpoint_runtime.metrics import emit
from pinpoint_runtime.queues import SourceQueue

_LEASE: Final = settings.whole_number("LEASE_SECONDS")
_APPLICATION: Final = settings.text("APPLICATION_ID")
_LIST: Final = settings.text("OPT_OUT_LIST", "")
_DYNAMODB: Final = client("dynamodb")
# Longer than an API may take (29 s), and never repeated: a reply might come twice.
_PINPOINT: Final = client("pinpoint", attempts=1, read_timeout=32)
_CONVERSATIONS: Final = Conversations(
    _DYNAMODB,
    settings.text("CONVERSATIONS_TABLE"),
    lease=_LEASE,
    keep=settings.whole_number("KEEP_SECONDS"),
)
_WORKER: Final = Worker(
    answering=Answering(
        responder=load("RESPONDER", settings.text("RESPONDER")),
        rules=Rules(
            opt_outs=cast(Handling, settings.text("OPT_OUTS")),
            vocabulary=Vocabulary().with_opt_outs(settings.text("OPT_OUT_WORDS", "").split(",")),
            texts=Texts(
                help=settings.text("HELP_TEXT"),
                opted_out=settings.text("OPTED_OUT_TEXT"),
                opted_in=settings.text("OPTED_IN_TEXT"),
            ),
            responder_seconds=settings.whole_number("RESPONDER_SECONDS"),
            most_parts=settings.whole_number("MOST_PARTS"),
            max_attempts=settings.whole_number("MAX_ATTEMPTS"),
            patience=settings.whole_number("GIVE_UP_AFTER_SECONDS"),
        ),
        conversations=_CONVERSATIONS,
        consents=Consents(
            _CONVERSATIONS,
            _PINPOINT,
            _APPLICATION,
            load("ENDPOINT_LOOKUP", settings.text("ENDPOINT_LOOKUP")),
            OptOutList(client("pinpoint-sms-voice-v2"), _LIST) if _LIST else None,
        ),
        ledger=Ledger(_DYNAMODB, settings.text("LEDGER_TABLE"), lease=_LEASE),
        sender=ReplySender(_PINPOINT, _APPLICATION, settings.text("MESSAGE_TYPE")),
    ),
    queue=SourceQueue(
        client("sqs"), url=settings.text("QUEUE_URL"), dead_letters_url=settings.text("DEAD_LETTERS_URL")
    ),
    threads=ThreadPoolExecutor(max_workers=10),
    seconds=settings.whole_number("BATCH_SECONDS"),
)


@with_request
def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Answer with the messages that come again."""
    again, counts = _WORKER.process(event["Records"])
    emit({"Pattern": "TwoWaySms"}, counts, time.time())
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in again]}
