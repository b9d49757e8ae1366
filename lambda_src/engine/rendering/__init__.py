"""Message templates and the values they show."""
