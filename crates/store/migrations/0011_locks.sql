-- locked: the user can do nothing but end sessions. suspended: the user can read but not act.
ALTER TABLE users ADD COLUMN locked {int} NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN suspended {int} NOT NULL DEFAULT 0;
