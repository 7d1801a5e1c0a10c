-- By what facts are found that other tills ask about: a sale by the number of its slip, and by the sale's id what came
-- back of it, how its order went on, and what an inviter was given for it.
CREATE TABLE slip (number bigint, till bigint, id bytea, PRIMARY KEY (number, till, id));
CREATE TABLE fact_about (sale bytea, till bigint, id bytea, PRIMARY KEY (sale, till, id));

-- Whether facts that were folded before this step are found so, too.
ALTER TABLE centre ADD COLUMN slips_known boolean NOT NULL DEFAULT false;
