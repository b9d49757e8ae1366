"""The operations of the API, one module an area; each is a plain function (context, request)."""
