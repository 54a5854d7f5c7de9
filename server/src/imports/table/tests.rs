//! Tests of reading tables.

use super::*;

fn table(bytes: &[u8]) -> Table {
    Table::read(bytes, &ReadOptions::default()).expect("a table")
}

fn rows(bytes: &[u8]) -> Vec<(i64, Option<String>, Option<String>)> {
    let email = |cells: &TableRow| cells.get(ImportField::Email).map(str::to_owned);
    table(bytes).rows().map(|cells| (cells.line, cells.name(), email(&cells))).collect()
}

fn row(line: i64, name: &str, email: &str) -> (i64, Option<String>, Option<String>) {
    (line, Some(name.to_owned()), Some(email.to_owned()))
}

#[test]
fn encodings_and_separators_of_excel_are_detected() {
    let expected = [row(2, "Öz, Ana", "oz@example.org")];
    assert_eq!(rows("name,email\n\"Öz, Ana\",oz@example.org\n".as_bytes()), expected);
    assert_eq!(rows("\u{feff}Name;E-Mail\r\nÖz, Ana;oz@example.org\r\n".as_bytes()), expected);
    assert_eq!(rows(b"Benutzer;E-Mail-Adresse\r\n\xd6z, Ana;oz@example.org"), expected, "Windows-1252");
    assert_eq!(rows("Voller Name\tmail\nÖz, Ana\toz@example.org".as_bytes()), expected);
    let utf16: Vec<u8> =
        "\u{feff}name;email\r\nÖz, Ana;oz@example.org".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(rows(&utf16), expected);
    let expected = [row(3, "Öz, Ana", "oz@example.org")];
    for separator in ['|', ';', '\t', ':'] {
        for end in ["\r\n", "\n", "\r"] {
            let text = format!("sep={separator}{end}name{separator}email{end}Öz, Ana{separator}oz@example.org");
            assert_eq!(rows(text.as_bytes()), expected, "{text:?}");
        }
    }
}

#[test]
fn quoted_line_breaks_belong_to_the_cell_and_are_counted() {
    for end in ["\r\n", "\n", "\r"] {
        let text = "name,email,notes_\"A_B\",a@b,\"x_y\"__C,c@d,_".replace('_', end);
        assert_eq!(rows(text.as_bytes()), [row(2, &format!("A{end}B"), "a@b"), row(6, "C", "c@d")], "{text:?}");
    }
    assert_eq!(
        rows(b"name,email\rA,a@b\nB,b@c\r\n\rC,c@d"),
        [row(2, "A", "a@b"), row(3, "B", "b@c"), row(5, "C", "c@d")]
    );
}

#[test]
fn rows_may_be_short_long_or_empty() {
    let text = "email,name\na@b\n,,\nc@d,C,more\n\u{feff},\u{a0}\n";
    assert_eq!(rows(text.as_bytes()), [(2, None, Some("a@b".to_owned())), row(4, "C", "c@d")]);
    assert_eq!(rows(b"email,name\n"), []);
    assert!(!table(b"what,ever\n1,2").has(ImportField::Email));
    assert_eq!(rows(b"email,name\n\"never closed,x\ny,z\n").len(), 1);
}

#[test]
fn cells_escaped_by_an_export_are_unescaped() {
    assert_eq!(rows(b"name,email\n'=A,'+a@b\n"), [row(2, "=A", "+a@b")]);
    assert_eq!(rows(b"name,email\n''=A,a@b\n"), [row(2, "'=A", "a@b")]);
    assert_eq!(rows(b"name,email\n'n Beetje,a@b\n"), [row(2, "'n Beetje", "a@b")]);
}

#[test]
fn lines_above_the_headings_are_skipped() {
    let line = |before: &str| {
        let table = concat!(
            "Name [displayName] Required,User name [userPrincipalName] Required,",
            "Block sign in (Yes/No) [accountEnabled] Required\n",
            "Example: Chris Green,chris@example.org,No\nAnna,anna@example.org,No\n",
        );
        rows(format!("{before}{table}").as_bytes())
    };
    assert_eq!(line("version:v1.0\n"), [row(4, "Anna", "anna@example.org")]);
    assert_eq!(line("\"version:v1.0\",,\r"), [row(4, "Anna", "anna@example.org")]);
    let typed = "#TYPE Microsoft.ActiveDirectory.Management.ADUser\r\n\"mail\";\"Name\"\r\n\"a@b\";\"A\"\r\n";
    assert_eq!(rows(typed.as_bytes()), [row(3, "A", "a@b")]);
    let titled = "Unsere Mitarbeiter;;\n;;\nVorname;Nachname;E-Mail\nAnna;Beck;a@b\n";
    assert_eq!(rows(titled.as_bytes()), [row(4, "Anna Beck", "a@b")]);
}

#[test]
fn a_preview_shows_recognized_fields_and_hides_passwords() {
    let preview = table("Wer;Mail;Mail;;Initial Passwort\nA;a@b;c@d;x;secret\n".as_bytes()).preview();
    let columns: Vec<_> = preview
        .columns
        .iter()
        .map(|c| (c.key.as_str(), c.field.map(ImportField::as_str), c.values[0].as_str()))
        .collect();
    assert_eq!(
        columns,
        [
            ("Wer", None, "A"),
            ("#2", Some("email"), "a@b"),
            ("#3", Some("email"), "c@d"),
            ("#4", None, "x"),
            ("Initial Passwort", None, "•••"),
        ]
    );
    assert_eq!((preview.rows, preview.heading_line, preview.encoding.as_deref()), (1, 1, Some("UTF-8")));
}

#[test]
fn columns_headings_and_counted_rows_are_limited() {
    let text = format!("email{}\na@b{}\n", ",x".repeat(1_500), ",y".repeat(3_000));
    let wide = table(text.as_bytes());
    assert_eq!((wide.preview().columns.len(), wide.rows().count()), (1_000, 1));
    let text = format!("email,{}\na@b,x\n", "ü".repeat(300));
    assert_eq!(table(text.as_bytes()).preview().columns[1].heading, "ü".repeat(200));
    let long = table(format!("email\n{}", "a@b\n".repeat(250_010)).as_bytes());
    assert_eq!((long.count_rows(), long.preview().rows), (250_001, 250_001));
}
