"""A stand-in for Google Drive and Sheets: a real HTTP server on loopback that behaves as the real APIs do."""

from connectors.google_drive.sandbox.faults import Fault
from connectors.google_drive.sandbox.hand import Hand
from connectors.google_drive.sandbox.server import Sandbox
from connectors.google_drive.sandbox.world import World

__all__ = ["Fault", "Hand", "Sandbox", "World"]
