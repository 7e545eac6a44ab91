"""A stand-in for monday.com: a real HTTP server on loopback that executes GraphQL as the real API does."""

from connectors.monday.sandbox.edit import Edits, edit
from connectors.monday.sandbox.faults import Fault
from connectors.monday.sandbox.limits import RateLimits
from connectors.monday.sandbox.sample import Sample, generate
from connectors.monday.sandbox.server import Sandbox
from connectors.monday.sandbox.world import World

__all__ = ["Edits", "Fault", "RateLimits", "Sample", "Sandbox", "World", "edit", "generate"]
