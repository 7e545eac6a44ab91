"""Callback: where people come back to from an app, and the ways in which that can fail."""

CALLBACK_PATH = "/oauth/callback"


class NotConnected(Exception):  # noqa: N818 - says what it is
    """It did not work; the message says why, to the person who tried."""


class Refused(NotConnected):
    """The app does not take this grant."""


class Unreachable(NotConnected):
    """The app did not answer in time, or not as it should."""
