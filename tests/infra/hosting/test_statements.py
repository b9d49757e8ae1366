"""What a policy says of Pinpoint, said of the engine's API: exactly, or not at all."""

import re
from typing import Any

import pytest

from pinpoint_patterns.errors import NotTranslatable
from pinpoint_patterns.hosting.paths import invocations, routes
from pinpoint_patterns.hosting.resources import Reach
from pinpoint_patterns.hosting.statements import Place, translated

APP = "0123456789abcdef0123456789abcdef"
ANY_APP = "?" * 32
PREFIX = "arn:aws:mobiletargeting:us-east-1:123456789012:"
TOKEN = {"Fn::GetAtt": ["Project", "Arn"]}


def paths(*resources: Any, actions: Any, **statement: Any) -> list[str]:
    """The methods and paths that a statement turns into."""
    result = translated(
        {"Effect": "Allow", "Action": actions, "Resource": list(resources), **statement},
        Place({"Ref": "Api"}, lambda function: {"Ref": "Project"} if function == TOKEN else None),
    )
    return [] if result is None else [path(arn) for arn in result["Resource"]]


def path(arn: Any) -> str:
    text = "".join(
        part if isinstance(part, str) else f"<{part['Ref']}>" if "Ref" in part else "<?>"
        for part in arn["Fn::Join"][1]
    )
    api, _, rest = text.partition("/engine/")
    assert api == "arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<Api>"
    return rest


def like(pattern: str, text: str) -> bool:
    """As IAM matches: both wildcards cross slashes."""
    regex = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch(regex, text) is not None


def sample(operation: str) -> str:
    """A request of an operation, with an id of each kind."""
    free = ("endpoint-id", "user-id", "journey-activity-id")

    def value(match: re.Match[str]) -> str:
        name = match[1]
        return APP if name.endswith("-id") and name not in free else "x"

    method, template = routes()[operation]
    return method + re.sub(r"\{([^}]+)\}", value, template)


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("GetApp", f"apps/{APP}", [f"GET/v1/apps/{APP}"]),
        ("GetEndpoint", f"apps/{APP}/endpoints/*", [f"GET/v1/apps/{APP}/endpoints/*"]),
        ("GetEndpoint", f"apps/{APP}/endpoints/e-1", [f"GET/v1/apps/{APP}/endpoints/e-1"]),
        ("GetEndpoint", f"apps/{APP}/endpoints/e*", [f"GET/v1/apps/{APP}/endpoints/e*"]),
        ("GetEndpoint", f"apps/{APP}/*", [f"GET/v1/apps/{APP}/endpoints/*"]),
        ("GetEndpoint", f"apps/{APP}*", [f"GET/v1/apps/{APP}/endpoints/*"]),
        ("GetEndpoint", "apps/*", [f"GET/v1/apps/{ANY_APP}/endpoints/*"]),
        ("GetEndpoint", "*", [f"GET/v1/apps/{ANY_APP}/endpoints/*"]),
        ("GetSegment", f"apps/{APP}/segments/*", [f"GET/v1/apps/{APP}/segments/{ANY_APP}"]),
        ("GetCampaign", f"apps/{APP}/campaigns/{APP}", [f"GET/v1/apps/{APP}/campaigns/{APP}"]),
        ("GetEndpoint", f"apps/{APP}", []),
        ("GetEndpoint", f"apps/{APP}/users/*", []),
        ("GetApp", f"apps/{APP}/*", []),
        ("GetApp", "templates/*", []),
        ("GetEmailTemplate", "templates/hello/EMAIL", ["GET/v1/templates/hello/email"]),
        ("GetEmailTemplate", "templates/*", ["GET/v1/templates/*/email"]),
        ("GetSmsTemplate", "templates/hello/EMAIL", []),
        ("GetApps", "*", ["GET/v1/apps"]),
        ("GetApps", f"apps/{APP}", []),
    ],
)
def test_an_action_on_a_resource_becomes_its_method_and_path(
    action: str, resource: str, expected: list[str]
) -> None:
    arn = resource if resource == "*" else PREFIX + resource

    assert paths(arn, actions=f"mobiletargeting:{action}") == expected


def test_an_application_that_is_a_token_stays_one() -> None:
    endpoint = {"Fn::Join": ["", [TOKEN, "/endpoints/*"]]}
    by_id = {
        "Fn::Join": [
            "",
            ["arn:", {"Ref": "AWS::Partition"}, ":mobiletargeting:us-east-1:1:apps/", {"Ref": "P"}],
        ]
    }

    assert paths(endpoint, actions="mobiletargeting:GetEndpoint") == ["GET/v1/apps/<Project>/endpoints/*"]
    assert paths(TOKEN, actions="mobiletargeting:GetApp") == ["GET/v1/apps/<Project>"]
    assert paths(by_id, actions="mobiletargeting:GetApp") == ["GET/v1/apps/<P>"]
    assert paths({"Fn::Sub": PREFIX + "apps/${P}"}, actions="mobiletargeting:GetApp") == ["GET/v1/apps/<P>"]


def test_action_wildcards_are_the_operations_they_match_and_letters_count_alike() -> None:
    found = paths(f"{PREFIX}apps/{APP}/endpoints/*", actions=["MobileTargeting:get*", "s3:*"])

    assert found == [f"GET/v1/apps/{APP}/endpoints/*", f"GET/v1/apps/{APP}/endpoints/*/inappmessages"]


def test_everything_of_one_application_is_said_in_two_patterns_that_reach_no_other() -> None:
    found = paths(f"{PREFIX}apps/{APP}*", actions="mobiletargeting:*")

    assert [each for each in found if "/apps/" in each] == [f"*/v1/apps/{APP}", f"*/v1/apps/{APP}/*"]
    other = "f" * 32
    for operation in routes():
        request = sample(operation)
        if f"/apps/{APP}" in request:
            assert any(like(pattern, request) for pattern in found), operation
            moved = request.replace(f"/apps/{APP}", f"/apps/{other}")
            assert not any(like(pattern, moved) for pattern in found), operation


def test_everything_is_said_in_one_pattern() -> None:
    assert paths("*", actions="mobiletargeting:*") == ["*/v1/*"]


def test_each_operation_admits_itself_and_the_only_overlap_is_the_known_one() -> None:
    overlaps = set()
    for operation in routes():
        for pattern in invocations(operation, Reach(), "*"):
            assert like(pattern, sample(operation)) or "/tags/" in pattern, operation
            overlaps |= {
                (operation, other)
                for other in routes()
                if other != operation and like(pattern, sample(other))
            }

    # An endpoint's id is free text, so nothing can end it before `/inappmessages`.
    assert overlaps == {("GetEndpoint", "GetInAppMessages")}


def test_tags_are_granted_on_the_resource_and_not_on_others() -> None:
    (pattern,) = paths(f"{PREFIX}apps/{APP}", actions="mobiletargeting:TagResource")

    arn = f"arn:aws:mobiletargeting:us-east-1:123456789012:apps/{APP}"
    assert like(pattern, f"POST/v1/tags/{arn}")
    assert like(pattern, "POST/v1/tags/" + arn.replace(":", "%3A").replace("/", "%2F"))
    assert not like(pattern, f"POST/v1/tags/{arn.replace(APP, 'f' * 32)}")
    assert not like(pattern, f"POST/v1/tags/{arn}/segments/{'f' * 32}")


def test_a_statement_without_pinpoint_says_nothing() -> None:
    assert paths("*", actions="s3:GetObject") == []
    assert paths("*", actions="*") == []


def test_a_denial_is_denied() -> None:
    result = translated(
        {
            "Effect": "Deny",
            "Action": "mobiletargeting:DeleteApp",
            "Resource": "*",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
        },
        Place({"Ref": "Api"}, lambda _: None),
    )

    assert result is not None
    assert result["Effect"] == "Deny"
    assert result["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
    assert [path(arn) for arn in result["Resource"]] == [f"DELETE/v1/apps/{ANY_APP}"]


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ({"NotAction": "mobiletargeting:Delete*", "Resource": "*"}, "NotAction treats"),
        ({"NotAction": "execute-api:*", "Resource": "*"}, "NotAction treats"),
        ({"Action": "mobiletargeting:GetApp", "NotResource": PREFIX + "apps/x"}, "NotResource"),
        (
            {
                "Action": "mobiletargeting:GetApp",
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:ResourceTag/team": "a"}},
            },
            "aws:ResourceTag/team",
        ),
        (
            {
                "Action": "mobiletargeting:GetApp",
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}},
            },
            "aws:SourceVpce",
        ),
        ({"Action": "mobiletargeting:GetApp", "Resource": PREFIX + "apps/abc*"}, "a part of their id"),
        ({"Action": "mobiletargeting:GetApp", "Resource": PREFIX + "apps/a?c"}, "a part of their id"),
        (
            {"Action": "mobiletargeting:GetEndpoint", "Resource": PREFIX + f"apps/{APP}/*/e"},
            "have no equivalent",
        ),
        (
            {"Action": "mobiletargeting:GetEndpoint", "Resource": PREFIX + f"apps/{APP}/endpoints/a@b"},
            "written differently",
        ),
        ({"Action": "mobiletargeting:GetApp", "Resource": {"Ref": "Parameter"}}, "cannot be known"),
        ({"Action": "mobiletargeting:GetApp"}, "names no resource"),
        ({"Action": "*", "Resource": PREFIX + "apps/*"}, "every action on a resource of Pinpoint's"),
    ],
)
def test_what_cannot_be_said_exactly_is_refused_with_the_reason(statement: dict[str, Any], why: str) -> None:
    with pytest.raises(NotTranslatable, match=re.escape(why)) as refused:
        translated({"Effect": "Allow", **statement}, Place({"Ref": "Api"}, lambda _: None))

    assert refused.value.remedy
