"""Two-way SMS: each message of a handset is answered once, and an opt-out is kept before it is confirmed."""
