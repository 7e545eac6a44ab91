"""Refusals, in the statuses, reasons and bodies of the real API."""

from typing import Any

Json = dict[str, Any]


class ApiError(Exception):
    """A request that is refused."""

    def __init__(self, status: int, reason: str, message: str, *, domain: str = "global", where: str = "") -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.domain = domain
        self.where = where

    def body(self, *, plain: bool = False) -> Json:
        """Write the body; `plain` as the newer front ends do, Sheets' for one."""
        if plain:
            return {
                "error": {"code": self.status, "message": self.message, "status": _STATUS.get(self.status, "UNKNOWN")}
            }
        detail: Json = {"domain": self.domain, "reason": self.reason, "message": self.message}
        if self.where:
            detail |= {"locationType": "parameter", "location": self.where}
        return {"error": {"errors": [detail], "code": self.status, "message": self.message}}


_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}

DOMAINS = {
    "userRateLimitExceeded": "usageLimits",
    "rateLimitExceeded": "usageLimits",
    "dailyLimitExceeded": "usageLimits",
}


def not_found(file_id: str) -> ApiError:
    """Say that there is no such file, or not for this app."""
    return ApiError(404, "notFound", f"File not found: {file_id}.", where="fileId")


def invalid(message: str, where: str = "") -> ApiError:
    """Say that a parameter or a body is not what it must be."""
    return ApiError(400, "invalid", message, where=where)


def full() -> ApiError:
    """Say that the storage is used up."""
    return ApiError(403, "storageQuotaExceeded", "The user's Drive storage quota has been exceeded.")
