"""Idempotency: the answer to a mutation is kept for half an hour under the client's key."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connectors.monday.sandbox.answer import Answer
from connectors.stand_in.clock import Clock

LIFE = timedelta(minutes=30)


@dataclass(slots=True)
class Kept:
    """Answers by (token, key)."""

    clock: Clock
    _answers: dict[tuple[str, str], tuple[datetime, Answer]] = field(default_factory=dict)
    _running: set[tuple[str, str]] = field(default_factory=set)
    replayed: int = 0

    def begin(self, token: str, key: str) -> Answer | None:
        """Say what is to be answered without doing anything: an old answer, or a refusal; None: go on."""
        place = (token, key)
        held = self._answers.get(place)
        if held is not None and held[0] + LIFE > self.clock.now():
            self.replayed += 1
            return replace(held[1], headers={**held[1].headers, "Idempotency-Replayed": "true"})
        if place in self._running:
            extensions = {"code": "IDEMPOTENCY_CONFLICT", "status_code": 409}
            body = {"errors": [{"message": "A request with this idempotency key is running", "extensions": extensions}]}
            return Answer(body=body, status=409, headers={"Retry-After": "1"})
        self._running.add(place)
        return None

    def end(self, token: str, key: str, answer: Answer | None) -> None:
        """Keep an answer; None: the request was not carried out."""
        self._running.discard((token, key))
        if answer is not None:
            self._answers[token, key] = (self.clock.now(), answer)
