"""Rebuild: a lost Postgres, made again from the bucket and the master keys alone.

`found` is what a rebuild says of itself, `footers` indexes the packs, `ledger` brings the log back, `manifests` says
which snapshots count, `contents` finds what a journal means and `entries` stages it, `replay` makes one connection's
snapshots again, `account` joins them, `bucket` goes over all accounts.
"""
