"""The guide's "Using the Send Messages API to send an SMS message with an inline message to a stored
endpoint".

Mended: the password is the recipient's own, so it stands with the recipient; what is said of the message as a
whole would reach every endpoint of a request. The answer is read endpoint by endpoint, since HTTP 200 says
nothing about delivery.
"""

import json

import boto3

client = boto3.client("pinpoint")

response = client.send_messages(
    ApplicationId="[PinpointProjectId]",
    MessageRequest={
        "Endpoints": {"[UniqueEndpointID1ForUser]": {"Substitutions": {"OTP": ["123456"]}}},
        "MessageConfiguration": {
            "SMSMessage": {
                "Body": "{{User.UserAttributes.FirstName}} your one time password is: {{OTP}}",
                "MessageType": "TRANSACTIONAL",
                "OriginationNumber": "[ORIGINATION_NUMBER]",
            }
        },
    },
)

print(json.dumps(response["MessageResponse"]["EndpointResult"]))
