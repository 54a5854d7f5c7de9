//! Closed sets of words that stand in the database, on the wire and in the address bar in the same spelling.

/// An enum whose variants have one written form each, with serde, `Display`, `FromStr` and `ALL`.
macro_rules! named {
    ($(#[doc = $doc:literal])* $(#[derive($($derived:ident),*)])? $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        $(#[derive($($derived),*)])?
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Every value, in the order in which people are shown them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The written form, the same everywhere.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::named::words(concat!($($doc, "\n"),*), Self::ALL.iter().map(|word| word.as_str()))
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::named::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    other => Err($crate::named::UnknownWord {
                        word: other.to_owned(),
                        known: Self::ALL.iter().map(|v| v.as_str()).collect::<Vec<_>>().join(", "),
                    }),
                }
            }
        }
    };
}
pub(crate) use named;

/// How the description of the API tells of such a set. utoipa's derive would name the variants: it does not see what a macro
/// renames them to.
#[cfg(feature = "openapi")]
pub(crate) fn words(
    doc: &str,
    words: impl Iterator<Item = &'static str>,
) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    let doc = doc.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .description(Some(doc))
        .enum_values(Some(words))
        .into()
}

/// A word that is not in the set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{word}\" is not one of: {known}")]
pub struct UnknownWord {
    /// What was given.
    pub word: String,
    /// What would have been understood.
    pub known: String,
}
