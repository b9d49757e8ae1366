"""The delivery worker: sends batches of endpoints."""

from engine.deliveries.work import work
from engine.worker import handler_of

handler = handler_of(work)
