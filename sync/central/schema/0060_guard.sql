-- What tills say that the centre has lost: at once believed (then with the timeline that was begun), or for a person to
-- decide. And the programme file by which the centre last folded, for when the one in force cannot be read.

CREATE TABLE claim (
    till bigint,
    at bigint,
    what text,
    timeline text,
    decided bigint,
    PRIMARY KEY (till, at, what)
);

CREATE TABLE folded_by (one boolean PRIMARY KEY DEFAULT true CHECK (one), pack text NOT NULL);
