"""Exporting: a snapshot, or part of it, as one portable archive that can be fetched from any byte on."""
