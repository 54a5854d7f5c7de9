-- A link by which a password is set, and a sign-in that is half done, end with what they were made for: role, permissions, e-mail
-- address, status and ways to sign in of their user. The database itself sees to that, whichever statement changes these, in the same
-- transaction. A link that is void stays a while, so that whoever opens it is told what became of it.

ALTER TABLE password_links ADD COLUMN is_void BOOLEAN NOT NULL DEFAULT FALSE;
-- Who made it for somebody else: it is good for as long as they may.
ALTER TABLE password_links ADD COLUMN made_by UUID REFERENCES users (id);

-- When whoever is signed in last showed who they are; when they signed in, if absent.
ALTER TABLE browser_sessions ADD COLUMN verified_at TIMESTAMPTZ;

CREATE INDEX sign_in_challenges_user ON sign_in_challenges (user_id);
CREATE INDEX passkey_challenges_user ON passkey_challenges (user_id);

CREATE FUNCTION void_links_of(of_user UUID) RETURNS VOID LANGUAGE SQL AS $$
    UPDATE password_links SET is_void = TRUE WHERE user_id = of_user AND used_at IS NULL;
    DELETE FROM sign_in_challenges WHERE user_id = of_user;
    DELETE FROM passkey_challenges WHERE user_id = of_user;
$$;

CREATE FUNCTION users_void_links() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM void_links_of(NEW.id);
    RETURN NULL;
END $$;

CREATE TRIGGER users_void_links
AFTER UPDATE OF role, permissions, billing_contact, limited_to_groups, email_key, status, password_hash, deleted_at ON users
FOR EACH ROW
WHEN (OLD.role IS DISTINCT FROM NEW.role OR OLD.permissions IS DISTINCT FROM NEW.permissions
   OR OLD.billing_contact IS DISTINCT FROM NEW.billing_contact OR OLD.limited_to_groups IS DISTINCT FROM NEW.limited_to_groups
   OR OLD.email_key IS DISTINCT FROM NEW.email_key OR OLD.status IS DISTINCT FROM NEW.status
   OR OLD.password_hash IS DISTINCT FROM NEW.password_hash OR OLD.deleted_at IS DISTINCT FROM NEW.deleted_at)
EXECUTE FUNCTION users_void_links();

-- For tables whose rows are a user's.
CREATE FUNCTION row_voids_links() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM void_links_of(OLD.user_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM void_links_of(NEW.user_id);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER group_managers_void_links AFTER INSERT OR DELETE ON group_managers
FOR EACH ROW EXECUTE FUNCTION row_voids_links();

CREATE TRIGGER identities_void_links AFTER INSERT OR DELETE ON identities
FOR EACH ROW EXECUTE FUNCTION row_voids_links();

CREATE TRIGGER identities_moved_void_links AFTER UPDATE OF user_id ON identities
FOR EACH ROW WHEN (OLD.user_id IS DISTINCT FROM NEW.user_id) EXECUTE FUNCTION row_voids_links();

CREATE TRIGGER second_factors_void_links AFTER UPDATE OF confirmed_at ON second_factors
FOR EACH ROW WHEN (OLD.confirmed_at IS DISTINCT FROM NEW.confirmed_at) EXECUTE FUNCTION row_voids_links();

CREATE TRIGGER second_factors_gone_void_links AFTER DELETE ON second_factors
FOR EACH ROW WHEN (OLD.confirmed_at IS NOT NULL) EXECUTE FUNCTION row_voids_links();

CREATE TRIGGER passkeys_void_links AFTER INSERT OR DELETE ON passkeys
FOR EACH ROW EXECUTE FUNCTION row_voids_links();

-- Who may sign in with a password at all.
CREATE FUNCTION account_voids_links() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE password_links SET is_void = TRUE WHERE used_at IS NULL;
    DELETE FROM sign_in_challenges;
    RETURN NULL;
END $$;

CREATE TRIGGER account_voids_links AFTER UPDATE OF providers_only, emergency_user_id ON account
FOR EACH ROW
WHEN (OLD.providers_only IS DISTINCT FROM NEW.providers_only
   OR OLD.emergency_user_id IS DISTINCT FROM NEW.emergency_user_id)
EXECUTE FUNCTION account_voids_links();
