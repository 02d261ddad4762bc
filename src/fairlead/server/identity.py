"""Who asks: client certificates, bearer tokens, impersonation, anonymity.

Source: apiserver v0.36 pkg/authentication (x509 CommonNameUserConversion, bearertoken, anonymous) and
pkg/endpoints/filters/impersonation.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fairlead.api.errors import ApiError

AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
MASTERS = "system:masters"


@dataclass(frozen=True, slots=True)
class User:
    """A name and the groups it is in."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""

    @property
    def is_master(self) -> bool:
        """Whether no authorizer is asked."""
        return MASTERS in self.groups


ANONYMOUS = User("system:anonymous", (UNAUTHENTICATED,))

TokenCheck = Callable[[str], User | None]
Peer = tuple[str, tuple[str, ...]]  # common name and organisations of a verified client certificate


class Authenticator:
    """Turns what a connection and its headers say into a user."""

    def __init__(self, checks: Iterable[TokenCheck] = ()) -> None:
        self._checks = list(checks)
        self._tokens: dict[str, User] = {}

    def add_check(self, check: TokenCheck) -> None:
        """Ask *check* about bearer tokens that nobody before it knew."""
        self._checks.append(check)

    def add_token(self, token: str, user: User) -> None:
        """Know a static bearer token."""
        self._tokens[token] = user

    def drop_token(self, token: str) -> None:
        """Forget a static bearer token."""
        self._tokens.pop(token, None)

    def authenticate(self, peer: Peer | None, authorization: str) -> User:
        """The user behind a connection. Raises: ApiError Unauthorized for a token that nobody knows."""
        if authorization[:7].lower() == "bearer ":
            token = authorization[7:].strip()
            user = self._tokens.get(token) or next((found for check in self._checks if (found := check(token))), None)
            if user is None:
                raise unauthorized()
            return _authenticated(user)
        if peer is not None and peer[0]:
            return _authenticated(User(peer[0], peer[1]))
        if authorization:
            raise unauthorized()
        return ANONYMOUS


def _authenticated(user: User) -> User:
    if AUTHENTICATED in user.groups:
        return user
    return User(user.name, (*user.groups, AUTHENTICATED), user.uid)


def unauthorized() -> ApiError:
    """401 for credentials that do not hold."""
    return ApiError(401, "Unauthorized", "Unauthorized")
