"""The guide's "Retrieving all endpoints for a user".

Mended: a user that nobody knows is an answer, not a crash.
"""

import json

import boto3

client = boto3.client("pinpoint")

for user_id in ("[UserIdThatConnectsEndpoints]", "nobody-knows-this-user"):
    try:
        response = client.get_user_endpoints(ApplicationId="[PinpointProjectId]", UserId=user_id)
        print(json.dumps(response["EndpointsResponse"]))
    except client.exceptions.NotFoundException:
        print(json.dumps("unknown user"))
