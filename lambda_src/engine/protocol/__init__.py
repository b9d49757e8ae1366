"""The wire protocol of the Pinpoint API, read from botocore's own service model."""
