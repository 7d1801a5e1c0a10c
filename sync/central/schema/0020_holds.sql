-- A hold is given up by its name alone, and forgotten a day after it can matter.
CREATE INDEX hold_name ON hold (hold) WHERE over IS NULL;
CREATE INDEX hold_until ON hold (until);
