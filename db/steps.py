"""The steps by which the till's files came to be as they are. A step that was released is never changed again."""

import sqlite3

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from pos_app.loyalty import contacts

journal = Migrations("journal")
replica = Migrations("replica")

_SETS = {"journal": journal, "replica": replica}


def apply(connection: sqlite3.Connection, name: str) -> None:
    """Do the steps that are still pending; a step that fails leaves the file as it was before it."""
    _SETS[name].apply(Database(connection))


_TIER_OF_ACCOUNT = (
    "ALTER TABLE account ADD COLUMN tier TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE account ADD COLUMN tier_until INTEGER",
)
_STATES = (
    """
    CREATE TABLE card (
        number INTEGER PRIMARY KEY,
        account INTEGER NOT NULL,
        member INTEGER NOT NULL,
        status TEXT NOT NULL,
        active_from INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX card_member ON card (member)",
    """
    CREATE TABLE account (
        id INTEGER PRIMARY KEY,
        root INTEGER NOT NULL,
        balance INTEGER NOT NULL,
        pending INTEGER NOT NULL,
        next_change INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE TABLE ledger (root INTEGER PRIMARY KEY, state BLOB NOT NULL) STRICT",
    """
    CREATE TABLE member (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        phone TEXT NOT NULL
    ) STRICT
    """,
    "CREATE TABLE seek (id INTEGER PRIMARY KEY, card INTEGER NOT NULL UNIQUE, text TEXT NOT NULL) STRICT",
    """
    CREATE VIRTUAL TABLE seek_index USING fts5 (
        text, content = 'seek', content_rowid = 'id', tokenize = 'trigram', detail = none, columnsize = 0
    )
    """,
    "CREATE VIRTUAL TABLE seek_term USING fts5vocab ('seek_index', 'row')",
)


@journal()
def journal_1(db: Database) -> None:
    """Facts, print jobs, baskets and people; the states that own facts have touched."""
    for statement in (
        """
        CREATE TABLE till (
            till INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            card_key BLOB NOT NULL,
            block INTEGER NOT NULL,
            cards_used INTEGER NOT NULL,
            slips_used INTEGER NOT NULL,
            moment INTEGER NOT NULL,
            base TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE fact (
            seq INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE,
            data BLOB NOT NULL,
            hash BLOB NOT NULL
        ) STRICT
        """,
        "CREATE TABLE fact_card (card INTEGER, seq INTEGER, PRIMARY KEY (card, seq)) STRICT, WITHOUT ROWID",
        "CREATE TABLE slip (number INTEGER PRIMARY KEY, seq INTEGER NOT NULL) STRICT",
        "CREATE TABLE return_of (sale BLOB, seq INTEGER, PRIMARY KEY (sale, seq)) STRICT, WITHOUT ROWID",
        """
        CREATE TABLE board_use (item TEXT, seq INTEGER, used INTEGER NOT NULL, PRIMARY KEY (item, seq))
        STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE print_job (
            id INTEGER PRIMARY KEY,
            slip INTEGER,
            state TEXT NOT NULL,
            document BLOB NOT NULL,
            copy INTEGER NOT NULL,
            created INTEGER NOT NULL
        ) STRICT
        """,
        "CREATE INDEX print_job_open ON print_job (state) WHERE state <> 'printed'",
        "CREATE INDEX print_job_slip ON print_job (slip)",
        "CREATE TABLE basket (id INTEGER PRIMARY KEY CHECK (id = 1), data BLOB NOT NULL) STRICT",
        """
        CREATE TABLE held (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            basket BLOB NOT NULL,
            note TEXT NOT NULL,
            at INTEGER NOT NULL,
            cashier TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE person (
            member INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            phone TEXT NOT NULL,
            email TEXT NOT NULL,
            terms TEXT NOT NULL,
            birthday TEXT NOT NULL
        ) STRICT
        """,
        "CREATE TABLE pack (hash TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT",
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
        *_STATES,
        "PRAGMA user_version = 1",
    ):
        db.execute(statement)


@journal()
def journal_2(db: Database) -> None:
    """Up to which number facts were written in a past that is lost."""
    db.execute("ALTER TABLE till ADD COLUMN seqs_used INTEGER NOT NULL DEFAULT 0")
    db.execute("PRAGMA user_version = 2")


@journal()
def journal_3(db: Database) -> None:
    """What members are to be told, and in which language."""
    for statement in (
        """
        CREATE TABLE outbox (
            id BLOB PRIMARY KEY NOT NULL,
            kind TEXT NOT NULL,
            member INTEGER NOT NULL,
            channel TEXT NOT NULL,
            data TEXT NOT NULL,
            state TEXT NOT NULL,
            created INTEGER NOT NULL,
            tried INTEGER NOT NULL,
            error TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX outbox_state ON outbox (state, tried, created)",
        "ALTER TABLE person ADD COLUMN language TEXT NOT NULL DEFAULT ''",
        "PRAGMA user_version = 3",
    ):
        db.execute(statement)


@journal()
def journal_4(db: Database) -> None:
    """Facts by the codes, orders and draws that they are about; marks of known contacts; the tier of an account."""
    for statement in (
        "CREATE TABLE fact_key (key TEXT, seq INTEGER, PRIMARY KEY (key, seq)) STRICT, WITHOUT ROWID",
        "CREATE TABLE contact (mark BLOB, member INTEGER, PRIMARY KEY (mark, member)) STRICT, WITHOUT ROWID",
        *_TIER_OF_ACCOUNT,
        "PRAGMA user_version = 4",
    ):
        db.execute(statement)


@journal()
def journal_5(db: Database) -> None:
    """Marks of the contacts that were given before marks were kept."""
    for key, member, *given in db.execute("SELECT card_key, member, phone, email FROM till, person").fetchall():
        for contact in filter(str.strip, given):
            db.execute("INSERT OR IGNORE INTO contact VALUES (?, ?)", (contacts.mark(key, contact), member))
    db.execute("PRAGMA user_version = 5")


@journal()
def journal_6(db: Database) -> None:
    """How far the till has come with its centre, who was handed over to it, and what states were put on."""
    for statement in (
        "ALTER TABLE ledger ADD COLUMN tick INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE person ADD COLUMN handed INTEGER NOT NULL DEFAULT 0",
        """
        CREATE TABLE uplink (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            url TEXT NOT NULL,
            timeline TEXT NOT NULL,
            token BLOB NOT NULL,
            seq INTEGER NOT NULL,
            safe INTEGER NOT NULL,
            pruned INTEGER NOT NULL,
            new_epoch INTEGER NOT NULL DEFAULT 0,
            new_slips INTEGER NOT NULL DEFAULT 0,
            new_block INTEGER NOT NULL DEFAULT 0
        ) STRICT
        """,
        "PRAGMA user_version = 6",
    ):
        db.execute(statement)


@replica()
def replica_1(db: Database) -> None:
    """States of all cards, goods, the board and the staff."""
    for statement in (
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
        """
        CREATE TABLE product (
            id INTEGER PRIMARY KEY,
            code TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            price_minor INTEGER NOT NULL,
            brand TEXT NOT NULL,
            category TEXT NOT NULL,
            weighed INTEGER NOT NULL,
            text TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE VIRTUAL TABLE product_index USING fts5 (
            text, content = 'product', content_rowid = 'id', tokenize = 'trigram', detail = none, columnsize = 0
        )
        """,
        "CREATE VIRTUAL TABLE product_term USING fts5vocab ('product_index', 'row')",
        """
        CREATE TABLE offer (
            position INTEGER PRIMARY KEY,
            item TEXT NOT NULL UNIQUE,
            data BLOB NOT NULL,
            counted INTEGER NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE staff (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            role TEXT NOT NULL,
            pin_hash TEXT NOT NULL,
            card TEXT NOT NULL,
            own_card INTEGER
        ) STRICT
        """,
        *_STATES,
        "PRAGMA user_version = 1",
    ):
        db.execute(statement)


@replica()
def replica_2(db: Database) -> None:
    """Card price and shelf points of goods, coupons of the shop, the tier of an account."""
    for statement in (
        "ALTER TABLE product ADD COLUMN more BLOB",
        "CREATE TABLE coupon (code TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT",
        *_TIER_OF_ACCOUNT,
        "PRAGMA user_version = 2",
    ):
        db.execute(statement)


@replica()
def replica_3(db: Database) -> None:
    """As of which tick of the centre each state is, and in which ticks the till's own facts were folded."""
    for statement in (
        "ALTER TABLE ledger ADD COLUMN tick INTEGER NOT NULL DEFAULT 0",
        "CREATE TABLE own (id BLOB PRIMARY KEY NOT NULL, tick INTEGER NOT NULL) STRICT, WITHOUT ROWID",
        "PRAGMA user_version = 3",
    ):
        db.execute(statement)


@replica()
def replica_4(db: Database) -> None:
    """Marks of the e-mail addresses of members, wherever they gave them."""
    for statement in (
        "CREATE TABLE contact (member INTEGER PRIMARY KEY, mark BLOB NOT NULL) STRICT",
        "CREATE INDEX contact_mark ON contact (mark)",
        "PRAGMA user_version = 4",
    ):
        db.execute(statement)
