-- What administrators do: their passwords, programme files, the people who were erased, and where this database was.

CREATE TABLE administrator (name text PRIMARY KEY, password_hash text NOT NULL);

CREATE TABLE pack (pack text PRIMARY KEY, programme text NOT NULL, content bytea NOT NULL, published bigint NOT NULL);

-- Who was erased stays so, also when an old till tells of them again.
CREATE TABLE erased (member bigint PRIMARY KEY, at bigint NOT NULL);

-- The server on which the service last ran: another one, or another branch of its past, means a restored backup.
CREATE TABLE place (one boolean PRIMARY KEY DEFAULT true CHECK (one), system text NOT NULL, branch bigint NOT NULL);
