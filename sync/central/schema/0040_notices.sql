-- What the centre tells members by e-mail and SMS, not before `due`, and what became of it. No name and no address: those
-- are looked up when a notice is sent.
CREATE TABLE notice (
    member bigint,
    id bytea,
    kind text NOT NULL,
    channel text NOT NULL,
    data text NOT NULL,
    state text NOT NULL,
    created bigint NOT NULL,
    due bigint NOT NULL,
    tried bigint NOT NULL DEFAULT 0,
    tries integer NOT NULL DEFAULT 0,
    error text NOT NULL DEFAULT '',
    PRIMARY KEY (member, id)
);
-- When the centre was last put back to an earlier state: what happened before may have been told in the past that is lost.
ALTER TABLE centre ADD COLUMN restored bigint NOT NULL DEFAULT 0;
CREATE INDEX notice_waiting ON notice (state, due) WHERE state IN ('queued', 'sending', 'unsure');
