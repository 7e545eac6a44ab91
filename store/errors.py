"""Store errors, grouped by what the caller does about them."""


class StoreError(Exception):
    """Something the store refuses or could not do; says what and where, never record content or keys."""


class Corrupt(StoreError):  # noqa: N818 - the noun a reader looks for
    """Stored bytes are not what was written: stop trusting this object, name it, and verify the rest."""


class Invalid(StoreError):  # noqa: N818
    """The caller's value cannot be stored or parsed as given: mend the value; retrying changes nothing."""


class NotFound(StoreError):  # noqa: N818
    """Nothing is held under that id, for this account."""


class Conflict(StoreError):  # noqa: N818
    """Somebody else got there first: read again, then decide."""


class Unavailable(StoreError):  # noqa: N818
    """A backend or Postgres did not answer: retry later; nothing was half done that a retry would harm."""


class KeyMissing(StoreError):  # noqa: N818
    """No key opens this: the master key is not configured, or the account was erased."""


class Unproven(StoreError):  # noqa: N818
    """A note, a checkpoint or a proof does not hold, or cannot be read: believe nothing that it says."""


class Held(StoreError):  # noqa: N818
    """A legal hold forbids taking anything away: it has to be lifted first."""


class Outdated(Conflict):
    """What this work was built on has been taken away meanwhile: begin it anew."""


class Erased(NotFound):
    """Its content was erased, because somebody asked for that: there is nothing to wait for, or to mend."""
