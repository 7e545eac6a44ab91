"""Routes: importing this registers every method."""

from connectors.google_drive.sandbox.routes import about, changes, files, sheets, uploads, values

__all__ = ["about", "changes", "files", "sheets", "uploads", "values"]
