//! People: role, permissions, status and language.

use crate::string_enum::string_enum;

string_enum! {
    /// The role of a user in the account.
    Role {
        /// May do everything; changing the number of seats also requires the billing contact.
        Admin = "admin",
        /// Sees everything; may do what the granted permissions allow.
        Manager = "manager",
        /// May hold seats; sees only their own sessions.
        Agent = "agent",
    }
}

string_enum! {
    /// A permission of a manager beyond viewing.
    Permission {
        /// Add, change and delete users ("Benutzer hinzufügen/löschen").
        ManageUsers = "manage_users",
        /// Manage products ("Produkte verwalten").
        ManageProducts = "manage_products",
        /// End other users' sessions.
        ManageSessions = "manage_sessions",
        /// See the reports.
        ViewReports = "view_reports",
        /// See the audit log.
        ViewAudit = "view_audit",
    }
}

string_enum! {
    /// Whether a user may sign in and hold seats.
    UserStatus {
        /// May sign in and hold seats.
        Active = "active",
        /// May do neither; their sessions were ended on suspension.
        Suspended = "suspended",
    }
}

string_enum! {
    /// The origin of a user.
    Source {
        /// Added manually.
        Manual = "manual",
        /// Added by an import.
        Import = "import",
        /// Managed by a directory.
        Directory = "directory",
    }
}

string_enum! {
    /// A language of the user interface.
    Locale {
        /// German.
        De = "de",
        /// English.
        En = "en",
    }
}
