"""Resolvers: what each field of the schema answers."""

from connectors.monday.sandbox.resolve import messages, mutations, objects, queries, values

__all__ = ["messages", "mutations", "objects", "queries", "values"]
