//! People: role, permissions, status and language.

use crate::named::named;

named! {
    /// What a user is in the account.
    Role {
        /// May do everything; changing the number of seats also takes the billing contact.
        Admin = "admin",
        /// Sees everything; may do what the chosen permissions say.
        Manager = "manager",
        /// May hold seats; sees only what is his own.
        Agent = "agent",
    }
}

named! {
    /// What a manager may be allowed beyond looking.
    Permission {
        /// "Benutzer hinzufügen/löschen"
        ManageUsers = "manage_users",
        /// "Produkte verwalten"
        ManageProducts = "manage_products",
        /// End other people's sessions.
        ManageSessions = "manage_sessions",
        /// See the reports.
        ViewReports = "view_reports",
        /// See the audit log.
        ViewAudit = "view_audit",
    }
}

named! {
    /// Whether a user may sign in and hold seats.
    UserStatus {
        /// May sign in and hold seats.
        Active = "active",
        /// May do neither; his sessions were ended when he was suspended.
        Suspended = "suspended",
    }
}

named! {
    /// Where a user came from.
    Source {
        /// Somebody added him by hand.
        Manual = "manual",
        /// He was in a file.
        Import = "import",
        /// A directory tells of him.
        Directory = "directory",
    }
}

named! {
    /// A language of the user interface.
    Locale {
        /// German
        De = "de",
        /// English
        En = "en",
    }
}
