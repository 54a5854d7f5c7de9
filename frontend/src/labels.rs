//! Translations of the domain's enumerations and error codes.

use crate::{
    api::Failure,
    format::{Texts, number_text},
    i18n::*,
};
use seatkeeper_shared::{
    file_kind::FileKind,
    license::{Model, SeatRule, SecondDevice},
    people::{Permission, Role, Source, UserStatus},
    problem::{Code, SessionEnd},
    session::{EndReason, Mode, Platform, SessionState},
    ticket::TicketEnd,
    validate::FieldError,
    wire::{account::SecondFactorRule, licenses::LicenseView, sessions::SessionView},
};

/// The name of a license: "Remote Support v5 – Concurrent".
pub fn license(i18n: Texts, license: &LicenseView) -> String {
    license_name(i18n, &license.product_name, license.model)
}

/// The name of a license by its product and model.
pub fn license_name(i18n: Texts, product: &str, of: Model) -> String {
    t_string!(i18n, word.license, product = product.to_owned(), model = model_short(i18n, of))
}

/// The short name of a model: "Concurrent", "Benannt".
pub fn model_short(i18n: Texts, model: Model) -> &'static str {
    match model {
        Model::Concurrent => t_string!(i18n, word.concurrent),
        Model::Named => t_string!(i18n, word.named),
    }
}

/// A model as an option of a form.
pub fn model(i18n: Texts, model: Model) -> &'static str {
    match model {
        Model::Concurrent => t_string!(i18n, word.model_concurrent),
        Model::Named => t_string!(i18n, word.model_named),
    }
}

/// What occupies a seat.
pub fn seat_rule(i18n: Texts, rule: SeatRule) -> &'static str {
    match rule {
        SeatRule::Agent => t_string!(i18n, word.rule_agent),
        SeatRule::Device => t_string!(i18n, word.rule_device),
        SeatRule::Session => t_string!(i18n, word.rule_session),
    }
}

/// What happens when an agent appears on a second device.
pub fn second_device(i18n: Texts, rule: SecondDevice) -> &'static str {
    match rule {
        SecondDevice::Share => t_string!(i18n, word.second_share),
        SecondDevice::TakeOver => t_string!(i18n, word.second_take_over),
        SecondDevice::SecondSeat => t_string!(i18n, word.second_seat),
        SecondDevice::Refuse => t_string!(i18n, word.second_refuse),
    }
}

pub fn session_state(i18n: Texts, state: SessionState) -> &'static str {
    match state {
        SessionState::Waiting => t_string!(i18n, word.waiting),
        SessionState::Connected => t_string!(i18n, word.connected),
        SessionState::Ended => t_string!(i18n, word.ended),
    }
}

/// How a session is used.
pub fn mode(i18n: Texts, mode: Mode) -> &'static str {
    match mode {
        Mode::Attended => t_string!(i18n, word.attended),
        Mode::Unattended => t_string!(i18n, word.unattended),
        Mode::Application => t_string!(i18n, word.application),
    }
}

pub fn platform(i18n: Texts, platform: Platform) -> &'static str {
    match platform {
        Platform::Windows => t_string!(i18n, word.windows),
        Platform::Mac => t_string!(i18n, word.mac),
        Platform::Ios => t_string!(i18n, word.ios),
        Platform::Android => t_string!(i18n, word.android),
        Platform::Linux => t_string!(i18n, word.linux),
    }
}

pub fn role(i18n: Texts, role: Role) -> &'static str {
    match role {
        Role::Admin => t_string!(i18n, word.admin),
        Role::Manager => t_string!(i18n, word.manager),
        Role::Agent => t_string!(i18n, word.agent),
    }
}

/// What a file is that is not a table.
pub fn file_kind(i18n: Texts, kind: FileKind) -> &'static str {
    match kind {
        FileKind::Pdf => t_string!(i18n, file_kind.pdf),
        FileKind::OldWorkbook => t_string!(i18n, file_kind.old_workbook),
        FileKind::BinaryWorkbook => t_string!(i18n, file_kind.binary_workbook),
        FileKind::DamagedWorkbook => t_string!(i18n, file_kind.damaged_workbook),
        FileKind::LargeWorkbook => t_string!(i18n, file_kind.large_workbook),
        FileKind::OpenDocument => t_string!(i18n, file_kind.open_document),
        FileKind::Word => t_string!(i18n, file_kind.word),
        FileKind::RichText => t_string!(i18n, file_kind.rich_text),
        FileKind::Image => t_string!(i18n, file_kind.image),
        FileKind::Archive => t_string!(i18n, file_kind.archive),
        FileKind::Html => t_string!(i18n, file_kind.html),
        FileKind::Xml => t_string!(i18n, file_kind.xml),
        FileKind::Markup => t_string!(i18n, file_kind.markup),
        FileKind::Json => t_string!(i18n, file_kind.json),
        FileKind::Database => t_string!(i18n, file_kind.database),
        FileKind::Parquet => t_string!(i18n, file_kind.parquet),
        FileKind::Vcard => t_string!(i18n, file_kind.vcard),
        FileKind::Program => t_string!(i18n, file_kind.program),
        FileKind::Binary => t_string!(i18n, file_kind.binary),
    }
}

pub fn user_status(i18n: Texts, status: UserStatus) -> &'static str {
    match status {
        UserStatus::Active => t_string!(i18n, word.active),
        UserStatus::Suspended => t_string!(i18n, word.suspended),
    }
}

/// How a user was created.
pub fn user_source(i18n: Texts, source: Source) -> &'static str {
    match source {
        Source::Manual => t_string!(i18n, word.source_manual),
        Source::Import => t_string!(i18n, word.source_import),
        Source::Directory => t_string!(i18n, word.source_directory),
    }
}

/// Which users need a second factor.
pub fn second_factor_rule(i18n: Texts, rule: SecondFactorRule) -> &'static str {
    match rule {
        SecondFactorRule::Optional => t_string!(i18n, settings.second_factor_optional),
        SecondFactorRule::Admins => t_string!(i18n, settings.second_factor_admins),
        SecondFactorRule::Everybody => t_string!(i18n, settings.second_factor_everybody),
    }
}

pub fn permission(i18n: Texts, permission: Permission) -> &'static str {
    match permission {
        Permission::ManageUsers => t_string!(i18n, word.manage_users),
        Permission::ManageProducts => t_string!(i18n, word.manage_products),
        Permission::ManageSessions => t_string!(i18n, word.manage_sessions),
        Permission::ViewReports => t_string!(i18n, word.view_reports),
        Permission::ViewAudit => t_string!(i18n, word.view_audit),
    }
}

/// Why a session ended.
pub fn end_reason(i18n: Texts, reason: EndReason) -> &'static str {
    match reason {
        EndReason::Finished => t_string!(i18n, reason.finished),
        EndReason::KeyExpired => t_string!(i18n, reason.key_expired),
        EndReason::LeaseExpired => t_string!(i18n, reason.lease_expired),
        EndReason::Idle => t_string!(i18n, reason.idle),
        EndReason::EndedByAdmin => t_string!(i18n, reason.ended_by_admin),
        EndReason::UserDeactivated => t_string!(i18n, reason.user_deactivated),
        EndReason::AssignmentRevoked => t_string!(i18n, reason.assignment_revoked),
        EndReason::LicenseEnded => t_string!(i18n, reason.license_ended),
        EndReason::GivenUp => t_string!(i18n, reason.given_up),
        EndReason::ReplacedByOtherDevice => t_string!(i18n, reason.replaced_by_other_device),
        EndReason::Abandoned => t_string!(i18n, reason.abandoned),
    }
}

/// How waiting in a queue ended.
pub fn ticket_end(i18n: Texts, end: TicketEnd) -> &'static str {
    match end {
        TicketEnd::Seated => t_string!(i18n, audit.end_seated),
        TicketEnd::Declined => t_string!(i18n, audit.end_declined),
        TicketEnd::Missed => t_string!(i18n, audit.end_missed),
        TicketEnd::Withdrawn => t_string!(i18n, audit.end_withdrawn),
        TicketEnd::Lapsed => t_string!(i18n, audit.end_lapsed),
        TicketEnd::Dropped => t_string!(i18n, audit.end_dropped),
        TicketEnd::UserDeactivated => end_reason(i18n, EndReason::UserDeactivated),
        TicketEnd::AssignmentRevoked => end_reason(i18n, EndReason::AssignmentRevoked),
        TicketEnd::LicenseEnded => end_reason(i18n, EndReason::LicenseEnded),
    }
}

/// How a session ended: the reason, and who ended it.
pub fn end_summary(i18n: Texts, end: &SessionEnd) -> String {
    match &end.by {
        Some(name) => t_string!(i18n, reason.by, reason = end_reason(i18n, end.reason), name = name.clone()),
        None => end_reason(i18n, end.reason).to_owned(),
    }
}

/// How a session ended. If a borrowed seat's lease expired, the borrowing is over: the contact was not lost.
pub fn session_end_summary(i18n: Texts, session: &SessionView, end: &SessionEnd) -> String {
    if session.borrowed_until.is_some() && end.reason == EndReason::LeaseExpired {
        return t_string!(i18n, reason.borrow_over).to_owned();
    }
    end_summary(i18n, end)
}

/// The state of a session; "offline" while its seat is borrowed.
pub fn current_state(i18n: Texts, session: &SessionView) -> &'static str {
    if session.borrowed_until.is_some() && session.ended.is_none() {
        return t_string!(i18n, word.offline);
    }
    session_state(i18n, session.state)
}

/// The error of a form field.
pub fn field_error(i18n: Texts, error: &FieldError) -> String {
    match error {
        FieldError::Required => t_string!(i18n, field.required).to_owned(),
        FieldError::TooShort { min } => t_string!(i18n, field.too_short, min = number_text(i18n, *min)),
        FieldError::TooLong { max } => t_string!(i18n, field.too_long, max = number_text(i18n, *max)),
        FieldError::OutOfRange { min, max } => {
            t_string!(i18n, field.out_of_range, min = number_text(i18n, *min), max = number_text(i18n, *max))
        }
        FieldError::Email => t_string!(i18n, field.email).to_owned(),
        FieldError::Url => t_string!(i18n, field.url).to_owned(),
        FieldError::ControlCharacters => t_string!(i18n, field.control).to_owned(),
        FieldError::EndBeforeStart => t_string!(i18n, field.end_before_start).to_owned(),
        FieldError::Address => t_string!(i18n, field.address).to_owned(),
        FieldError::TooCommon => t_string!(i18n, field.too_common).to_owned(),
        FieldError::Taken => t_string!(i18n, field.taken).to_owned(),
        FieldError::Unknown => t_string!(i18n, field.unknown).to_owned(),
        FieldError::InvisibleCharacter { character } => {
            t_string!(i18n, field.invisible_character, character = character.clone())
        }
        FieldError::FileKind { kind } => t_string!(i18n, field.file_kind, kind = file_kind(i18n, *kind)),
        FieldError::NotEncoded { encoding, line, column } => {
            let (line, column) = (number_text(i18n, *line), number_text(i18n, *column));
            t_string!(i18n, field.not_encoded, encoding = encoding.clone(), line = line, column = column)
        }
        FieldError::NoSuchColumn { heading } => t_string!(i18n, field.no_such_column, heading = heading.clone()),
        FieldError::ColumnTwice { heading } => t_string!(i18n, field.column_twice, heading = heading.clone()),
        FieldError::MeaningTwice { heading, other, .. } => {
            t_string!(i18n, field.meaning_twice, heading = heading.clone(), other = other.clone())
        }
    }
}

/// Why a request failed, and what the user can do.
pub fn failure(i18n: Texts, failure: &Failure) -> &'static str {
    failure.code().map_or_else(|| t_string!(i18n, problem.unreachable), |code| problem(i18n, code))
}

/// Why a request failed, by its code.
pub fn problem(i18n: Texts, code: Code) -> &'static str {
    match code {
        Code::BadRequest | Code::MethodNotAllowed | Code::UnsupportedMediaType => t_string!(i18n, problem.bad_request),
        Code::Invalid => t_string!(i18n, problem.invalid),
        Code::NotSignedIn => t_string!(i18n, problem.not_signed_in),
        Code::WrongCredentials => t_string!(i18n, problem.wrong_credentials),
        Code::Forbidden => t_string!(i18n, problem.forbidden),
        Code::WrongOrigin => t_string!(i18n, problem.wrong_origin),
        Code::WrongSetupToken => t_string!(i18n, problem.wrong_setup_token),
        Code::AlreadySetUp => t_string!(i18n, problem.already_set_up),
        Code::WrongPassword => t_string!(i18n, problem.wrong_password),
        Code::WrongCode => t_string!(i18n, problem.wrong_code),
        Code::SignInOver => t_string!(i18n, problem.sign_in_over),
        Code::SecondFactorOn => t_string!(i18n, problem.second_factor_on),
        Code::SecondFactorRequired => t_string!(i18n, problem.second_factor_required),
        Code::PasskeyRefused => t_string!(i18n, problem.passkey_refused),
        Code::NoPasskeys => t_string!(i18n, problem.no_passkeys),
        Code::OutOfScope => t_string!(i18n, problem.out_of_scope),
        Code::LinkUnknown => t_string!(i18n, problem.link_unknown),
        Code::LinkUsed => t_string!(i18n, problem.link_used),
        Code::LinkExpired => t_string!(i18n, problem.link_expired),
        Code::VerificationRequired => t_string!(i18n, problem.verification_required),
        Code::BrowserRequired => t_string!(i18n, problem.browser_required),
        Code::LinkVoid => t_string!(i18n, problem.link_void),
        Code::PasswordsOff => t_string!(i18n, problem.passwords_off),
        Code::LastProvider => t_string!(i18n, problem.last_provider),
        Code::NoMail => t_string!(i18n, problem.no_mail),
        Code::MailFailed => t_string!(i18n, problem.mail_failed),
        Code::NotFound => t_string!(i18n, problem.not_found),
        Code::AlreadyExists => t_string!(i18n, problem.already_exists),
        Code::ChangedMeanwhile => t_string!(i18n, problem.changed_meanwhile),
        Code::LastAdmin => t_string!(i18n, problem.last_admin),
        Code::PoolFull => t_string!(i18n, console.full_sentence),
        Code::NoSeat => t_string!(i18n, problem.no_seat),
        Code::NotAssigned => t_string!(i18n, problem.not_assigned),
        Code::LicenseNotStarted => t_string!(i18n, problem.license_not_started),
        Code::LicenseEnded => t_string!(i18n, problem.license_ended),
        Code::OverCapacity => t_string!(i18n, problem.over_capacity),
        Code::ReservedForGroup => t_string!(i18n, problem.reserved_for_group),
        Code::GroupLimit => t_string!(i18n, problem.group_limit),
        Code::CoolingDown => t_string!(i18n, problem.cooling_down),
        Code::OtherDevice => t_string!(i18n, problem.other_device),
        Code::Archived => t_string!(i18n, problem.archived),
        Code::NotLendable => t_string!(i18n, problem.not_lendable),
        Code::BorrowTooLong => t_string!(i18n, problem.borrow_too_long),
        Code::BorrowLimit => t_string!(i18n, problem.borrow_limit),
        Code::Borrowed => t_string!(i18n, problem.borrowed),
        Code::UserSuspended => t_string!(i18n, problem.user_suspended),
        Code::NamedSeatsTaken => t_string!(i18n, problem.named_seats_taken),
        Code::AlreadyAssigned => t_string!(i18n, problem.already_assigned),
        Code::RequestDecided => t_string!(i18n, problem.request_decided),
        Code::GivenByGroup => t_string!(i18n, problem.given_by_group),
        Code::GivenByRule => t_string!(i18n, problem.given_by_rule),
        Code::GroupGivesLicenses => t_string!(i18n, problem.group_gives_licenses),
        Code::GroupGivesRole => t_string!(i18n, problem.group_gives_role),
        Code::EmailNotFromDirectory => t_string!(i18n, problem.email_not_from_directory),
        Code::GroupInUse => t_string!(i18n, problem.group_in_use),
        Code::LeaseExpired => t_string!(i18n, problem.lease_expired),
        Code::SessionEnded => t_string!(i18n, problem.session_ended),
        Code::Protected => t_string!(i18n, problem.protected),
        Code::KeyUnknown => t_string!(i18n, problem.key_unknown),
        Code::KeyUsed => t_string!(i18n, problem.key_used),
        Code::NoLink => t_string!(i18n, problem.no_link),
        Code::TicketOver => t_string!(i18n, problem.ticket_over),
        Code::NoOffer => t_string!(i18n, problem.no_offer),
        Code::TooManyViews => t_string!(i18n, problem.too_many_views),
        Code::FloorsExceedSeats => t_string!(i18n, problem.floors_exceed_seats),
        Code::ImportRunning => t_string!(i18n, problem.import_running),
        Code::Interrupted => t_string!(i18n, problem.interrupted),
        Code::WrongState => t_string!(i18n, problem.wrong_state),
        Code::IdempotencyMismatch => t_string!(i18n, problem.idempotency_mismatch),
        Code::NotAttempted => t_string!(i18n, problem.not_attempted),
        Code::RequestTimeout => t_string!(i18n, problem.request_timeout),
        Code::TooLarge => t_string!(i18n, problem.too_large),
        Code::TooManyRequests => t_string!(i18n, problem.too_many_requests),
        Code::Unavailable => t_string!(i18n, problem.unavailable),
        Code::Internal => t_string!(i18n, problem.internal),
    }
}

/// The name of a rule that refuses requests.
pub fn refusal_rule(i18n: Texts, code: Code) -> &'static str {
    match code {
        Code::PoolFull => t_string!(i18n, reports.rule_full),
        Code::NotAssigned => t_string!(i18n, reports.rule_not_assigned),
        Code::ReservedForGroup => t_string!(i18n, reports.rule_reserved),
        Code::GroupLimit => t_string!(i18n, reports.rule_group_limit),
        Code::LicenseNotStarted => t_string!(i18n, reports.rule_not_started),
        Code::LicenseEnded => t_string!(i18n, reports.rule_ended),
        Code::OverCapacity => t_string!(i18n, reports.rule_over),
        Code::CoolingDown => t_string!(i18n, reports.rule_cooling),
        Code::OtherDevice => t_string!(i18n, reports.rule_other_device),
        Code::Archived => t_string!(i18n, reports.rule_archived),
        Code::NotLendable => t_string!(i18n, reports.rule_not_lendable),
        Code::BorrowLimit => t_string!(i18n, reports.rule_borrow_limit),
        Code::BorrowTooLong => t_string!(i18n, reports.rule_borrow_long),
        Code::UserSuspended => t_string!(i18n, word.suspended),
        other => problem(i18n, other),
    }
}
