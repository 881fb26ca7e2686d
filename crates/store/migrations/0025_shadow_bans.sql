-- shadow_banned: what the user does reaches nobody, and they are not told.
ALTER TABLE users ADD COLUMN shadow_banned {int} NOT NULL DEFAULT 0;
CREATE INDEX users_shadow_banned ON users (user_num) WHERE shadow_banned = 1;
