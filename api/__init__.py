"""The HTTP and command-line surface: GraphQL, webhooks in, OAuth callbacks, downloads."""
