"""A centre in a fresh database, and tills that say things to it by hand."""

from pos_app.loyalty import facts
from pos_app.loyalty.facts import Body, Earned, Enrolled, Fact, SaleCompleted
from sync.central import intake
from sync.central.database import Link, row
from sync.messages import Receipt, Sent, Upload

ZONE = "Europe/Sofia"
NOW = 1_900_000_000_000
TIMELINE = "first"
CARD, OTHER = 2_900_000_000_001, 2_900_000_000_002


def begin(link: Link, tills: int = 2) -> None:
    """Give an empty database its centre and some tills, numbered from 1."""
    link.execute(
        "INSERT INTO centre (timeline, card_key, zone, blocks) VALUES (%s, %s, %s, %s)",
        (TIMELINE, bytes(32), ZONE, tills),
    )
    link.execute(
        "INSERT INTO till (till, name, shop, public_key, joined, epochs) "
        "SELECT number, '', 'shop' || number, '', 0, 1 FROM generate_series(1, %s) AS number",
        (tills,),
    )


class FakeTill:
    """Writes facts in a chain and sends them, as a till's agent does, but in any way that a test wants.

    Nothing of the centre is replaced by it: a copy of one is what a cloned disk is.
    """

    def __init__(self, number: int = 1) -> None:
        self.number = number
        self.epoch = 1
        self.token = b""
        self.timeline = ""
        self.acknowledged = 0
        self.sent: list[Sent] = []
        """All that it has written, in order."""

    def copy(self) -> "FakeTill":
        copy = FakeTill(self.number)
        copy.__dict__.update(self.__dict__, sent=list(self.sent))
        return copy

    def write(self, body: Body, moment: int = NOW, id_: bytes = b"") -> Fact:
        seq = len(self.sent) + 1
        id_ = id_ or facts.chain(self.token, b"%d %d %d" % (self.number, seq, moment))
        fact = Fact(id_, self.number, self.epoch, seq, moment, body)
        data = facts.encode(fact)
        self.sent.append(Sent(self.epoch, seq, id_, facts.chain(self._hash(seq - 1), data), data))
        return fact

    def _hash(self, seq: int) -> bytes:
        return self.sent[seq - 1].hash if seq else b""

    def upload(self, *, pruned: int = 0) -> Upload:
        waiting = tuple(self.sent[self.acknowledged :])
        before = self._hash(self.acknowledged)
        return Upload(self.epoch, self.token, self.timeline, self.acknowledged, waiting, before, pruned=pruned)

    def send(self, link: Link, now: int = NOW) -> Receipt:
        """Send what waits, and go by the answer."""
        receipt = intake.receive(link, self.number, self.upload(), now)
        self.take(receipt)
        return receipt

    def take(self, receipt: Receipt) -> None:
        self.token, self.timeline, self.acknowledged = receipt.token, receipt.timeline, receipt.seq
        self.epoch = receipt.new_epoch or self.epoch


def enrolled(card: int) -> Enrolled:
    return Enrolled(card, card, card + 7, "client", NOW)


def earning(card: int, points: int, used: int = 0, hold: bytes = b"") -> SaleCompleted:
    earned = (Earned(("all",), points, credited=NOW),) if points else ()
    return SaleCompleted(1, "EUR", (), 100, card=card, earned=earned, used_points=used, hold=hold)


def alarms(link: Link) -> list[tuple[int, str]]:
    """till and kind of what people were told, the oldest first."""
    return link.execute("SELECT till, kind FROM alarm ORDER BY at, till, kind").fetchall()


def count(link: Link, table: str) -> int:
    return int(row(link, f"SELECT count(*) FROM {table}")[0])
