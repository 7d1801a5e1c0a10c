"""SMS by a GSM modem at this machine."""

from hardware.modem import Modem, ModemTrouble
from sync.message import Message, SendTrouble


class ModemSender:
    """Sends by a modem; the parts of one message have the same reference whenever it is sent."""

    def __init__(self, modem: Modem) -> None:
        self._modem = modem

    def send(self, message: Message) -> None:
        """Have the modem send a message; raises SendTrouble."""
        try:
            self._modem.send(message.to, message.text, reference=message.id[0])
        except ModemTrouble as trouble:
            raise SendTrouble(trouble.outcome, str(trouble)) from trouble

    def close(self) -> None:
        """Give the modem back. Never fails."""
        self._modem.close()
