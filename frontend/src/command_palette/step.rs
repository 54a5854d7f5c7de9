//! What the palette asks for.

use crate::{format::Texts, i18n::*};

/// What the palette asks for: anything, or what an action is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    Anything,
    /// The session that is to end is asked for.
    EndSession,
    /// Who gets a license.
    Grant,
    /// The license whose seats change.
    ChangeSeats,
}

impl Step {
    /// The name of the action.
    pub fn label(self, i18n: Texts) -> &'static str {
        match self {
            Self::Anything => "",
            Self::EndSession => t_string!(i18n, palette.end_session),
            Self::Grant => t_string!(i18n, palette.grant),
            Self::ChangeSeats => t_string!(i18n, palette.change_seats),
        }
    }

    /// What can be typed.
    pub fn prompt(self, i18n: Texts) -> &'static str {
        match self {
            Self::Anything => t_string!(i18n, palette.prompt),
            Self::EndSession => t_string!(i18n, palette.whose_session),
            Self::Grant => t_string!(i18n, palette.who),
            Self::ChangeSeats => t_string!(i18n, palette.which_license),
        }
    }
}
