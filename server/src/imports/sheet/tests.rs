use super::*;

fn sheet(bytes: &[u8]) -> Sheet {
    Sheet::read(bytes, &ReadOptions::default()).expect("a table")
}

fn rows(bytes: &[u8]) -> Vec<(i64, Option<String>, Option<String>)> {
    let email = |cells: &Cells| cells.get(ImportField::Email).map(str::to_owned);
    sheet(bytes).rows().map(|cells| (cells.line, cells.name(), email(&cells))).collect()
}

fn one(line: i64, name: &str, email: &str) -> (i64, Option<String>, Option<String>) {
    (line, Some(name.to_owned()), Some(email.to_owned()))
}

#[test]
fn what_excel_writes_is_understood() {
    let expected = [one(2, "Öz, Ana", "oz@example.org")];
    assert_eq!(rows("name,email\n\"Öz, Ana\",oz@example.org\n".as_bytes()), expected);
    assert_eq!(rows("\u{feff}Name;E-Mail\r\nÖz, Ana;oz@example.org\r\n".as_bytes()), expected);
    assert_eq!(rows(b"Benutzer;E-Mail-Adresse\r\n\xd6z, Ana;oz@example.org"), expected, "Windows-1252");
    assert_eq!(rows("Voller Name\tmail\nÖz, Ana\toz@example.org".as_bytes()), expected);
    let utf16: Vec<u8> =
        "\u{feff}name;email\r\nÖz, Ana;oz@example.org".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(rows(&utf16), expected);
    let expected = [one(3, "Öz, Ana", "oz@example.org")];
    for separator in ['|', ';', '\t', ':'] {
        for end in ["\r\n", "\n", "\r"] {
            let said = format!("sep={separator}{end}name{separator}email{end}Öz, Ana{separator}oz@example.org");
            assert_eq!(rows(said.as_bytes()), expected, "{said:?}");
        }
    }
}

#[test]
fn line_breaks_in_quotes_stay_in_their_cell_and_lines_are_counted() {
    for end in ["\r\n", "\n", "\r"] {
        let text = "name,email,notes_\"A_B\",a@b,\"x_y\"__C,c@d,_".replace('_', end);
        assert_eq!(rows(text.as_bytes()), [one(2, &format!("A{end}B"), "a@b"), one(6, "C", "c@d")], "{text:?}");
    }
    assert_eq!(
        rows(b"name,email\rA,a@b\nB,b@c\r\n\rC,c@d"),
        [one(2, "A", "a@b"), one(3, "B", "b@c"), one(5, "C", "c@d")]
    );
}

#[test]
fn rows_may_be_short_long_or_empty() {
    let text = "email,name\na@b\n,,\nc@d,C,more\n\u{feff},\u{a0}\n";
    assert_eq!(rows(text.as_bytes()), [(2, None, Some("a@b".to_owned())), one(4, "C", "c@d")]);
    assert_eq!(rows(b""), []);
    assert!(!sheet(b"what,ever\n1,2").has(ImportField::Email));
    assert_eq!(rows(b"email,name\n\"never closed,x\ny,z\n").len(), 1);
}

#[test]
fn what_an_export_has_guarded_is_as_before() {
    assert_eq!(rows(b"name,email\n'=A,'+a@b\n"), [one(2, "=A", "+a@b")]);
    assert_eq!(rows(b"name,email\n''=A,a@b\n"), [one(2, "'=A", "a@b")]);
    assert_eq!(rows(b"name,email\n'n Beetje,a@b\n"), [one(2, "'n Beetje", "a@b")]);
}

#[test]
fn what_stands_above_the_headings_is_passed_over() {
    let line = |before: &str| {
        rows(format!("{before}Name [displayName] Required,User name [userPrincipalName] Required,Block sign in (Yes/No) [accountEnabled] Required\nExample: Chris Green,chris@example.org,No\nAnna,anna@example.org,No\n").as_bytes())
    };
    assert_eq!(line("version:v1.0\n"), [one(4, "Anna", "anna@example.org")]);
    assert_eq!(line("\"version:v1.0\",,\r"), [one(4, "Anna", "anna@example.org")]);
    let typed = "#TYPE Microsoft.ActiveDirectory.Management.ADUser\r\n\"mail\";\"Name\"\r\n\"a@b\";\"A\"\r\n";
    assert_eq!(rows(typed.as_bytes()), [one(3, "A", "a@b")]);
    let titled = "Unsere Mitarbeiter;;\n;;\nVorname;Nachname;E-Mail\nAnna;Beck;a@b\n";
    assert_eq!(rows(titled.as_bytes()), [one(4, "Anna Beck", "a@b")]);
}

#[test]
fn a_preview_shows_what_is_understood_and_no_passwords() {
    let preview = sheet("Wer;Mail;Mail;;Initial Passwort\nA;a@b;c@d;x;secret\n".as_bytes()).preview();
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
