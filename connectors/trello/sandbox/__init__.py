"""A stand-in for Trello: a real HTTP server on loopback that behaves as the real API does, for tests and the demo."""

from connectors.stand_in.clock import ManualClock, WallClock
from connectors.trello.sandbox.edit import Edits, edit
from connectors.trello.sandbox.export import load_export
from connectors.trello.sandbox.faults import Fault
from connectors.trello.sandbox.limits import RateLimits
from connectors.trello.sandbox.sample import Sample, generate
from connectors.trello.sandbox.server import Sandbox
from connectors.trello.sandbox.world import World

__all__ = [
    "Edits",
    "Fault",
    "ManualClock",
    "RateLimits",
    "Sample",
    "Sandbox",
    "WallClock",
    "World",
    "edit",
    "generate",
    "load_export",
]
