"""IAM for the calls that services make: mappings, rules, schedules, state machines, notifications, APIs."""

from embedded.server import Server


def install(server: Server) -> None:  # noqa: ARG001  (every room has this shape)
    """Check IAM for calls that services make."""
    # Other rooms import this package's parts while they are themselves being imported.
    from embedded.service_iam.room import install as install_checks

    install_checks()
