"""Behaviour of Amazon Pinpoint that no document states, decided here once.

Each name answers one question, and code reads the name; `LEFT_OUT` says what we decided not to do.
Tests hold every one of them, so that whoever knows better changes one line and sees what follows.
"""

from typing import Final

# --- endpoints and users -------------------------------------------------------------------------

# `[]` passes the client, and the reference is silent on it: it removes the attribute from the endpoint.
EMPTY_LIST_REMOVES_ATTRIBUTE: Final[bool] = True

# An empty `Address` neither clears an address nor makes one.
EMPTY_ADDRESS_IS_NOT_SENT: Final[bool] = True

# Two channels may share one address (SMS and VOICE often do): only a twin on the same channel is
# made INACTIVE.
TWINS_SHARE_A_CHANNEL: Final[bool] = True

# An update without `Address` also makes the endpoint ACTIVE, so it takes its address back from a twin.
ANY_UPDATE_CLAIMS_THE_ADDRESS: Final[bool] = True

# `EndpointStatus: INACTIVE` in a request is kept; without the member every write makes it ACTIVE.
INACTIVE_ON_REQUEST_IS_KEPT: Final[bool] = True

# "Set to ALL automatically" is read strictly: also when the request says NONE.
NO_ADDRESS_ALWAYS_OPTS_OUT: Final[bool] = True

# An endpoint that passes to another user leaves the former user's attributes behind: they would
# put one person's name into another's message.
NEW_USER_DROPS_FORMER_USER_ATTRIBUTES: Final[bool] = True

# No length of an endpoint or user id is documented; a DynamoDB sort key holds 1,024 bytes.
MAX_ID_BYTES: Final[int] = 1000

# UpdateEndpointsBatch writes nothing if one item breaks a rule in itself: its answer has no place
# for results of single items, so a partial success could not be told.
BATCH_IS_ALL_OR_NOTHING: Final[bool] = True

# GetUserEndpoints and DeleteUserEndpoints of a user that no endpoint names answer 404.
UNKNOWN_USER_IS_NOT_FOUND: Final[bool] = True

LEFT_OUT: Final = (
    "UserAttributes are kept per endpoint: a write does not reach the user's other endpoints.",
    "A write with an older EffectiveDate than the stored one applies: the last writer wins.",
    "An endpoint id is shown in the letters it was created with, whatever later writes use.",
    "TotalProcessed of an import counts every line that was read, those that failed included.",
    "Ids that a hook returns and was not given are ignored; what it changes is used for this send only.",
    "An EXCLUSIVE dimension takes endpoints that lack the attribute.",
    "A hard bounce or a complaint is an event; it does not change the endpoint.",
    "A variable without a value shows as nothing in a campaign, and is an error in SendMessages.",
    "An event's attributes are no variables of the message it triggers: those are the endpoint's.",
    "Limits.Session is kept and shown: it is about in-app messages, which no campaign here sends.",
    "RawContent is read for e-mail only; a text message and a script take BodyOverride.",
    "A campaign that has completed stays COMPLETED when its segment is deleted; others become DELETED.",
)

# --- imports, targeting, delivery, stream -----------------------------------------------------------

# The documented sample of an app event says 3.0, those of the service's own events 3.1.
APP_EVENT_VERSION: Final[str] = "3.0"

# An endpoint of EMAIL gets the campaign's e-mail, unless the custom delivery names EMAIL itself.
CUSTOM_DELIVERY_TAKES_ITS_TYPES: Final[bool] = True

# What is not sent when a campaign's MaximumDuration is over gets the documented status that no document
# explains. The duration counts from the scheduled start; a send that has begun is not broken off.
STATUS_AFTER_THE_DURATION: Final[str] = "EXPIRED"

# A template's bare path with several values prints them with this between.
VALUES_JOINED_BY: Final[str] = ","

# `{{ }}` escapes in an HTML part and nowhere else; `{{{ }}}` never escapes.
HTML_PARTS_ARE_ESCAPED: Final[bool] = True

# --- operations -----------------------------------------------------------------------------------

# An import job that leaves RegisterEndpoints or DefineSegment out counts it as false.
OMITTED_IMPORT_FLAG: Final[bool] = False

# A job or campaign whose writing succeeded is accepted and runs, though its worker could not be told at
# once; one whose writing failed was refused and never runs, so that asking again does not do it twice.
WRITTEN_IS_ACCEPTED: Final[bool] = True

# A timestamp of PutEvents without an offset is taken as UTC.
NAIVE_EVENT_TIME_IS_UTC: Final[bool] = True

# A substitution of SendMessages whose name is a path of the endpoint wins over the endpoint's value.
SUBSTITUTIONS_OUTRANK_THE_ENDPOINT: Final[bool] = True

# --- SMS and voice ----------------------------------------------------------------------------------

# End User Messaging takes one origination: a number goes before a sender id, and what the message says
# before what the channel does.
ORIGINATION_NUMBER_OUTRANKS_SENDER_ID: Final[bool] = True

# No member says that a script is SSML: one in a `<speak>` element is.
SPEAK_MEANS_SSML: Final[bool] = True

# End User Messaging has no languages, only voices: a language without a voice gets one that speaks it.
LANGUAGE_CHOOSES_THE_VOICE: Final[bool] = True

# The reference says that SendUsersMessages ignores EndpointStatus, and nothing of OptOut: who names
# people instead of endpoints has not looked at it.
USERS_MESSAGES_HONOUR_OPT_OUT: Final[bool] = True

# In North America and some other places the digits do not tell a mobile phone from a landline: counted as
# landlines, nobody there would be sent a text.
UNTOLD_LINES_ARE_MOBILE: Final[bool] = True

# What SendOTPMessage takes where the request leaves it out: digits, minutes, attempts, language.
OTP_CODE_LENGTH: Final[int] = 6
OTP_MINUTES: Final[int] = 15
OTP_ATTEMPTS: Final[int] = 3
OTP_LANGUAGE: Final[str] = "en-US"

# --- campaigns sent in response to events -----------------------------------------------------------

# The model requires no EndTime: without one the campaign takes events until it is paused or deleted.
EVENT_CAMPAIGN_NEEDS_AN_END: Final[bool] = False

# A time of a schedule without an offset is taken as UTC. A start in the past is a start at once; that
# it be 15 minutes ahead is a rule of the console, not of the API.
NAIVE_SCHEDULE_IS_UTC: Final[bool] = True

# The model requires no dimension, yet a filter without one would answer every event with a message.
EMPTY_EVENT_FILTER_IS_REFUSED: Final[bool] = True

# The quota of event campaigns counts those that may still be sent.
ENDED_CAMPAIGNS_GIVE_THEIR_PLACE_BACK: Final[bool] = True

# The mail of a campaign on `_email.delivered` is delivered too: without this it would answer itself.
OWN_MESSAGES_TRIGGER_NOTHING: Final[bool] = True

# Whether an event is in time is asked of its arrival, not of the Timestamp that its app gave it.
# Every message of events is a run, with an activity of its own: hooks and channels tell sends apart by
# activity and endpoint. Runs, and the event ids by which a repeated event is known, are kept so long.
EVENT_RUNS_KEPT_DAYS: Final[int] = 60

# UpdateCampaign with IsPaused alone pauses or resumes; with anything more it defines the campaign anew.
PAUSE_ALONE_KEEPS_THE_DEFINITION: Final[bool] = True

# The Total limit of a campaign without an end forgets messages that are older than this.
TOTAL_LIMIT_REMEMBERED_DAYS: Final[int] = 365
