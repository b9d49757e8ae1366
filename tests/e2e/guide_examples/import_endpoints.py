"""The guide's "Using the Create Import Job API to import a CSV file into Amazon Pinpoint in bulk".

Mended: RegisterEndpoints is said, since both flags false is refused; the job is followed to its end, and
its failures are read.
"""

import json
import time

import boto3

client = boto3.client("pinpoint")

response = client.create_import_job(
    ApplicationId="[PinpointProjectId]",
    ImportJobRequest={
        "DefineSegment": False,
        "RegisterEndpoints": True,
        "Format": "CSV",
        "RoleArn": "[RoleArn]",
        "S3Url": "s3://[Bucket]/accepted/guide/file-name.csv",
    },
)

job = response["ImportJobResponse"]
while job["JobStatus"] not in ("COMPLETED", "FAILED"):
    time.sleep(0.5)
    job = client.get_import_job(ApplicationId="[PinpointProjectId]", JobId=job["Id"])["ImportJobResponse"]

print(json.dumps(job))
