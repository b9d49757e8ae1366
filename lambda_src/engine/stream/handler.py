"""The stream worker: SQS batches to customers' event streams."""

from engine.stream.deliver import deliver
from engine.worker import handler_of

handler = handler_of(deliver)
