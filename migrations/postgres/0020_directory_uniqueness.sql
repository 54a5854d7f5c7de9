-- One externalId of a directory means one user, or one group. Of those that had the same, the one that was changed last keeps it.

UPDATE directory_users
SET external_id = NULL, attributes = CAST(CAST(attributes AS JSONB) - 'externalId' AS TEXT)
WHERE external_id IS NOT NULL
  AND EXISTS (
      SELECT 1 FROM directory_users other
      WHERE other.directory_id = directory_users.directory_id
        AND other.external_id = directory_users.external_id
        AND (other.modified_at > directory_users.modified_at
             OR (other.modified_at = directory_users.modified_at AND other.user_id > directory_users.user_id)));

UPDATE groups
SET external_id = NULL
WHERE external_id IS NOT NULL
  AND EXISTS (
      SELECT 1 FROM groups other
      WHERE other.directory_id = groups.directory_id
        AND other.external_id = groups.external_id
        AND other.id > groups.id);

CREATE UNIQUE INDEX directory_users_external_id ON directory_users (directory_id, external_id);
CREATE UNIQUE INDEX groups_external_id ON groups (directory_id, external_id);

-- The address that a user gave free when their directory deleted them for the time being; theirs again if it restores them.
ALTER TABLE directory_users ADD COLUMN released_email TEXT;
