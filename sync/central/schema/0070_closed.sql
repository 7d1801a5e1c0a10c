-- Up to which cut every machine shows everything, where PostgreSQL is spread over some; elsewhere that is all cuts.
ALTER TABLE centre ADD COLUMN closed bigint;
