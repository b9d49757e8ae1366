"""The operations that are served: plain functions `(account, request) -> what the answer says`."""
