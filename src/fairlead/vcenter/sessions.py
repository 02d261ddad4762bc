"""Sessions: who is logged in, checked by user name and password."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fairlead.vcenter import faults
from fairlead.vcenter.clock import Dice
from fairlead.vcenter.layout import UserLayout


@dataclass(slots=True)
class UserSession:
    """One logged-in session; `key` is also its cookie."""

    key: str
    user: str
    login_time: datetime
    last_active: datetime
    user_agent: str = ""
    address: str = "127.0.0.1"
    calls: int = 0


class Sessions:
    """The sessions of one vCenter. They do not survive a restart, as a real vCenter's do not."""

    def __init__(self, users: Mapping[str, UserLayout], dice: Dice, now: Callable[[], datetime]) -> None:
        self._users = {name.lower(): user for name, user in users.items()}
        self._dice = dice
        self._now = now
        self._sessions: dict[str, UserSession] = {}
        self.ended: list[Callable[[UserSession], None]] = []

    def login(self, user: str, password: str, user_agent: str = "") -> UserSession:
        """Raises: VimFault InvalidLogin."""
        known = self._users.get(user.lower())
        if known is None or not hmac.compare_digest(known.password.encode(), password.encode()):
            raise faults.invalid_login()
        now = self._now()
        session = UserSession(self.new_key(), known.name, now, now, user_agent)
        self._sessions[session.key] = session
        return session

    def new_key(self) -> str:
        """Return an unguessable-looking id; also used for ids of collectors, filters and views."""
        digits = f"{self._dice.getrandbits(160):040x}"
        return f"52{digits[2:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}"

    def touch(self, key: str) -> UserSession | None:
        """Return a live session and note its use."""
        session = self._sessions.get(key)
        if session is not None:
            session.last_active = self._now()
            session.calls += 1
        return session

    def get(self, key: str) -> UserSession | None:
        return self._sessions.get(key)

    def all(self) -> list[UserSession]:
        return list(self._sessions.values())

    def end(self, key: str) -> UserSession | None:
        session = self._sessions.pop(key, None)
        if session is not None:
            for listener in tuple(self.ended):
                listener(session)
        return session

    def end_all(self) -> None:
        """Expire every session, as a restart of the vCenter or an idle night does."""
        for key in list(self._sessions):
            self.end(key)

    def lacks(self, user: str, privilege: str) -> bool:
        known = self._users.get(user.lower())
        return known is not None and privilege in known.denied
