"""The import worker: plans jobs, and works on their pieces."""

from engine.imports.work import work
from engine.worker import handler_of

handler = handler_of(work)
