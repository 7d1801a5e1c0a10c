-- The facts of an upload that were new are a batch, and it is batches that are folded: whatever a fact is folded in is noted
-- once for all of them, and a fact is never written again.
CREATE TABLE batch (
    till bigint,
    number bigint,
    received bigint NOT NULL,
    facts integer NOT NULL,
    tick bigint,
    PRIMARY KEY (till, number)
);
CREATE INDEX batch_waiting ON batch (received, till, number) WHERE tick IS NULL;

ALTER TABLE fact ADD batch bigint NOT NULL DEFAULT 0;
ALTER TABLE fact ALTER batch DROP DEFAULT;
UPDATE fact SET batch = coalesce(tick, 0);
INSERT INTO batch SELECT till, batch, min(received), count(*), min(tick) FROM fact GROUP BY till, batch;
CREATE INDEX fact_batch ON fact (till, batch);
DROP INDEX fact_waiting;
ALTER TABLE fact DROP tick;
