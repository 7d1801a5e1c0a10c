-- Tables that came after step 90 are distributed here, whenever steps were done: a step is never changed afterwards.
DO $$
DECLARE one record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
        RETURN;
    END IF;
    FOR one IN SELECT * FROM (VALUES
        ('batch', 'till', 'till'),
        ('claim', 'till', 'till'),
        ('notice', 'member', 'person'),
        ('slip', 'number', 'none'),
        ('fact_about', 'sale', 'none')
    ) AS distributed (name, by_column, beside) LOOP
        IF to_regclass(one.name) NOT IN (SELECT logicalrelid FROM pg_dist_partition) THEN
            PERFORM create_distributed_table(one.name::regclass, one.by_column, colocate_with => one.beside);
        END IF;
    END LOOP;
    -- A card that is alone in its family has its holds on the machine of its state.
    IF (SELECT count(DISTINCT colocationid) FROM pg_dist_partition
        WHERE logicalrelid IN ('hold'::regclass, 'ledger'::regclass)) > 1 THEN
        PERFORM alter_distributed_table('hold'::regclass, colocate_with => 'ledger');
    END IF;
END $$;
