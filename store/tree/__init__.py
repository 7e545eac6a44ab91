"""A snapshot's sorted Merkle tree: a prolly tree, whose shape depends on its set of keys alone.

`node` is one node's bytes, `build` makes a tree from sorted entries, `update` makes the next tree from the last one and
the changes, `read` walks one, `diff` compares two, `nodes` keeps them in Postgres.
"""
