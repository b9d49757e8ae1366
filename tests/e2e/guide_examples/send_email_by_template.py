"""The guide's "Using the Send Messages API to send an email to 3 recipients using a Template".

Mended: the answer is read recipient by recipient, since HTTP 200 says nothing about delivery.
"""

import json

import boto3

client = boto3.client("pinpoint")

response = client.send_messages(
    ApplicationId="[PinpointProjectId]",
    MessageRequest={
        "Addresses": {
            "success+1@simulator.amazonses.com": {
                "ChannelType": "EMAIL",
                "Substitutions": {"FirstName": ["John"]},
            },
            "success+2@simulator.amazonses.com": {
                "ChannelType": "EMAIL",
                "Substitutions": {"FirstName": ["Ryan"]},
            },
            "success+3@simulator.amazonses.com": {
                "ChannelType": "EMAIL",
                "Substitutions": {"FirstName": ["Dave"]},
            },
        },
        "MessageConfiguration": {"EmailMessage": {"FromAddress": "no-reply@example.com"}},
        "TemplateConfiguration": {"EmailTemplate": {"Name": "MyEmailTemplate"}},
    },
)

print(json.dumps(response["MessageResponse"]["Result"]))
