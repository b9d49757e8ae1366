"""What IAM is asked about a request to Pinpoint."""

import pytest
from botocore.loaders import Loader

from embedded.pinpoint.operations import identify
from pinpoint_patterns import _operations

_PREFIX = "arn:aws:mobiletargeting:us-east-1:000000000000:"
_MODEL = Loader().load_service_model("pinpoint", "service-2")["operations"]


@pytest.mark.parametrize(
    ("method", "path", "operation", "resource"),
    [
        ("POST", "/v1/apps", "CreateApp", "apps"),
        ("GET", "/v1/apps/a1", "GetApp", "apps/a1"),
        ("POST", "/v1/apps/a1/campaigns", "CreateCampaign", "apps/a1"),
        ("GET", "/v1/apps/a1/campaigns/c1/activities", "GetCampaignActivities", "apps/a1/campaigns/c1"),
        ("PUT", "/v1/apps/a1/endpoints", "UpdateEndpointsBatch", "apps/a1"),
        ("GET", "/v1/apps/a1/endpoints/e1/inappmessages", "GetInAppMessages", "apps/a1/endpoints/e1"),
        ("POST", "/v1/apps/a1/events", "PutEvents", "apps/a1/events"),
        ("GET", "/v1/apps/a1/jobs/import/j1", "GetImportJob", "apps/a1/jobs/import/j1"),
        ("GET", "/v1/apps/a1/segments/s1/jobs/import", "GetSegmentImportJobs", "apps/a1/segments/s1"),
        ("POST", "/v1/apps/a1/messages", "SendMessages", "apps/a1/messages"),
        ("GET", "/v1/templates/welcome/email", "GetEmailTemplate", "templates/welcome/EMAIL"),
        ("PUT", "/v1/templates/welcome/email/active-version", "UpdateTemplateActiveVersion",
         "templates/welcome/EMAIL"),
    ],
)  # fmt: skip
def test_a_request_is_an_action_on_a_resource(method: str, path: str, operation: str, resource: str) -> None:
    request = identify(method, path, "us-east-1")
    assert request is not None
    assert request.action == f"mobiletargeting:{operation}"
    assert request.resource == _PREFIX + resource


def test_an_encoded_slash_does_not_divide_an_id() -> None:
    request = identify("GET", "/v1/apps/a1/endpoints/a%2Fb%20%C3%BC", "us-east-1")
    assert request is not None
    assert request.resource == f"{_PREFIX}apps/a1/endpoints/a/b ü"


def test_tagging_acts_on_the_tagged_resource() -> None:
    request = identify(
        "POST", "/v1/tags/arn%3Aaws%3Amobiletargeting%3Aus-east-1%3A0%3Aapps%2Fa1", "us-east-1"
    )
    assert request is not None
    assert request.resource == "arn:aws:mobiletargeting:us-east-1:0:apps/a1"


@pytest.mark.parametrize("path", ["/v1/apps/a1/nothing", "/v2/apps", "/", "/v1/apps//campaigns"])
def test_an_unknown_path_is_no_operation(path: str) -> None:
    assert identify("GET", path, "us-east-1") is None


@pytest.mark.parametrize("name", sorted(_MODEL))
def test_grants_of_the_constructs_name_the_resources_that_are_checked(name: str) -> None:
    http = _MODEL[name]["http"]
    request = identify(http["method"], http["requestUri"], "us-east-1")
    assert request is not None
    granted = _operations.operation(name)
    assert request.action == granted.action
    if granted.resource != "*":
        # The ids of this request are the names in braces; what is granted has them or a wildcard.
        expected = [part if part != "*" else None for part in granted.resource.split("/")]
        checked = request.resource.removeprefix(_PREFIX).split("/")
        assert len(expected) == len(checked)
        assert all(want in (None, got) for want, got in zip(expected, checked, strict=True))
