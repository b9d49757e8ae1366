"""Amazon Pinpoint's integration patterns as AWS CDK constructs."""
