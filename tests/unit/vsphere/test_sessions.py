"""Sessions: how often a vCenter is asked when it refuses or does not answer."""

from datetime import timedelta

import pytest

from fairlead.controllers.vsphere.sessions import ANSWER_PAUSE, LOGIN_PAUSE, Login, Sessions
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.virtual import run_virtual
from fairlead.vsphere.errors import LoginFailed, Unreachable, VSphereError
from fairlead.vsphere.port import Session

LOGIN = Login("https://vcenter", "me", "mine")


class Refusing:
    """A connector that counts, and always fails."""

    def __init__(self, error: type[VSphereError]) -> None:
        self.asked = 0
        self._error = error

    async def connect(self, server: str, username: str, password: str, thumbprint: str = "") -> Session:
        self.asked += 1
        raise self._error("no")


@pytest.mark.parametrize(("error", "pause"), [(LoginFailed, LOGIN_PAUSE), (Unreachable, ANSWER_PAUSE)])
def test_one_of_many_asks_and_all_are_told(error: type[VSphereError], pause: timedelta) -> None:
    """The vCenter is asked once in a while, however many wait for it; another password is tried at once."""

    async def main() -> None:
        clock, connector = LoopClock(), Refusing(error)
        sessions = Sessions(connector, clock)

        async def ask(login: Login = LOGIN) -> None:
            with pytest.raises(error, match="no"):
                await sessions.get(login)

        for _ in range(3):
            await ask()
        assert connector.asked == 1
        await ask(Login("https://vcenter", "me", "other"))
        assert connector.asked == 2
        await clock.sleep(pause)
        await ask()
        assert connector.asked == 3

    run_virtual(main())
