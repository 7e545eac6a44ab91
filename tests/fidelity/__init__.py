"""Fidelity: what comes back of every kind, shown by restoring whole workspaces and backing them up again."""
