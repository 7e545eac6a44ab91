"""Mutations, one noun a file."""
