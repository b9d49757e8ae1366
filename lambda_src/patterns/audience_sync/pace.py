"""The pace of calls, which other patterns keep as well."""

from pinpoint_runtime.pace import Pace as Pace
from pinpoint_runtime.pace import TooBusy as TooBusy
