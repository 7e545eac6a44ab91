"""Restoring: plans what to put back, carries it out step by step, and compares what came of it."""
