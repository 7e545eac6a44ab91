"""Keys: the `Idempotency-Key` of each of the calls that one write takes."""

from uuid import UUID, uuid5


def further(key: str, what: str) -> str:
    """Derive the key of a further call: the same at every attempt, and no other call's."""
    return str(uuid5(UUID(key), what))
