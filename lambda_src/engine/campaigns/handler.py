"""The targeting worker: plans activities, and cuts their segments into batches."""

from engine.campaigns.work import work
from engine.worker import handler_of

handler = handler_of(work)
