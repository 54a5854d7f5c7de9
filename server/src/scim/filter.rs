//! SCIM filters (RFC 7644 §3.4.2.2) and PATCH paths (§3.5.2), and their text form.
//!
//! Written here because the existing crates reject what directories send (values without quotes) or do not limit
//! nesting.

mod matching;
mod parser;

pub use matching::{StepBudget, field, look_up, weight};
pub use parser::{parse_filter, parse_path};

use std::fmt;

/// A condition on a resource, or on one value of a multi-valued attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Both conditions hold.
    And(Box<Self>, Box<Self>),
    /// At least one condition holds.
    Or(Box<Self>, Box<Self>),
    /// The condition does not hold.
    Not(Box<Self>),
    /// An attribute compares to a literal as the operator says.
    Compare(AttrPath, Op, Literal),
    /// An attribute has a value.
    Present(AttrPath),
    /// At least one value of an attribute satisfies the inner filter: `emails[type eq "work"]`.
    ValuePath(AttrPath, Box<Self>),
}

/// The name of an attribute, as `attrPath` in the grammar of the standard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttrPath {
    /// The URI of its schema, if the path names one.
    pub schema: Option<String>,
    /// The attribute; empty if the path names a whole schema.
    pub name: String,
    /// The sub-attribute.
    pub sub: Option<String>,
}

/// A comparison operator.
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

    fn is_ordering(self) -> bool {
        matches!(self, Self::Gt | Self::Ge | Self::Lt | Self::Le)
    }
}

/// The literal that an attribute is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// A string. An unquoted value that is nothing else counts as one.
    Text(String),
    Number(serde_json::Number),
    Bool(bool),
    Null,
}

/// The path of a PATCH operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    pub attr: AttrPath,
    /// Selects values of a multi-valued attribute.
    pub filter: Option<Filter>,
    /// The sub-attribute of the selected values.
    pub sub: Option<String>,
}

/// Why a filter or a path is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {at}: {problem}")]
pub struct ParseError {
    /// The position of the problem in characters, from 1.
    pub at: usize,
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
            Self::ValuePath(attr, inner) => write!(f, "{attr}[{inner}]"),
        }
    }
}

impl fmt::Display for AttrPath {
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
