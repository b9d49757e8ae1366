"""Which part of the engine's API a Pinpoint ARN in a policy speaks of.

IAM's `*` crosses slashes, so `apps/<id>/*` names all below an application. Wildcards that would need
more than one API path to say exactly are refused.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from pinpoint_patterns._operations import operation
from pinpoint_patterns.errors import NotTranslatable
from pinpoint_patterns.hosting.intrinsics import Intrinsics

# Ids that the engine makes: 32 hexadecimal digits, and no other path is as long. A `*` would reach
# further: on a segment's path it also admits the segment's jobs.
ENGINE_ID: Final = "?" * 32
ANY: Final = "*"
_APPLICATION: Final = "apps/{application-id}"
_HEX_ID: Final = re.compile(r"[0-9a-f]{32}")
_PLAIN: Final = re.compile(r"[A-Za-z0-9._~\-\ue000-\uefff]*\*?")
_WRITE_OUT: Final = (
    "write the ARN with the application's id, "
    "`arn:<partition>:mobiletargeting:<region>:<account>:apps/<id>/...`"
)


@dataclass(frozen=True)
class Reach:
    """How far an ARN reaches among the things that one operation acts on.

    Attributes:
        application: The application's id, or a pattern of it.
        names: What stands for the further parts of the operation's resource, in order; empty for any.
    """

    application: str = ENGINE_ID
    names: tuple[str, ...] = ()


def resource_text(intrinsics: Intrinsics, arn: str, applications: Any) -> str:
    """What follows the account in an ARN.

    Args:
        intrinsics: What the text's characters stand for.
        arn: As text; may begin with a function that gives a whole ARN.
        applications: Tells by a function whether it is the ARN of an application, and gives its id.

    Raises:
        NotTranslatable: It cannot be known what the ARN is of.
    """
    if arn == ANY:
        return ANY
    if arn.startswith("arn:"):
        parts = arn.split(":", 5)
        if len(parts) == 6:
            return parts[5] if _speaks_of_pinpoint(parts[2]) else ""
        if arn.endswith("*") and len(parts) > 2:
            return ANY if _speaks_of_pinpoint(parts[2].rstrip("*") or "*") else ""
        raise NotTranslatable(f"the resource {arn!r} is no complete ARN", _WRITE_OUT)
    function = intrinsics.of(arn[0]) if arn else None
    application_id = applications(function) if function is not None else None
    if application_id is None:
        raise NotTranslatable(
            "it cannot be known which application a resource of the statement is", _WRITE_OUT
        )
    return f"apps/{intrinsics.text(application_id)}{arn[1:]}"


def reach(operation_name: str, resource: str) -> Reach | None:
    """How far a policy's resource reaches among an operation's; None if it does not.

    Args:
        operation_name: Such as `GetEndpoint`.
        resource: What follows the account in the policy's ARN.

    Raises:
        NotTranslatable: The wildcards have no exact equivalent.
    """
    acts_on = operation(operation_name).resource
    if resource == ANY:
        return Reach()
    if acts_on == ANY:
        # Tags: the resource is in the path, and is looked at there.
        return Reach()
    if not acts_on.startswith(_APPLICATION):
        return _account_level(acts_on, resource)
    if not resource.startswith("apps/"):
        return None
    application, below = _application(resource.removeprefix("apps/"), resource)
    name = _below(acts_on.removeprefix(_APPLICATION), below, resource)
    if name is None:
        return None
    return Reach(application, (name,) if name else ())


def _speaks_of_pinpoint(service: str) -> bool:
    return service in ("mobiletargeting", ANY)


def _application(text: str, resource: str) -> tuple[str, str]:
    application, slash, rest = text.partition("/")
    below = slash + rest
    if application == ANY:
        return ENGINE_ID, below or ANY
    if not application.endswith(ANY) and "?" not in application and ANY not in application:
        return application, below
    whole = application.removesuffix(ANY)
    # `apps/<id>*` is how AWS's own examples reach an application and all below it.
    if not below and (_is_function(whole) or _HEX_ID.fullmatch(whole)):
        return whole, ANY
    raise NotTranslatable(
        f"the resource {_shown(resource)} names applications by a part of their id",
        "name each by its whole id",
    )


def _below(acts_on: str, given: str, resource: str) -> str | None:
    """What stands for the id at the end of `acts_on`: "" for any, None if `given` does not reach it."""
    prefix = acts_on.removesuffix("*")
    takes_id = prefix != acts_on
    start = given.removesuffix(ANY)
    if ANY in start or "?" in start:
        raise NotTranslatable(
            f"the wildcards of {_shown(resource)} have no equivalent", "use one `*`, at the end"
        )
    if start == given:
        if not takes_id:
            return "" if given == acts_on else None
        if not given.startswith(prefix) or given == prefix:
            return None
        return _plain(given.removeprefix(prefix), resource)
    if prefix.startswith(start):
        return ""
    if takes_id and start.startswith(prefix):
        return _plain(start.removeprefix(prefix) + ANY, resource)
    return None


def _account_level(acts_on: str, resource: str) -> Reach | None:
    if resource.endswith(ANY) and acts_on.startswith(resource.removesuffix(ANY)):
        return Reach()
    wanted, given = acts_on.split("/"), resource.split("/")
    if len(given) < len(wanted) and given[-1] == ANY:
        given += [ANY] * (len(wanted) - len(given))
    if len(wanted) != len(given):
        return None
    names: list[str] = []
    for own, other in zip(wanted, given, strict=True):
        if own == ANY:
            names.append(_plain(other, resource))
        elif other not in (own, ANY):
            return None
    return Reach(names=tuple(names))


def _plain(name: str, resource: str) -> str:
    """An id as a path holds it, where both are the same."""
    if not _PLAIN.fullmatch(name):
        raise NotTranslatable(
            f"{_shown(resource)} names something whose path is written differently", "use `*` in its place"
        )
    return name


def _is_function(text: str) -> bool:
    return len(text) == 1 and not text.isascii()


def _shown(resource: str) -> str:
    return repr("".join(character if character.isascii() else "<...>" for character in resource))
