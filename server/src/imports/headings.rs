//! Maps the headings of a file to fields: Seatkeeper's own headings and those of other programs' exports.
//!
//! The same word has different meanings: `State` is a part of a country in exports of Microsoft and Okta, but a status
//! in those of JumpCloud; `Licenses` are Microsoft's or Google's own. So the source of a file is detected first.
//! Columns that mark an account as disabled are always recognized, so that no disabled account becomes active.

use super::cell_values;
use crate::normalize::fold;
use seatkeeper_shared::wire::imports::{
    ImportField::{
        self, AccountControl, Blocked, Email, Enabled, FirstName, Groups, LastName, Licenses, LimitedToGroups, Manages,
        Name, ObjectClass, Permissions, Role, Status,
    },
    ImportSource,
};

/// Normalized headings (see [`key`]) of each field. If a file has several of one field, the first in this list takes
/// precedence.
const FIELD_HEADINGS: [(ImportField, &[&str]); 14] = [
    (
        Email,
        &[
            "email",
            "mail",
            "emailaddress",
            "emailadresse",
            "mailadresse",
            "primaryemail",
            "workemail",
            "emailwork",
            "userprincipalname",
            "benutzerprinzipalname",
            "upn",
            "inviteeemail",
        ],
    ),
    (
        Name,
        &[
            "displayname",
            "anzeigename",
            "name",
            "fullname",
            "vollername",
            "vollstandigername",
            "benutzer",
            "mitarbeiter",
        ],
    ),
    (FirstName, &["firstname", "givenname", "vorname", "rufname"]),
    (LastName, &["lastname", "surname", "familyname", "nachname", "familienname", "zuname", "sn"]),
    (Role, &["role", "rolle"]),
    (Permissions, &["permissions", "permission", "rechte", "berechtigungen"]),
    (Status, &["status", "zustand"]),
    (
        Enabled,
        &[
            "enabled",
            "accountenabled",
            "activated",
            "active",
            "aktiv",
            "aktiviert",
            "kontoaktiviert",
            "useraccountenabled",
        ],
    ),
    (
        Blocked,
        &[
            "blockcredential",
            "blocksignin",
            "signinblocked",
            "blocked",
            "suspended",
            "disabled",
            "accountdisabled",
            "accountlocked",
            "deaktiviert",
            "gesperrt",
            "anmeldungblockieren",
            "anmeldungblockiert",
            "anmeldeinformationenblockieren",
        ],
    ),
    (AccountControl, &["useraccountcontrol"]),
    (Licenses, &["licenses", "license", "products", "product", "lizenzen", "lizenz", "produkte", "produkt"]),
    (Groups, &["groups", "group", "gruppen", "gruppe"]),
    (LimitedToGroups, &["limitedtogroups"]),
    (Manages, &["manages"]),
];

/// The export of a program, recognized by its headings, and the headings that have a different meaning there.
struct Dialect {
    source: ImportSource,
    /// All of these must be present.
    all: &'static [&'static str],
    /// At least one of these must be present.
    any: &'static [&'static str],
    /// The meanings of these headings; `None` if the column is ignored.
    columns: &'static [(&'static str, Option<ImportField>)],
}

/// The first match applies.
const DIALECTS: [Dialect; 10] = [
    Dialect {
        source: ImportSource::Csvde,
        all: &["dn", "objectclass"],
        any: &["dn"],
        columns: &[
            ("objectclass", Some(ObjectClass)),
            ("cn", Some(Name)),
            ("memberof", None),
            ("st", None),
            ("description", None),
        ],
    },
    Dialect {
        source: ImportSource::ActiveDirectory,
        all: &["distinguishedname"],
        any: &["samaccountname", "objectclass", "objectguid", "sid"],
        columns: &[("objectclass", Some(ObjectClass)), ("state", None), ("st", None), ("memberof", None)],
    },
    Dialect {
        source: ImportSource::Entra,
        all: &["userprincipalname", "displayname"],
        any: &["accountenabled", "blocksignin", "usertype", "passwordprofile"],
        columns: &MICROSOFT,
    },
    Dialect { source: ImportSource::Entra, all: &["inviteeemail"], any: &["inviteeemail"], columns: &MICROSOFT },
    Dialect {
        source: ImportSource::Microsoft365,
        all: &[],
        any: &["blockcredential", "licenseassignmentdetails", "anmeldeinformationenblockieren"],
        columns: &MICROSOFT,
    },
    Dialect {
        source: ImportSource::Microsoft365,
        all: &["username", "displayname"],
        any: &["alternateemailaddress", "officephone", "stateorprovince"],
        columns: &[
            ("username", Some(Email)),
            ("alternateemailaddress", None),
            ("state", None),
            ("licenses", None),
            ("status", None),
        ],
    },
    Dialect {
        source: ImportSource::Google,
        all: &["emailaddress"],
        any: &["orgunitpath", "newprimaryemail", "newstatus", "2svenrolled"],
        columns: &[
            ("status", Some(Enabled)),
            ("newstatus", None),
            ("licenses", None),
            ("newlicenses", None),
            ("state", None),
        ],
    },
    Dialect {
        source: ImportSource::JumpCloud,
        all: &["username", "email"],
        any: &[
            "externallymanaged",
            "ldapbindinguser",
            "passwordneverexpires",
            "activated",
            "totpenabled",
            "accountlocked",
            "allowpublickey",
        ],
        columns: &[("state", Some(Enabled)), ("status", Some(Enabled)), ("username", None)],
    },
    Dialect {
        source: ImportSource::Okta,
        all: &["login"],
        any: &["email", "firstname", "secondemail", "usertype"],
        columns: &[("login", Some(Email)), ("status", Some(Enabled)), ("state", None), ("secondemail", None)],
    },
    Dialect {
        source: ImportSource::Datev,
        all: &[],
        any: &["vornameadressattypnaturlperson", "nameadressattypnaturlperson"],
        columns: &[
            ("vornameadressattypnaturlperson", Some(FirstName)),
            ("nameadressattypnaturlperson", Some(LastName)),
            ("nameadressattypunternehmen", None),
        ],
    },
];

/// Headings of Microsoft that have another meaning than Seatkeeper's.
const MICROSOFT: [(&str, Option<ImportField>); 6] =
    [("state", None), ("licenses", None), ("lizenzen", None), ("bundesland", None), ("status", None), ("role", None)];

/// The meanings of the columns of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnMeanings {
    pub source: ImportSource,
    /// For each column its field, with a rank: of several columns for one field, the lowest rank takes precedence.
    pub fields: Vec<Option<(ImportField, usize)>>,
}

impl ColumnMeanings {
    /// Interprets headings. `sample` returns values of a column, which decide about ambiguous headings.
    pub fn read(headings: &[String], is_datev: bool, sample: impl Fn(usize) -> Vec<String>) -> Self {
        let keys: Vec<_> = headings.iter().map(|heading| key(heading)).collect();
        let has = |word: &&str| keys.iter().any(|key| key == word);
        let matches = |dialect: &&Dialect| dialect.all.iter().all(has) && dialect.any.iter().any(has);
        let dialect = DIALECTS.iter().find(matches);
        let own = dialect.map_or(&[][..], |dialect| dialect.columns);
        let field = |key: &String| match own.iter().enumerate().find(|(_, (word, _))| word == key) {
            // Headings of a dialect rank after the general ones.
            Some((place, (_, field))) => field.map(|field| (field, 100 + place)),
            None => general_meaning(key),
        };
        let mut fields: Vec<_> = keys.iter().map(field).collect();
        let source = dialect.map_or(if is_datev { ImportSource::Datev } else { ImportSource::Other }, |d| d.source);
        if matches!(source, ImportSource::ActiveDirectory | ImportSource::Csvde) {
            keep_first_email_column(&mut fields);
        }
        if source == ImportSource::Other {
            resolve_by_values(&keys, &mut fields, sample);
        }
        Self { source, fields }
    }

    /// Whether no heading is recognized.
    pub fn are_unknown(&self) -> bool {
        self.fields.iter().all(Option::is_none)
    }
}

/// Principal names such as `anna@corp.local` look like e-mail addresses but often are not: they count only if there is
/// no column of addresses.
fn keep_first_email_column(fields: &mut [Option<(ImportField, usize)>]) {
    let first = fields.iter().flatten().filter(|(field, _)| *field == Email).map(|(_, rank)| *rank).min();
    for field in fields.iter_mut() {
        if field.is_some_and(|(field, rank)| field == Email && Some(rank) != first) {
            *field = None;
        }
    }
}

fn general_meaning(key: &str) -> Option<(ImportField, usize)> {
    FIELD_HEADINGS.iter().find_map(|(field, words)| Some((*field, words.iter().position(|word| word == &key)?)))
}

/// Resolves `username` and `state` by the values of the column.
fn resolve_by_values(
    keys: &[String],
    fields: &mut [Option<(ImportField, usize)>],
    sample: impl Fn(usize) -> Vec<String>,
) {
    let has = |fields: &[Option<(ImportField, usize)>], wanted: &[ImportField]| {
        fields.iter().flatten().any(|(field, _)| wanted.contains(field))
    };
    for (at, key) in keys.iter().enumerate() {
        match key.as_str() {
            "username" | "benutzername" | "login" => {
                let values = sample(at);
                let are_addresses = !values.is_empty() && values.iter().all(|value| value.contains('@'));
                if are_addresses && !has(fields, &[Email]) {
                    fields[at] = Some((Email, 200));
                } else if !are_addresses && !has(fields, &[Name, FirstName, LastName]) {
                    fields[at] = Some((Name, 200));
                }
            }
            // A part of a country, unless a value is a status.
            "state"
                if !has(fields, &[Status]) && sample(at).iter().any(|value| cell_values::enabled(value).is_some()) =>
            {
                fields[at] = Some((Status, 200));
            }
            _ => {}
        }
    }
}

/// The normalized form of a heading. Entra puts the attribute in brackets (`Name [displayName] Required`), Google a
/// remark (`First Name [Required]`).
fn key(heading: &str) -> String {
    // Okta's reports say `user.login` where its exports say `login`.
    let heading = heading.strip_prefix("user.").unwrap_or(heading);
    let bare = |text: &str| fold(text).chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let Some((before, (inside, after))) =
        heading.split_once('[').and_then(|(before, rest)| Some((before, rest.split_once(']')?)))
    else {
        return bare(heading);
    };
    let is_attribute = inside.starts_with(|c: char| c.is_ascii_lowercase()) && !inside.contains(' ');
    match is_attribute {
        // The values are the opposite of the attribute: "Block sign in (Yes/No) [accountEnabled] Required".
        true if bare(before).contains("block") => "blocksignin".to_owned(),
        true => bare(inside),
        false => bare(&format!("{before}{after}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> (ImportSource, Vec<(String, ImportField)>) {
        let headings: Vec<_> = line.split([',', ';']).map(str::to_owned).collect();
        let read = ColumnMeanings::read(&headings, false, |_| Vec::new());
        let named = headings.into_iter().zip(read.fields);
        (read.source, named.filter_map(|(heading, field)| Some((heading, field?.0))).collect())
    }

    fn named(fields: &[(&str, ImportField)]) -> Vec<(String, ImportField)> {
        fields.iter().map(|(heading, field)| ((*heading).to_owned(), *field)).collect()
    }

    #[test]
    fn headings_of_microsoft_are_not_mistaken_for_seatkeepers() {
        let (source, fields) = read(
            "Block credential,City,Country,Department,Display name,First name,Last name,Licenses,Object Id,State,\
             User principal name",
        );
        assert_eq!(source, ImportSource::Microsoft365);
        assert_eq!(
            fields,
            named(&[
                ("Block credential", Blocked),
                ("Display name", Name),
                ("First name", FirstName),
                ("Last name", LastName),
                ("User principal name", Email),
            ])
        );
        let (source, fields) = read(
            "Username,First name,Last name,Display name,Job title,Department,Office phone,Alternate email address,\
             State or province",
        );
        assert_eq!(source, ImportSource::Microsoft365);
        assert_eq!(fields[0], ("Username".to_owned(), Email));
        assert!(!fields.iter().any(|(heading, _)| heading.starts_with("Alternate")));
    }

    #[test]
    fn entra_puts_attributes_in_brackets_and_google_remarks() {
        let (source, fields) = read(
            "Name [displayName] Required,User name [userPrincipalName] Required,\
             Initial password [passwordProfile] Required,Block sign in (Yes/No) [accountEnabled] Required,\
             First name [givenName],Last name [surname],\
             State or province [state]",
        );
        assert_eq!(source, ImportSource::Entra);
        let kinds: Vec<_> = fields.iter().map(|(_, field)| *field).collect();
        assert_eq!(kinds, [Name, Email, Blocked, FirstName, LastName]);
        let (_, german) = read(
            "Name [displayName] Erforderlich,Benutzername [userPrincipalName] Erforderlich,\
             Anmeldung blockieren (Ja/Nein) [accountEnabled] Erforderlich",
        );
        assert_eq!(german[2].1, Blocked);
        let (source, fields) = read(
            "First Name [Required],Last Name [Required],Email Address [Required],Password [Required],\
             Org Unit Path [Required],Status [READ ONLY],Licenses [READ ONLY],New Status [UPLOAD ONLY]",
        );
        assert_eq!(source, ImportSource::Google);
        let kinds: Vec<_> = fields.iter().map(|(_, field)| *field).collect();
        assert_eq!(kinds, [FirstName, LastName, Email, Enabled]);
    }

    #[test]
    fn a_heading_has_its_meaning_in_the_source() {
        let field = |line: &str, wanted: &str| {
            let (source, fields) = read(line);
            (source, fields.into_iter().find(|(heading, _)| heading == wanted).map(|(_, field)| field))
        };
        assert_eq!(field("login,firstName,lastName,email,state", "state"), (ImportSource::Okta, None));
        let jump = "_id,username,email,firstname,lastname,activated,suspended,state";
        assert_eq!(field(jump, "state"), (ImportSource::JumpCloud, Some(Enabled)));
        assert_eq!(field(jump, "username"), (ImportSource::JumpCloud, None));
        let directory = "DistinguishedName,Enabled,GivenName,Name,ObjectClass,ObjectGUID,SamAccountName,SID,Surname,\
                         UserPrincipalName";
        assert_eq!(field(directory, "ObjectClass"), (ImportSource::ActiveDirectory, Some(ObjectClass)));
        assert_eq!(field(directory, "Enabled").1, Some(Enabled));
        let csvde = "DN,objectClass,cn,sn,givenName,displayName,userAccountControl,mail,memberOf";
        assert_eq!(field(csvde, "userAccountControl"), (ImportSource::Csvde, Some(AccountControl)));
        let datev = "Konto;Name (Adressattyp Unternehmen);Name (Adressattyp natürl. Person);\
                     Vorname (Adressattyp natürl. Person);E-Mail";
        assert_eq!(field(datev, "Name (Adressattyp natürl. Person)"), (ImportSource::Datev, Some(LastName)));
        assert_eq!(field(datev, "Name (Adressattyp Unternehmen)").1, None);
        assert_eq!(field("name,email,state", "state"), (ImportSource::Other, None));
        assert_eq!(field("name,email,status,licenses", "licenses").1, Some(Licenses));
    }

    #[test]
    fn ambiguous_headings_are_resolved_by_the_values() {
        let field = |heading: &str, value: &str| {
            let headings = [heading.to_owned(), "E-Mail".to_owned()];
            ColumnMeanings::read(&headings, false, |_| vec![value.to_owned()]).fields[0].map(|(field, _)| field)
        };
        assert_eq!(field("username", "Anna Beck"), Some(Name));
        assert_eq!(field("username", "a@b.c"), None);
        assert_eq!(field("State", "active"), Some(Status));
        assert_eq!(field("State", "Bayern"), None);
    }
}
