"""Behaviour of Amazon Pinpoint that no document states, decided here once.

Each name answers one question; the comment says what is known. Code reads the names, tests hold
each of them, and a page lists them, so that whoever knows better changes one line.
"""

from typing import Final

# --- endpoints and users -------------------------------------------------------------------------

# `[]` passes the client, and the reference is silent on it: it removes the attribute from the endpoint.
EMPTY_LIST_REMOVES_ATTRIBUTE: Final = True

# An empty `Address` counts as not sent: it neither clears an address nor makes one.
EMPTY_ADDRESS_IS_NOT_SENT: Final = True

# Two channels may share one address (SMS and VOICE often do): only a twin on the same channel is
# made INACTIVE.
TWINS_SHARE_A_CHANNEL: Final = True

# An update without `Address` also makes the endpoint ACTIVE, so it takes its address back from a twin.
ANY_UPDATE_CLAIMS_THE_ADDRESS: Final = True

# `EndpointStatus: INACTIVE` in a request is kept; without the member every write makes it ACTIVE.
INACTIVE_ON_REQUEST_IS_KEPT: Final = True

# "Set to ALL automatically" is read strictly: also when the request says NONE.
NO_ADDRESS_ALWAYS_OPTS_OUT: Final = True

# An endpoint that passes to another user leaves the former user's attributes behind: they would
# put one person's name into another's message.
NEW_USER_DROPS_FORMER_USER_ATTRIBUTES: Final = True

# `UserAttributes` are kept per endpoint; a write does not reach the user's other endpoints.
USER_ATTRIBUTES_ARE_SHARED: Final = False

# A write with an older `EffectiveDate` than the stored one still applies: the last writer wins.
OLDER_EFFECTIVE_DATE_IS_IGNORED: Final = False

# The id is shown in the letters it was created with, and found in any case.
ENDPOINT_ID_KEEPS_FIRST_LETTERS: Final = True

# No length is documented; a DynamoDB sort key holds 1,024 bytes.
MAX_ID_BYTES: Final = 1000

# UpdateEndpointsBatch checks every item first and writes none if one breaks a rule: its answer has
# no place for results of single items, so a partial success could not be told.
BATCH_IS_ALL_OR_NOTHING: Final = True

# GetUserEndpoints of a user that no endpoint names answers 404.
UNKNOWN_USER_IS_NOT_FOUND: Final = True
