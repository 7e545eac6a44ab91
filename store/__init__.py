"""Bytes, records, trees, snapshots and proofs. Imports nothing of ours."""
