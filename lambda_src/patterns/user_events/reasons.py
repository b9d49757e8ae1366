"""Why an event is refused before any call. The names are what metrics and dead letters say."""

from enum import StrEnum


class Reason(StrEnum):
    """What an event is counted under. Endpoint changes have reasons of their own, in `endpoint_rules`."""

    NOT_AN_OBJECT = "not_an_object"
    UNKNOWN_MEMBER = "unknown_member"
    WRONG_TYPE = "wrong_type"
    INVALID_TEXT = "invalid_text"
    NAMES_NOBODY = "names_nobody"
    NAMES_TWO = "names_endpoint_and_user"
    INVALID_ID = "invalid_id"
    INVALID_EVENT_ID = "invalid_event_id"
    INVALID_EVENT_TYPE = "invalid_event_type"
    RESERVED_EVENT_TYPE = "reserved_event_type"
    MISSING_TIMESTAMP = "missing_timestamp"
    INVALID_TIMESTAMP = "invalid_timestamp"
    TIMESTAMP_WITHOUT_ZONE = "timestamp_without_zone"
    LIST_IN_EVENT_ATTRIBUTES = "list_in_event_attributes"
    TEXT_IN_ENDPOINT_ATTRIBUTES = "text_in_endpoint_attributes"
    NOT_A_NUMBER = "not_a_number"
    VALUE_TOO_LONG = "value_too_long"
    NAME_TOO_LONG = "name_too_long"
    TOO_MANY_KEYS = "too_many_keys"
    INVALID_SESSION = "invalid_session"
    EVENT_TOO_LARGE = "event_too_large"
    NOT_KNOWN_TO_EXIST = "endpoint_not_known_to_exist"
    ADDRESS_FOR_A_USER = "address_for_a_user"
    UNKNOWN_USER = "unknown_user"
    NO_ENDPOINT_OF_USER = "no_endpoint_of_user"
    NOT_JSON = "not_json"
    NO_EVENTS = "no_events"
    TOO_MANY_EVENTS = "too_many_events"
    REFUSED_BY_PROJECT = "refused_by_project"
    GIVEN_UP = "given_up"


class Rejected(Exception):
    """An event that is not put into the project.

    Attributes:
        reason: What it is counted under.
        detail: Which member, what is allowed, what to do; never one of its values.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = str(reason)
        self.detail = detail
