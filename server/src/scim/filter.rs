//! SCIM filters (RFC 7644 §3.4.2.2) and the paths of PATCH (§3.5.2): what they are, and how they are written.
//!
//! Ours, because the crates there are refuse what directories send (values without quotes) or have no limit of depth.

mod matching;
mod parser;

pub use matching::{Looked, Steps, field, look_up, weight};
pub use parser::{filter, path};

use std::fmt;

/// What must hold for a resource, or for one of several values.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Both.
    And(Box<Self>, Box<Self>),
    /// At least one.
    Or(Box<Self>, Box<Self>),
    /// Not this.
    Not(Box<Self>),
    /// An attribute compared with a value.
    Compare(Attr, Op, Literal),
    /// An attribute has a value.
    Present(Attr),
    /// One of the values of an attribute is such.
    Some(Attr, Box<Self>),
}

/// The name of an attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attr {
    /// The schema that it is said to be of.
    pub schema: Option<String>,
    /// Its name; empty if a schema as a whole is meant.
    pub name: String,
    /// What of it.
    pub sub: Option<String>,
}

/// How an attribute is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Equal
    Eq,
    /// Not equal
    Ne,
    /// Contains
    Co,
    /// Starts with
    Sw,
    /// Ends with
    Ew,
    /// Greater
    Gt,
    /// Greater or equal
    Ge,
    /// Less
    Lt,
    /// Less or equal
    Le,
}

impl Op {
    /// Every operator with its spelling.
    pub const ALL: [(Self, &str); 9] = [
        (Self::Eq, "eq"),
        (Self::Ne, "ne"),
        (Self::Co, "co"),
        (Self::Sw, "sw"),
        (Self::Ew, "ew"),
        (Self::Gt, "gt"),
        (Self::Ge, "ge"),
        (Self::Lt, "lt"),
        (Self::Le, "le"),
    ];

    fn orders(self) -> bool {
        matches!(self, Self::Gt | Self::Ge | Self::Lt | Self::Le)
    }
}

/// What an attribute is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// Text, also what stands without quotes and is nothing else.
    Text(String),
    /// A number.
    Number(serde_json::Number),
    /// A truth value.
    Bool(bool),
    /// Nothing.
    Null,
}

/// What a PATCH changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Which attribute.
    pub attr: Attr,
    /// Which of its values.
    pub filter: Option<Filter>,
    /// What of those values.
    pub sub: Option<String>,
}

/// Why a filter or a path is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {at}: {problem}")]
pub struct NotUnderstood {
    /// Where, from 1.
    pub at: usize,
    /// What is wrong there.
    pub problem: &'static str,
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(a, b) => write!(f, "({a} and {b})"),
            Self::Or(a, b) => write!(f, "({a} or {b})"),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Compare(attr, op, literal) => {
                let word = Op::ALL.iter().find(|(one, _)| one == op).map_or("", |(_, word)| word);
                write!(f, "{attr} {word} {literal}")
            }
            Self::Present(attr) => write!(f, "{attr} pr"),
            Self::Some(attr, inner) => write!(f, "{attr}[{inner}]"),
        }
    }
}

impl fmt::Display for Attr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.schema {
            Some(schema) if name.is_empty() => write!(f, "{schema}")?,
            Some(schema) => write!(f, "{schema}:{name}")?,
            None => write!(f, "{name}")?,
        }
        self.sub.as_ref().map_or(Ok(()), |sub| write!(f, ".{sub}"))
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{}", serde_json::Value::from(text.as_str())),
            Self::Number(number) => write!(f, "{number}"),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Null => write!(f, "null"),
        }
    }
}

#[cfg(test)]
mod tests;
