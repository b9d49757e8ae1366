"""The receipts worker: mail events from EventBridge, by queue."""

from engine.receipts.work import work
from engine.worker import handler_of

handler = handler_of(work)
