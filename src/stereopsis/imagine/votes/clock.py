"""The time as the records have it."""

from datetime import UTC, datetime


def time_now() -> str:
    """The time now, in UTC: 2024-02-29T12:00:00.000Z."""
    text = datetime.now(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
