-- A link by which a password is set, and a sign-in that is half done, end with what they were made for: role, permissions, e-mail
-- address, status and ways to sign in of their user. The database itself sees to that, whichever statement changes these, in the same
-- transaction. A link that is void stays a while, so that whoever opens it is told what became of it.

ALTER TABLE password_links ADD COLUMN is_void INTEGER NOT NULL DEFAULT 0 CHECK (is_void IN (0, 1));
-- Who made it for somebody else: it is good for as long as they may.
ALTER TABLE password_links ADD COLUMN made_by TEXT REFERENCES users (id);

-- When whoever is signed in last showed who they are; when they signed in, if absent.
ALTER TABLE browser_sessions ADD COLUMN verified_at TEXT;

CREATE INDEX sign_in_challenges_user ON sign_in_challenges (user_id);
CREATE INDEX passkey_challenges_user ON passkey_challenges (user_id);

CREATE TRIGGER users_void_links
AFTER UPDATE OF role, permissions, billing_contact, limited_to_groups, email_key, status, password_hash, deleted_at ON users
WHEN OLD.role IS NOT NEW.role OR OLD.permissions IS NOT NEW.permissions OR OLD.billing_contact IS NOT NEW.billing_contact
  OR OLD.limited_to_groups IS NOT NEW.limited_to_groups OR OLD.email_key IS NOT NEW.email_key OR OLD.status IS NOT NEW.status
  OR OLD.password_hash IS NOT NEW.password_hash OR OLD.deleted_at IS NOT NEW.deleted_at
BEGIN
    UPDATE password_links SET is_void = 1 WHERE user_id = NEW.id AND used_at IS NULL;
    DELETE FROM sign_in_challenges WHERE user_id = NEW.id;
    DELETE FROM passkey_challenges WHERE user_id = NEW.id;
END;

CREATE TRIGGER group_managers_void_links AFTER INSERT ON group_managers
BEGIN
    UPDATE password_links SET is_void = 1 WHERE user_id = NEW.user_id AND used_at IS NULL;
END;

CREATE TRIGGER group_managers_gone_void_links AFTER DELETE ON group_managers
BEGIN
    UPDATE password_links SET is_void = 1 WHERE user_id = OLD.user_id AND used_at IS NULL;
END;

CREATE TRIGGER identities_void_links AFTER INSERT ON identities
BEGIN
    UPDATE password_links SET is_void = 1 WHERE user_id = NEW.user_id AND used_at IS NULL;
    DELETE FROM sign_in_challenges WHERE user_id = NEW.user_id;
    DELETE FROM passkey_challenges WHERE user_id = NEW.user_id;
END;

CREATE TRIGGER identities_moved_void_links AFTER UPDATE OF user_id ON identities
WHEN OLD.user_id IS NOT NEW.user_id
BEGIN
    UPDATE password_links SET is_void = 1 WHERE user_id IN (OLD.user_id, NEW.user_id) AND used_at IS NULL;
    DELETE FROM sign_in_challenges WHERE user_id IN (OLD.user_id, NEW.user_id);
    DELETE FROM passkey_challenges WHERE user_id IN (OLD.user_id, NEW.user_id);
END;

CREATE TRIGGER identities_gone_void_links AFTER DELETE ON identities
BEGIN
    UPDATE password_links SET is_void = 1 WHERE user_id = OLD.user_id AND used_at IS NULL;
    DELETE FROM sign_in_challenges WHERE user_id = OLD.user_id;
    DELETE FROM passkey_challenges WHERE user_id = OLD.user_id;
END;

CREATE TRIGGER second_factors_void_links AFTER UPDATE OF confirmed_at ON second_factors
WHEN OLD.confirmed_at IS NOT NEW.confirmed_at
BEGIN
    UPDATE password_links SET is_void = 1 WHERE user_id = NEW.user_id AND used_at IS NULL;
    DELETE FROM sign_in_challenges WHERE user_id = NEW.user_id;
    DELETE FROM passkey_challenges WHERE user_id = NEW.user_id;
END;

CREATE TRIGGER second_factors_gone_void_links AFTER DELETE ON second_factors
WHEN OLD.confirmed_at IS NOT NULL
BEGIN
    UPDATE password_links SET is_void = 1 WHERE user_id = OLD.user_id AND used_at IS NULL;
    DELETE FROM sign_in_challenges WHERE user_id = OLD.user_id;
    DELETE FROM passkey_challenges WHERE user_id = OLD.user_id;
END;

CREATE TRIGGER passkeys_void_links AFTER INSERT ON passkeys
BEGIN
    UPDATE password_links SET is_void = 1 WHERE user_id = NEW.user_id AND used_at IS NULL;
    DELETE FROM sign_in_challenges WHERE user_id = NEW.user_id;
    DELETE FROM passkey_challenges WHERE user_id = NEW.user_id;
END;

CREATE TRIGGER passkeys_gone_void_links AFTER DELETE ON passkeys
BEGIN
    UPDATE password_links SET is_void = 1 WHERE user_id = OLD.user_id AND used_at IS NULL;
    DELETE FROM sign_in_challenges WHERE user_id = OLD.user_id;
    DELETE FROM passkey_challenges WHERE user_id = OLD.user_id;
END;

-- Who may sign in with a password at all.
CREATE TRIGGER account_voids_links AFTER UPDATE OF providers_only, emergency_user_id ON account
WHEN OLD.providers_only IS NOT NEW.providers_only OR OLD.emergency_user_id IS NOT NEW.emergency_user_id
BEGIN
    UPDATE password_links SET is_void = 1 WHERE used_at IS NULL;
    DELETE FROM sign_in_challenges;
END;
