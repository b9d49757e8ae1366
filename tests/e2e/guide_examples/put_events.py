"""The guide's "Calling the PutEvents API with a communication preference update event".

Mended: the timestamp is in UTC and says so; the answer is read item by item, since HTTP 202 says nothing
about them.
"""

import datetime
import json

import boto3

client = boto3.client("pinpoint")

response = client.put_events(
    ApplicationId="[PinpointProjectId]",
    EventsRequest={
        "BatchItem": {
            "[UniqueEndpointID]": {
                "Endpoint": {
                    "Attributes": {  # Custom Endpoint Attributes Defined
                        "EmailPreference_DailyDeals": ["Subscribed"]
                    }
                },
                "Events": {
                    "[SomeUniqueEventId]": {
                        "EventType": "custom.preference_update",
                        "Attributes": {  # Custom Event Attributes Defined
                            "UpdatedPreference": "EmailPreference_DailyDeals"
                        },
                        "Timestamp": datetime.datetime.now(datetime.UTC)
                        .isoformat(timespec="milliseconds")
                        .replace("+00:00", "Z"),
                    }
                },
            }
        }
    },
)

print(json.dumps(response["EventsResponse"]["Results"]))
