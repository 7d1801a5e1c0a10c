-- What tills have said, and the states that follow from it.
-- Every unique key holds the column by which the table is distributed where PostgreSQL is: till, root, or number.

CREATE TABLE centre (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    timeline text NOT NULL,
    card_key bytea NOT NULL,
    zone text NOT NULL,
    tick bigint NOT NULL DEFAULT 0,
    tills bigint NOT NULL DEFAULT 0,
    blocks bigint NOT NULL DEFAULT 0
);

CREATE TABLE join_code (
    mark bytea PRIMARY KEY,
    name text NOT NULL,
    shop text NOT NULL,
    expires bigint NOT NULL,
    used bigint
);

CREATE TABLE till (
    till bigint PRIMARY KEY,
    name text NOT NULL,
    shop text NOT NULL,
    public_key bytea NOT NULL,
    block bigint NOT NULL DEFAULT 0,
    joined bigint NOT NULL,
    shut_out bigint,
    epochs bigint NOT NULL,
    heard bigint,
    offset_ms bigint,
    report jsonb
);

CREATE TABLE epoch (
    till bigint,
    epoch bigint,
    token bytea NOT NULL,
    last_token bytea NOT NULL DEFAULT '',
    seq bigint NOT NULL DEFAULT 0,
    hash bytea NOT NULL DEFAULT '',
    safe bigint NOT NULL DEFAULT 0,
    block bigint NOT NULL DEFAULT 0,
    begun bigint NOT NULL,
    parted bytea NOT NULL DEFAULT '',
    PRIMARY KEY (till, epoch)
);
CREATE INDEX epoch_parted ON epoch (till, parted) WHERE parted <> '';

CREATE TABLE backup (number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, begun bigint NOT NULL, noted bigint);
CREATE TABLE backup_epoch (till bigint, epoch bigint, number bigint, seq bigint NOT NULL, PRIMARY KEY (till, epoch, number));

CREATE TABLE tick (number bigint PRIMARY KEY);

CREATE TABLE nonce (till bigint, nonce bytea, at bigint NOT NULL, PRIMARY KEY (till, nonce));
CREATE INDEX nonce_at ON nonce (at);

CREATE TABLE fact (
    till bigint,
    id bytea,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    data bytea NOT NULL,
    received bigint NOT NULL,
    tick bigint,
    PRIMARY KEY (till, id)
);
CREATE INDEX fact_waiting ON fact (received, till, seq) WHERE tick IS NULL;
CREATE INDEX fact_place ON fact (till, epoch, seq);

CREATE TABLE fact_card (card bigint, till bigint, id bytea, PRIMARY KEY (card, till, id));
CREATE TABLE apart (till bigint, id bytea, reason text NOT NULL, PRIMARY KEY (till, id));
CREATE TABLE fork (
    till bigint,
    id bytea,
    hash bytea,
    data bytea NOT NULL,
    received bigint NOT NULL,
    tick bigint,
    PRIMARY KEY (till, id, hash)
);
CREATE INDEX fork_waiting ON fork (till, id) WHERE tick IS NULL;

CREATE TABLE alarm (
    till bigint,
    at bigint,
    kind text,
    subject text,
    seen bigint,
    PRIMARY KEY (till, at, kind, subject)
);

CREATE TABLE ledger (
    root bigint PRIMARY KEY,
    tick bigint NOT NULL,
    next_change bigint NOT NULL,
    state bytea NOT NULL,
    tiers bytea NOT NULL
);
CREATE INDEX ledger_tick ON ledger (tick, root);

CREATE TABLE card (number bigint PRIMARY KEY, root bigint NOT NULL, member bigint NOT NULL);
CREATE INDEX card_root ON card (root);
CREATE INDEX card_member ON card (member);

CREATE TABLE person (
    member bigint PRIMARY KEY,
    name text NOT NULL,
    phone text NOT NULL,
    email text NOT NULL,
    terms text NOT NULL,
    birthday text NOT NULL,
    language text NOT NULL,
    tick bigint
);

CREATE TABLE entry (
    number bigint GENERATED ALWAYS AS IDENTITY,
    kind text,
    key text,
    shop text,
    tick bigint,
    data bytea,
    PRIMARY KEY (kind, key, shop)
);
CREATE INDEX entry_tick ON entry (tick, number);

CREATE TABLE hold (
    hold bytea,
    card bigint,
    till bigint NOT NULL,
    points bigint NOT NULL,
    until bigint NOT NULL,
    over bigint,
    PRIMARY KEY (card, hold)
);
CREATE INDEX hold_open ON hold (card) WHERE over IS NULL;
CREATE INDEX hold_given_up ON hold (hold) WHERE over IS NULL;
