//! What the errors of the decisions are to a client: the one place that gives each its code.

use super::ApiError;
use crate::{
    auth::{
        admission::AdmissionError,
        attempt_limit::AttemptError,
        passkeys::PasskeyError,
        password::HashError,
        password_links::{CreateLinkError, UseLinkError},
        stream_guard::StreamRefusal,
    },
    caller::Forbidden,
    db::DbError,
    entitlements::{
        GroupChangeError, assignments::AssignmentError, groups::GroupNotDeleted, license_requests::LicenseRequestError,
        rules::RulesNotSet,
    },
    forward_auth::error::{GateError, TurnedAway},
    imports::{ImportError, file_reader::ParserFailed},
    mail::MailError,
    pool::Refusal,
    seats::SeatsError,
    sizing::SizingError,
    user_changes::{RefusedChange, UserChangeError},
};
use seatkeeper_shared::{
    problem::{Code, Problem},
    validate::FieldError,
};

impl From<Forbidden> for ApiError {
    fn from(_: Forbidden) -> Self {
        Self::new(Code::Forbidden)
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let mut problem = Problem::new(refusal.code);
        problem.refusal = refusal.facts;
        problem.into()
    }
}

impl From<SeatsError> for ApiError {
    fn from(error: SeatsError) -> Self {
        match error {
            SeatsError::Unavailable => Self::new(Code::Unavailable),
            SeatsError::Failed(code) => Self::new(code),
            SeatsError::Taken(index) => DbError::Taken(index.to_owned()).into(),
            SeatsError::Refused(refusal) => refusal.into(),
        }
    }
}

impl From<SizingError> for ApiError {
    fn from(error: SizingError) -> Self {
        match error {
            SizingError::Busy => Self::with_detail(
                Code::TooManyRequests,
                "Several sizing reports are being computed. Try again when they are finished.",
            ),
            SizingError::NotFound => Self::new(Code::NotFound),
            SizingError::Stopped => Self::new(Code::Internal),
            SizingError::Db(error) => error.into(),
        }
    }
}

impl From<TurnedAway> for ApiError {
    fn from(refusal: TurnedAway) -> Self {
        match refusal {
            TurnedAway::Queued => Self::new(Code::PoolFull),
            TurnedAway::Ended(end) => Self::ended(Code::SessionEnded, end),
            TurnedAway::NoSeat => Self::new(Code::NoSeat),
            TurnedAway::Refused(refusal) => refusal.into(),
            TurnedAway::Failed(code) => Self::new(code),
        }
    }
}

impl From<GateError> for ApiError {
    fn from(error: GateError) -> Self {
        match error {
            GateError::TurnedAway(refusal) => refusal.into(),
            GateError::Unsettled => Self::new(Code::Unavailable),
            GateError::Seats(error) => error.into(),
            GateError::Db(error) => error.into(),
        }
    }
}

impl From<AdmissionError> for ApiError {
    fn from(error: AdmissionError) -> Self {
        Self::new(match error {
            AdmissionError::OutOfScope => Code::OutOfScope,
            AdmissionError::SecondFactorRequired => Code::SecondFactorRequired,
        })
    }
}

impl From<StreamRefusal> for ApiError {
    fn from(refusal: StreamRefusal) -> Self {
        match refusal {
            StreamRefusal::NotSignedIn => Self::new(Code::NotSignedIn),
            StreamRefusal::Admission(error) => error.into(),
            StreamRefusal::Db(error) => error.into(),
        }
    }
}

impl From<AssignmentError> for ApiError {
    fn from(error: AssignmentError) -> Self {
        match error {
            AssignmentError::Db(error) => error.into(),
            AssignmentError::Seats(error) => error.into(),
        }
    }
}

impl From<LicenseRequestError> for ApiError {
    fn from(error: LicenseRequestError) -> Self {
        match error {
            LicenseRequestError::NotFound => Self::new(Code::NotFound),
            LicenseRequestError::Archived => Self::new(Code::Archived),
            LicenseRequestError::AlreadyAssigned => Self::new(Code::AlreadyAssigned),
            LicenseRequestError::AlreadyRequested => Self::new(Code::AlreadyExists),
            LicenseRequestError::Decided => Self::new(Code::RequestDecided),
            LicenseRequestError::Db(error) => error.into(),
            LicenseRequestError::Seats(error) => error.into(),
        }
    }
}

impl From<RulesNotSet> for ApiError {
    fn from(error: RulesNotSet) -> Self {
        match error {
            RulesNotSet::Db(error) => error.into(),
            RulesNotSet::NoDirectory => Self::new(Code::NotFound),
            RulesNotSet::ChangedMeanwhile => Self::new(Code::ChangedMeanwhile),
        }
    }
}

impl From<GroupChangeError> for ApiError {
    fn from(error: GroupChangeError) -> Self {
        match error {
            GroupChangeError::Db(error) => error.into(),
            GroupChangeError::Denied(denied) => Self::denied(denied.code, denied.gives),
        }
    }
}

impl From<UserChangeError> for ApiError {
    fn from(error: UserChangeError) -> Self {
        match error {
            UserChangeError::Db(error) => error.into(),
            UserChangeError::Refused(RefusedChange::Gone) => Self::new(Code::NotFound),
            UserChangeError::Refused(RefusedChange::ChangedMeanwhile) => Self::new(Code::ChangedMeanwhile),
            UserChangeError::Refused(RefusedChange::LastAdmin) => Self::new(Code::LastAdmin),
            UserChangeError::Refused(RefusedChange::Taken(index)) => DbError::Taken(index.to_owned()).into(),
        }
    }
}

impl From<GroupNotDeleted> for ApiError {
    fn from(error: GroupNotDeleted) -> Self {
        match error {
            GroupNotDeleted::Change(error) => error.into(),
            GroupNotDeleted::Db(error) => error.into(),
            GroupNotDeleted::Seats(error) => error.into(),
        }
    }
}

impl From<AttemptError> for ApiError {
    fn from(error: AttemptError) -> Self {
        match error {
            AttemptError::LimitReached => Self::new(Code::TooManyRequests),
            AttemptError::EmptyProof => Self::field("password", FieldError::Required),
            AttemptError::Db(error) => error.into(),
        }
    }
}

impl From<PasskeyError> for ApiError {
    fn from(error: PasskeyError) -> Self {
        Self::new(match error {
            PasskeyError::NoHostName => Code::NoPasskeys,
            PasskeyError::Refused => Code::PasskeyRefused,
            PasskeyError::NoOptions => Code::Internal,
        })
    }
}

impl From<HashError> for ApiError {
    fn from(error: HashError) -> Self {
        tracing::error!(%error, "password hashing failed");
        Self::new(Code::Internal)
    }
}

impl From<CreateLinkError> for ApiError {
    fn from(error: CreateLinkError) -> Self {
        Self::new(match error {
            CreateLinkError::UnknownUser => Code::NotFound,
            CreateLinkError::NotAllowed => Code::Forbidden,
            CreateLinkError::UserSuspended => Code::UserSuspended,
            CreateLinkError::Db(error) => return error.into(),
        })
    }
}

impl From<UseLinkError> for ApiError {
    fn from(error: UseLinkError) -> Self {
        Self::new(match error {
            UseLinkError::Unknown => Code::LinkUnknown,
            UseLinkError::Used => Code::LinkUsed,
            UseLinkError::UserSuspended => Code::UserSuspended,
            UseLinkError::Void => Code::LinkVoid,
            UseLinkError::Expired => Code::LinkExpired,
            UseLinkError::Hash(error) => return error.into(),
            UseLinkError::Db(error) => return error.into(),
        })
    }
}

impl From<MailError> for ApiError {
    fn from(error: MailError) -> Self {
        tracing::error!(%error, "e-mail not sent");
        Self::new(Code::MailFailed)
    }
}

impl From<ParserFailed> for ApiError {
    fn from(_: ParserFailed) -> Self {
        Self::new(Code::Internal)
    }
}

impl From<ImportError> for ApiError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Invalid(problems) => Self::fields(problems),
            ImportError::Running => Self::new(Code::ImportRunning),
            ImportError::Parser(error) => error.into(),
            ImportError::Db(error) => error.into(),
        }
    }
}
