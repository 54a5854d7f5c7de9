//! Enums with one string form per variant, the same in the database, on the wire and in URLs.

/// Defines an enum with one string form per variant, with serde, `Display`, `FromStr` and `ALL`.
macro_rules! string_enum {
    (
        $(#[doc = $doc:literal])* $(#[derive($($derived:ident),*)])?
        $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        $(#[derive($($derived),*)])?
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Every value, in display order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The string form.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::string_enum::enum_schema(concat!($($doc, "\n"),*), Self::ALL.iter().map(|value| value.as_str()))
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
            type Err = $crate::string_enum::UnknownValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    other => Err($crate::string_enum::UnknownValue {
                        value: other.to_owned(),
                        expected: Self::ALL.iter().map(|v| v.as_str()).collect::<Vec<_>>().join(", "),
                    }),
                }
            }
        }
    };
}
pub(crate) use string_enum;

/// The OpenAPI schema of such an enum. utoipa's derive would use the Rust names of the variants, since it does not see
/// the renames that a macro adds.
#[cfg(feature = "openapi")]
pub(crate) fn enum_schema(
    doc: &str,
    values: impl Iterator<Item = &'static str>,
) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    let doc = doc.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .description(Some(doc))
        .enum_values(Some(values))
        .into()
}

/// A string that is not a value of the enum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{value}\" is not one of: {expected}")]
pub struct UnknownValue {
    /// The given string.
    pub value: String,
    /// The valid values, comma-separated.
    pub expected: String,
}
