"""Event records: their shapes, the outbox every emitter uses, and the worker that puts them on the stream."""
