//! Formats the facts of an event in the user's language. Exhaustive: a new field needs a label, and a new type of value
//! a way to show it.

use super::event_labels;
use crate::{
    format::{Format, Texts},
    i18n::*,
    labels,
    pages::settings::directory::{email_link_label, findings},
    ui::query::Query,
};
use chrono::TimeDelta;
use seatkeeper_shared::{
    audit::{FactValue, FieldName, RevocationReason, SignInFailureReason, SignInMethod},
    license::GroupLimit,
    people::Locale,
    scope::Scope,
    wire::{directory::RuleView, groups::GroupView, imports::ImportState, providers::Finding},
};

/// Formats values in the user's language.
#[derive(Clone, Copy)]
pub struct FactFormatter {
    pub i18n: Texts,
    pub format: Format,
    /// For the names of groups.
    pub groups: Query<Vec<GroupView>>,
}

impl FactFormatter {
    /// Label of a field; unknown names are returned unchanged.
    pub fn field(self, name: &FieldName) -> String {
        match name {
            FieldName::Known(field) => event_labels::field(self.i18n, *field).to_owned(),
            FieldName::Unknown(name) => name.clone(),
        }
    }

    /// Formats a value. Values that this version does not know are shown as they stand in the log.
    pub fn value(self, value: &FactValue) -> String {
        let (i18n, format) = (self.i18n, self.format);
        let text = match value {
            FactValue::Nothing => t_string!(i18n, common.dash),
            FactValue::List(all) if all.is_empty() => t_string!(i18n, common.dash),
            FactValue::List(all) => {
                let all: Vec<_> = all.iter().map(|one| self.value(one)).collect();
                return all.join(t_string!(i18n, common.listed));
            }
            FactValue::Unknown(value) => return value.to_string(),
            FactValue::Text(text) => text,
            FactValue::Flag(true) => t_string!(i18n, audit.yes),
            FactValue::Flag(false) => t_string!(i18n, audit.no),
            FactValue::Number(number) => return format.number(*number),
            FactValue::Seconds(seconds) => return format.duration(TimeDelta::seconds(*seconds)),
            FactValue::Minutes(minutes) => return format.duration(TimeDelta::minutes(*minutes)),
            FactValue::Time(at) => return format.date_time(*at),
            FactValue::Id(id) => return id.to_string(),
            FactValue::Role(role) => labels::role(i18n, *role),
            FactValue::Permission(permission) => labels::permission(i18n, *permission),
            FactValue::Status(status) => labels::user_status(i18n, *status),
            FactValue::Locale(Locale::De) => t_string!(i18n, audit.german),
            FactValue::Locale(Locale::En) => t_string!(i18n, audit.english),
            FactValue::Model(model) => labels::model_short(i18n, *model),
            FactValue::Mode(mode) => labels::mode(i18n, *mode),
            FactValue::Platform(platform) => labels::platform(i18n, *platform),
            FactValue::SeatRule(rule) => labels::seat_rule(i18n, *rule),
            FactValue::SecondDevice(rule) => labels::second_device(i18n, *rule),
            FactValue::SecondFactor(rule) => labels::second_factor_rule(i18n, *rule),
            FactValue::EmailLinking(link) => email_link_label(i18n, *link),
            FactValue::Scope(scope) => self.scope(*scope),
            FactValue::SignInMethod(method) => self.sign_in_method(*method),
            FactValue::SignInFailure(reason) => self.sign_in_failure(*reason),
            FactValue::RevocationReason(RevocationReason::EndReached) => t_string!(i18n, audit.end_reached),
            FactValue::SessionEnd(reason) => labels::end_reason(i18n, *reason),
            FactValue::TicketEnd(end) => labels::ticket_end(i18n, *end),
            FactValue::ImportState(state) => self.import_state(*state),
            FactValue::Finding(code) => return findings::finding_text(i18n, &Finding::new(*code, None)),
            FactValue::Refusal(code) => labels::problem(i18n, *code),
            FactValue::Price(price) => return format.money(price),
            FactValue::Limit(limit) => return self.limit(limit),
            FactValue::DirectoryRule(rule) => return self.directory_rule(rule),
        };
        text.to_owned()
    }

    fn scope(self, scope: Scope) -> &'static str {
        let i18n = self.i18n;
        match scope {
            Scope::Read => t_string!(i18n, audit.scope_read),
            Scope::Sessions => t_string!(i18n, audit.scope_sessions),
            Scope::All => t_string!(i18n, audit.scope_all),
        }
    }

    fn sign_in_method(self, method: SignInMethod) -> &'static str {
        let i18n = self.i18n;
        match method {
            SignInMethod::Code => t_string!(i18n, audit.by_code),
            SignInMethod::RecoveryCode => t_string!(i18n, audit.by_recovery_code),
            SignInMethod::Passkey => t_string!(i18n, audit.by_passkey),
        }
    }

    fn sign_in_failure(self, reason: SignInFailureReason) -> &'static str {
        let i18n = self.i18n;
        match reason {
            SignInFailureReason::WrongPasskey => t_string!(i18n, audit.wrong_passkey),
            SignInFailureReason::WrongCode => t_string!(i18n, audit.wrong_code),
            SignInFailureReason::WrongPassword => t_string!(i18n, audit.wrong_password),
            SignInFailureReason::UnknownEmail => t_string!(i18n, audit.unknown_email),
            SignInFailureReason::Suspended => t_string!(i18n, audit.suspended),
            SignInFailureReason::PasswordsOff => t_string!(i18n, audit.passwords_off),
            SignInFailureReason::Expired => t_string!(i18n, audit.sso_expired),
            SignInFailureReason::Refused => t_string!(i18n, audit.sso_refused),
            SignInFailureReason::Unreachable => t_string!(i18n, audit.sso_unreachable),
            SignInFailureReason::Failed => t_string!(i18n, audit.sso_failed),
            SignInFailureReason::NoEmail => t_string!(i18n, audit.sso_no_email),
            SignInFailureReason::EmailUnverified => t_string!(i18n, audit.sso_email_unverified),
            SignInFailureReason::Unknown => t_string!(i18n, audit.sso_unknown),
            SignInFailureReason::NotLinked => t_string!(i18n, audit.sso_not_linked),
            SignInFailureReason::TooMany => t_string!(i18n, audit.sso_too_many),
            SignInFailureReason::NoProvider => t_string!(i18n, audit.sso_no_provider),
            SignInFailureReason::Unavailable => t_string!(i18n, audit.sso_unavailable),
        }
    }

    fn import_state(self, state: ImportState) -> &'static str {
        let i18n = self.i18n;
        match state {
            // Only ended imports are in the log with a state.
            ImportState::Running => ImportState::Running.as_str(),
            ImportState::Done => t_string!(i18n, audit.import_done),
            ImportState::Cancelled => t_string!(i18n, audit.import_cancelled),
            ImportState::Failed => t_string!(i18n, audit.import_failed),
        }
    }

    fn limit(self, limit: &GroupLimit) -> String {
        let i18n = self.i18n;
        let name = |groups: &Vec<GroupView>| {
            groups.iter().find(|group| group.id == limit.group_id).map(|group| group.name.clone())
        };
        let group = self.groups.with(name).flatten().unwrap_or_else(|| t_string!(i18n, audit.some_group).to_owned());
        let floor = self.format.number(limit.floor);
        match limit.cap {
            None => t_string!(i18n, audit.limit, group = group, floor = floor),
            Some(cap) => {
                t_string!(i18n, audit.limit_capped, group = group, floor = floor, cap = self.format.number(cap))
            }
        }
    }

    fn directory_rule(self, rule: &RuleView) -> String {
        let i18n = self.i18n;
        let licenses = self.format.number(i64::try_from(rule.license_ids.len()).unwrap_or(i64::MAX));
        let role = rule.role.map_or_else(|| t_string!(i18n, common.dash), |role| labels::role(i18n, role));
        t_string!(i18n, audit.directory_rule, group = rule.group_name.clone(), licenses = licenses, role = role)
    }
}
