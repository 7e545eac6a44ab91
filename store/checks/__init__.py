"""Checks: everything that is stored, read back and held against everything else. Each fault is named, none mended."""
