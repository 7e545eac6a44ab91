"""Types: what the schema is made of, one noun a file."""
