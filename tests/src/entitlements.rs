//! Privilege escalation: no caller grants or revokes what they could not grant or revoke directly, by any route, by any
//! detour, now or later.

mod attempts;
mod escalations;
mod fixture;
mod snapshot;
mod walk;
