"""The guide's "Using the Update Endpoint API to update a custom attribute on an endpoint".

Mended: an endpoint that is made without an address is opted out for good, so that the first update says
address, channel and opt-out.
"""

import json

import boto3

client = boto3.client("pinpoint")

response = client.update_endpoint(
    ApplicationId="[PinpointProjectId]",
    EndpointId="[UniqueEndpointID]",
    EndpointRequest={
        "Address": "success+guide@simulator.amazonses.com",
        "ChannelType": "EMAIL",
        "OptOut": "NONE",
        "User": {"UserId": "[UserIdThatConnectsEndpoints]"},
        "Attributes": {"MyCustomAttribute": ["Custom Attribute Value 1", "Custom Attribute Value 2"]},
    },
)

print(json.dumps(response["MessageBody"]))
