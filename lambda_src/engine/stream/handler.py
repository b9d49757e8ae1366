"""The stream worker: SQS batches to customers' event streams."""

from engine.stream.work import work
from engine.worker import handler_of

handler = handler_of(work)
