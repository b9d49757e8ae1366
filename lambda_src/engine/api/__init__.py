"""The API function: from an API Gateway event to an operation and back."""
