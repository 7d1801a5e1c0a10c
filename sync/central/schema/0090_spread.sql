-- Where PostgreSQL is spread over machines by Citus, tables are distributed; elsewhere nothing happens.
-- What a till says lies together by till, so that an upload is written on one machine; states lie by family, people by
-- member. Cards say which family is meant, on every machine. What is not named here stays on the first machine.
DO $$
DECLARE one record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
        RETURN;
    END IF;
    FOR one IN SELECT * FROM (VALUES ('centre'), ('card'), ('entry')) AS everywhere (name) LOOP
        PERFORM create_reference_table(one.name::regclass);
    END LOOP;
    FOR one IN SELECT * FROM (VALUES
        ('till', 'till', 'none'),
        ('epoch', 'till', 'till'),
        ('backup_epoch', 'till', 'till'),
        ('nonce', 'till', 'till'),
        ('fact', 'till', 'till'),
        ('fact_card', 'till', 'till'),
        ('apart', 'till', 'till'),
        ('fork', 'till', 'till'),
        ('alarm', 'till', 'till'),
        ('ledger', 'root', 'none'),
        ('hold', 'card', 'none'),
        ('person', 'member', 'none'),
        ('erased', 'member', 'person')
    ) AS distributed (name, by_column, beside) LOOP
        PERFORM create_distributed_table(one.name::regclass, one.by_column, colocate_with => one.beside);
    END LOOP;
END $$;
