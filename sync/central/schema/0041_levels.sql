-- Of which level the members of each account know: MessagePack of the ids of tiers by account, NULL before any was known.
-- And which ledgers time alone has changed (4611686018427387904: nothing ever will).
ALTER TABLE ledger ADD COLUMN told bytea;
CREATE INDEX ledger_due ON ledger (next_change) WHERE next_change < 4611686018427387904;
