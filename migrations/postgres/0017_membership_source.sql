-- Which directory put a user into a group; NULL: somebody here, an import or a provider of sign-ins did. The role part of a
-- directory's rules follows that directory's own memberships only.
ALTER TABLE group_members ADD COLUMN directory_id UUID REFERENCES directories (id);
CREATE INDEX group_members_directory ON group_members (directory_id) WHERE directory_id IS NOT NULL;

-- Of the members that a group of a directory has already, those are the directory's of whom the log says that it added them. Where the
-- log is pruned, those who have their role by it: nobody loses a role because history is kept for a limited time, and nobody gets
-- one. All others count as put there by somebody here until the directory tells of them again.
UPDATE group_members
SET directory_id = told.directory_id
FROM (
    SELECT m.group_id, m.user_id, g.directory_id
    FROM group_members m
    JOIN groups g ON g.id = m.group_id
    JOIN directory_users s ON s.user_id = m.user_id AND s.directory_id = g.directory_id
    LEFT JOIN (
        SELECT user_id, object_id, MAX(position) AS position
        FROM events
        WHERE kind = 'group_member_added' AND occupied IS NULL
        GROUP BY user_id, object_id) newest ON newest.user_id = m.user_id AND newest.object_id = m.group_id
    LEFT JOIN events e ON e.position = newest.position
    WHERE e.door = 'scim'
       OR (e.position IS NULL
           AND EXISTS (
               SELECT 1
               FROM directory_rules r
               WHERE r.group_id = m.group_id AND r.directory_id = g.directory_id AND r.role = s.given_role))) told
WHERE group_members.group_id = told.group_id AND group_members.user_id = told.user_id;
