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
        IF NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrel = one.name::regclass) THEN
            PERFORM create_distributed_table(one.name::regclass, one.by_column, colocate_with => one.beside);
        END IF;
    END LOOP;
END $$;
