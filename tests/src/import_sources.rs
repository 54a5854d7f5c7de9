//! Import files as other programs write them: their content is understood, or refused with column and line.

use crate::{
    harness::{Answer, Person, World, on_both_engines},
    imports::{ended, import, user},
    scim::Directory,
};
use reqwest::Method;
use seatkeeper_shared::license::Model;
use serde_json::{Value, json};

async fn preview(by: &Person, file: &[u8], query: &str) -> Answer {
    by.send(by.request(Method::POST, &format!("/import/preview{query}")).body(file.to_vec())).await
}

/// The mapping of the columns, as `heading=field`.
fn fields(preview: &Value) -> Vec<String> {
    let columns = preview["columns"].as_array().expect("columns").iter();
    let understood = columns.filter(|column| column["field"].is_string());
    let text = |column: &Value, name: &str| column[name].as_str().expect("text").to_owned();
    understood.map(|column| format!("{}={}", text(column, "heading"), text(column, "field"))).collect()
}

/// Imports a file, and returns the outcome of each row with the user: `line outcome name status`.
async fn outcome(world: &World, file: &[u8]) -> Vec<String> {
    let (done, mut rows) = import(&world.admin, file, false).await;
    assert_eq!(done["state"], "done", "{done:#}");
    rows.sort_by_key(|row| row["line"].as_i64());
    let mut outcomes = Vec::new();
    for row in rows {
        let user = user(world, row["email"].as_str().expect("an address")).await;
        let of_user = |field: &str| user[field].as_str().unwrap_or("-").to_owned();
        let text = format!(
            "{} {} {} {}",
            row["line"],
            row["outcome"].as_str().expect("text"),
            of_user("name"),
            of_user("status")
        );
        let notes = ["notices", "problems"].map(|kind| row[kind].as_array().cloned().unwrap_or_default()).concat();
        let notes = notes.iter().map(|note| {
            let heading = note["heading"].as_str().or(note["column"].as_str()).expect("a column");
            let why = note["error"]["error"].as_str().or(note["code"].as_str()).expect("a code");
            format!(" ({heading} {}: {why})", note["value"].as_str().expect("a value"))
        });
        outcomes.push(format!("{text}{}", notes.collect::<String>()));
    }
    outcomes
}

on_both_engines! {
    async fn microsoft_365(world: World) {
        world.pool(1, 1).await;
        let file = "\u{feff}Block credential,City,Country,Department,Display name,First name,Last name,Licenses,\
            Object Id,State,Title,User principal name\r\n\
            False,München,Germany,IT,Anna Beck,Anna,Beck,Microsoft 365 Business Premium+Power BI,11,Bayern,Agent,\
            anna@example.org\r\n\
            True,Köln,Germany,IT,Bert Cohn,Bert,Cohn,,12,NRW,Agent,bert@example.org\r\n\
            Perhaps,Köln,Germany,IT,Carl Dorn,Carl,Dorn,,13,NRW,Agent,carl@example.org\r\n";
        let seen = preview(&world.admin, file.as_bytes(), "").await.ok();
        assert_eq!((&seen["source"], &seen["rows"]), (&json!("microsoft_365"), &json!(3)));
        assert_eq!(
            outcome(&world, file.as_bytes()).await,
            [
                "2 created Anna Beck active",
                "3 created Bert Cohn suspended (Block credential True: user_suspended)",
                "4 refused - - (Block credential Perhaps: unknown)",
            ]
        );
        assert_eq!(user(&world, "anna@example.org").await["license_ids"], json!([]));
        // A user suspended manually is not reactivated because the directory lists them as enabled.
        let anna = user(&world, "anna@example.org").await["id"].as_str().expect("an id").to_owned();
        world.admin.patch(&format!("/users/{anna}"), &json!({ "status": "suspended" })).await.ok();
        assert_eq!(outcome(&world, file.as_bytes()).await[0], "2 unchanged Anna Beck suspended");
        let template = "Username,First name,Last name,Display name,Job title,Department,Office number,Office phone,\
            Mobile phone,Fax,Alternate email address,Address,City,State or province,ZIP or postal code,\
            Country or region\r\n\
            dora@example.org,Dora,Ernst,Dora Ernst,,,,,,,private@example.net,,,Bayern,,\r\n";
        assert_eq!(outcome(&world, template.as_bytes()).await, ["2 created Dora Ernst active"]);
    }

    async fn entra(world: World) {
        let export = "userPrincipalName,displayName,surname,mail,givenName,id,userType,jobTitle,department,\
            accountEnabled,usageLocation,streetAddress,state,country,creationType,invitationState\n\
            anna@corp.example,Anna Beck,Beck,anna@example.org,Anna,1,Member,,,True,DE,,Bayern,Germany,,\n\
            bert@example.org,Bert Cohn,Cohn,,Bert,2,Member,,,FALSE,DE,,NRW,Germany,,\n";
        assert_eq!(
            outcome(&world, export.as_bytes()).await,
            ["2 created Anna Beck active", "3 created Bert Cohn suspended (accountEnabled FALSE: user_suspended)",]
        );
        let template = "version:v1.0\r\n\
            Name [displayName] Required,User name [userPrincipalName] Required,\
            Initial password [passwordProfile] Required,Block sign in (Yes/No) [accountEnabled] Required,\
            First name [givenName],Last name [surname],State or province [state]\r\n\
            Example: Chris Green,chris@example.org,myPassword1234,No,Chris,Green,Washington\r\n\
            Carl Dorn,carl@example.org,Geheim!1234567,No,Carl,Dorn,Bayern\r\n\
            Dora Ernst,dora@example.org,Geheim!1234567,Yes,Dora,Ernst,Bayern\r\n";
        let seen = preview(&world.admin, template.as_bytes(), "").await.ok();
        assert_eq!((&seen["source"], &seen["heading_line"], &seen["rows"]), (&json!("entra"), &json!(2), &json!(2)));
        assert!(!seen.to_string().contains("Geheim"), "passwords are not shown");
        assert_eq!(
            outcome(&world, template.as_bytes()).await,
            [
                "4 created Carl Dorn active",
                "5 created Dora Ernst suspended (Block sign in (Yes/No) [accountEnabled] Required Yes: user_suspended)",
            ]
        );
        let german = "version:v1.0\r\n\
            Name [displayName] Erforderlich;Benutzername [userPrincipalName] Erforderlich;\
            Anfangskennwort [passwordProfile] Erforderlich;\
            Anmeldung blockieren (Ja/Nein) [accountEnabled] Erforderlich\r\n\
            Eva Fuß;eva@example.org;x;Ja\r\n";
        assert_eq!(
            outcome(&world, german.as_bytes()).await,
            ["3 created Eva Fuß suspended \
                 (Anmeldung blockieren (Ja/Nein) [accountEnabled] Erforderlich Ja: user_suspended)",]
        );
    }

    async fn google_workspace(world: World) {
        let file = "First Name [Required],Last Name [Required],Email Address [Required],Password [Required],\
            Password Hash Function [UPLOAD ONLY],Org Unit Path [Required],New Primary Email [UPLOAD ONLY],\
            Status [READ ONLY],Last Sign In [READ ONLY],Recovery Email,Licenses [READ ONLY],\
            New Licenses [UPLOAD ONLY]\n\
            Anna,Beck,anna@example.org,****,,/,,Active,2026/01/01,private@example.net,Google Workspace,\n\
            Bert,Cohn,bert@example.org,****,,/,,Suspended,Never logged in,,Google Workspace,\n\
            Carl,Dorn,carl@example.org,****,,/,,Archived,Never logged in,,,\n";
        assert_eq!(
            outcome(&world, file.as_bytes()).await,
            [
                "2 created Anna Beck active",
                "3 created Bert Cohn suspended (Status [READ ONLY] Suspended: user_suspended)",
                "4 created Carl Dorn suspended (Status [READ ONLY] Archived: user_suspended)",
            ]
        );
    }

    async fn okta(world: World) {
        let file = "login,firstName,lastName,middleName,email,title,displayName,secondEmail,mobilePhone,city,state,\
            countryCode,userType,department,status\n\
            anna,Anna,Beck,,anna@example.org,,,private@example.net,,,CA,US,,IT,ACTIVE\n\
            bert@example.org,Bert,Cohn,,,,Bert C.,,,,CA,US,,IT,DEPROVISIONED\n\
            carl,Carl,Dorn,,,,,,,,CA,US,,IT,ACTIVE\n";
        assert_eq!(
            outcome(&world, file.as_bytes()).await,
            [
                "2 created Anna Beck active",
                "3 created Bert C. suspended (status DEPROVISIONED: user_suspended)",
                "4 refused - - (email carl: email)",
            ]
        );
    }

    async fn active_directory(world: World) {
        let file = "#TYPE Microsoft.ActiveDirectory.Management.ADUser\r\n\
            \"DistinguishedName\";\"EmailAddress\";\"Enabled\";\"GivenName\";\"Name\";\
            \"ObjectClass\";\"ObjectGUID\";\"SamAccountName\";\"SID\";\"Surname\";\"UserPrincipalName\"\r\n\
            \"CN=Anna Beck,OU=IT,DC=corp,DC=local\";\"anna@example.org\";\"True\";\"Anna\";\
            \"Anna Beck\";\"user\";\"1\";\"abeck\";\"S-1\";\"Beck\";\"abeck@corp.local\"\r\n\
            \"CN=Bert Cohn,OU=IT,DC=corp,DC=local\";\"bert@example.org\";\"False\";\"Bert\";\
            \"Bert Cohn\";\"user\";\"2\";\"bcohn\";\"S-2\";\"Cohn\";\"bcohn@corp.local\"\r\n\
            \"CN=Carl Dorn,OU=IT,DC=corp,DC=local\";;\"True\";\"Carl\";\
            \"Carl Dorn\";\"user\";\"3\";\"cdorn\";\"S-3\";\"Dorn\";\"cdorn@corp.local\"\r\n";
        // PowerShell may write UTF-16.
        let utf16: Vec<u8> = format!("\u{feff}{file}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(
            outcome(&world, &utf16).await,
            [
                "3 created Anna Beck active",
                "4 created Bert Cohn suspended (Enabled False: user_suspended)",
                "5 refused - - (EmailAddress : required)",
            ]
        );
    }

    async fn csvde(world: World) {
        let file = "DN,objectClass,distinguishedName,cn,sn,givenName,displayName,memberOf,userAccountControl,\
            sAMAccountName,userPrincipalName,mail\r\n\
            \"CN=Anna Beck,DC=corp,DC=local\",user,\"CN=Anna Beck,DC=corp,DC=local\",Anna Beck,Beck,Anna,\
            X'416e6e61204265636bc3a9',\"CN=Sales,DC=corp\",512,abeck,abeck@corp.local,anna@example.org\r\n\
            \"CN=Bert,DC=corp,DC=local\",user,\"CN=Bert,DC=corp,DC=local\",Bert Cohn,Cohn,Bert,,,514,bcohn,\
            bcohn@corp.local,bert@example.org\r\n\
            \"CN=Sales,DC=corp,DC=local\",group,\"CN=Sales,DC=corp,DC=local\",Sales,,,,,,Sales,,sales@example.org\r\n";
        assert_eq!(
            outcome(&world, file.as_bytes()).await,
            [
                "2 created Anna Becké active",
                "3 created Bert Cohn suspended (userAccountControl 514: user_suspended)",
                "4 refused - - (objectClass group: unknown)",
            ]
        );
    }

    async fn jumpcloud(world: World) {
        let file = "_id,username,email,firstname,lastname,displayname,activated,suspended,state,account_locked,\
            ldap_binding_user\n\
            1,abeck,anna@example.org,Anna,Beck,,TRUE,FALSE,ACTIVATED,FALSE,FALSE\n\
            2,bcohn,bert@example.org,Bert,Cohn,,TRUE,TRUE,SUSPENDED,FALSE,FALSE\n";
        let outcomes = outcome(&world, file.as_bytes()).await;
        assert_eq!(outcomes[0], "2 created Anna Beck active");
        assert!(
            outcomes[1].starts_with("3 created Bert Cohn suspended (")
                && outcomes[1].contains("(suspended TRUE: user_suspended)"),
            "{outcomes:?}"
        );
    }

    async fn datev(world: World) {
        let mut file = b"\"EXTF\";700;16;\"Debitoren/Kreditoren\";5;20260130140440439;;\"RE\";\"\";\"\"\r\n\
            Konto;Name (Adressattyp Unternehmen);Name (Adressattyp nat\xfcrl. Person);\
            Vorname (Adressattyp nat\xfcrl. Person);E-Mail\r\n"
            .to_vec();
        file.extend(
            b"70001;;\"M\xfcller\";\"J\xf6rg\";\"joerg@example.org\"\r\n\
            70002;\"Firma GmbH\";;;\"info@example.org\"\r\n",
        );
        assert_eq!(outcome(&world, &file).await, ["3 created Jörg Müller active", "4 refused - - (name : required)",]);
        let staff =
            b"Personalnummer;Familienname;Vorname;E-Mail-Adresse;Austrittsdatum\r\n1;Gr\xfcn;Ida;ida@example.org;\r\n";
        assert_eq!(outcome(&world, staff).await, ["2 created Ida Grün active"]);
    }

    async fn an_import_accepts_a_column_mapping(world: World) {
        let product = world.product("Chat").await;
        world.license(product, Model::Named, 5).await;
        let file = "Wer;Post;Programm;Ort;\nAnna Beck;anna@example.org;chat;Bonn;x\n";
        let seen = preview(&world.admin, file.as_bytes(), "").await.ok();
        assert_eq!(fields(&seen), [] as [&str; 0]);
        assert_eq!(
            (&seen["columns"][1]["key"], &seen["columns"][4]["key"], &seen["columns"][2]["values"]),
            (&json!("Post"), &json!("#5"), &json!(["chat"]))
        );
        let send = async |mapping: Value, dry_run: bool| {
            let request = world
                .admin
                .request(Method::POST, "/import")
                .query(&[("dry_run", dry_run.to_string()), ("mapping", mapping.to_string())]);
            world.admin.send(request.body(file)).await
        };
        send(Value::Null, true).await.problem(422, "invalid");
        let unknown = send(json!({ "Post": "email", "Nachname": "name" }), true).await.problem(422, "invalid");
        assert_eq!(
            (&unknown["errors"][0]["error"], &unknown["errors"][0]["heading"]),
            (&json!("no_such_column"), &json!("Nachname"))
        );
        send(json!({ "Post": "shoe_size" }), true).await.problem(422, "invalid");
        let no_email = send(json!({ "Wer": "name" }), true).await.problem(422, "invalid");
        assert_eq!(
            (&no_email["errors"][0]["field"], &no_email["errors"][0]["error"]),
            (&json!("email"), &json!("required"))
        );
        let twice = json!({ "Post": "email", "Wer": "name", "Ort": "name" });
        let previewed = world.admin.request(Method::POST, "/import/preview").query(&[("mapping", twice.to_string())]);
        for answer in [
            send(twice.clone(), true).await,
            send(twice.clone(), false).await,
            world.admin.send(previewed.body(file)).await,
        ] {
            let refused = answer.problem(422, "invalid");
            assert_eq!(
                refused["errors"],
                json!([{
                    "field": "mapping", "error": "meaning_twice", "meaning": "name", "heading": "Wer", "other": "Ort",
                }])
            );
        }
        let mapping = json!({ "Wer": "name", "#2": "email", "Programm": "licenses" });
        let begun = send(mapping, false).await.accepted();
        let path = format!("/imports/{}", begun["id"].as_str().expect("an id"));
        ended(&world.admin, &path).await;
        let anna = user(&world, "anna@example.org").await;
        assert_eq!((&anna["name"], anna["license_ids"].as_array().map(Vec::len)), (&json!("Anna Beck"), Some(1)));
    }

    async fn a_mapping_keeps_the_precedence_of_detected_columns(world: World) {
        let file = "login,email,firstName,lastName,Wer,Zutritt\n\
            anna@corp.example,anna@example.org,Anna,Beck,A. Beck,\nbert@example.org,,Bert,Cohn,,nein\n";
        let mapping = json!({
            "login": "email", "email": "email", "firstName": "first_name", "lastName": "last_name", "Wer": "name",
            "Zutritt": "enabled",
        });
        let query = [("dry_run", "false".to_owned()), ("mapping", mapping.to_string())];
        let request = world.admin.request(Method::POST, "/import").query(&query).body(file);
        let begun = world.admin.send(request).await.accepted();
        let path = format!("/imports/{}", begun["id"].as_str().expect("an id"));
        ended(&world.admin, &path).await;
        let (anna, bert) = (user(&world, "anna@example.org").await, user(&world, "bert@example.org").await);
        assert_eq!((&anna["name"], &anna["status"]), (&json!("A. Beck"), &json!("active")));
        assert_eq!((&bert["name"], &bert["status"]), (&json!("Bert Cohn"), &json!("suspended")));
    }

    async fn a_workbook_is_read_and_other_files_are_named(world: World) {
        let users = include_bytes!("../fixtures/users.xlsx");
        let seen = preview(&world.admin, users, "").await.ok();
        assert_eq!(
            (&seen["sheets"], &seen["sheet"], &seen["heading_line"]),
            (&json!(["Leer", "Mitarbeiter", "Andere"]), &json!("Mitarbeiter"), &json!(3))
        );
        assert_eq!(
            outcome(&world, users).await,
            ["4 created Jürgen Groß active", "7 created Mia Maß suspended (Aktiviert false: user_suspended)",]
        );
        let other = preview(&world.admin, users, "?sheet=Andere").await.ok();
        assert_eq!(fields(&other), ["email=email", "name=name"]);
        let none = preview(&world.admin, users, "?sheet=None").await.problem(422, "invalid");
        assert_eq!(none["errors"][0]["field"], "sheet");
        for (file, kind) in [(&b"%PDF-1.7"[..], "pdf"), (b"PK\x03\x04photos/cat.jpg", "archive")] {
            let refused = preview(&world.admin, file, "").await.problem(422, "invalid");
            assert_eq!(
                (&refused["errors"][0]["field"], &refused["errors"][0]["error"], &refused["errors"][0]["kind"]),
                (&json!("file"), &json!("file_kind"), &json!(kind))
            );
        }
    }

    async fn an_invalid_byte_is_shown_and_the_encoding_requested(world: World) {
        let mut file = "name,email\nÖz,oz@example.org\nM".as_bytes().to_vec();
        file.extend(b"\xfcller,mueller@example.org\n");
        let refused = preview(&world.admin, &file, "").await.problem(422, "invalid");
        let error = &refused["errors"][0];
        assert_eq!(
            (&error["field"], &error["error"], &error["line"], &error["column"]),
            (&json!("file"), &json!("not_encoded"), &json!(3), &json!(1))
        );
        let seen = preview(&world.admin, &file, "?encoding=windows-1252").await.ok();
        assert_eq!((&seen["encoding"], &seen["columns"][0]["values"][1]), (&json!("windows-1252"), &json!("Müller")));
        let unknown = preview(&world.admin, &file, "?encoding=klingon").await.problem(422, "invalid");
        assert_eq!(unknown["errors"][0]["field"], "encoding");
    }

    async fn invisible_characters_do_not_create_a_second_account(world: World) {
        let file = "\u{feff}E\u{ad}-Mail\u{a0},Name\n\u{200b}anna@example.org\u{a0},Anna\u{a0}Beck\u{feff}\n\
            ber\u{200b}t@example.org,Bert\n";
        assert_eq!(outcome(&world, file.as_bytes()).await[0], "2 created Anna Beck active");
        let (done, rows) = import(&world.admin, file.as_bytes(), true).await;
        assert_eq!((&done["unchanged"], &rows[0]["problems"][0]["error"]["character"]), (&json!(1), &json!("U+200B")));
        let body = json!({
            "name": "Anna", "email": "\u{feff}ANNA@example.org", "role": "agent",
            "password": crate::harness::PASSWORD,
        });
        world.admin.post("/users", &body).await.problem(409, "already_exists");
        let inside = json!({
            "name": "Bert", "email": "ber\u{200b}t@example.org", "role": "agent",
            "password": crate::harness::PASSWORD,
        });
        let refused = world.admin.post("/users", &inside).await.problem(422, "invalid");
        assert_eq!(refused["errors"][0]["error"], "invisible_character");
        let person = world.agent("Carl Dorn").await;
        person.sign_in_again("\u{200b}carl.dorn@example.org\u{a0}").await;
        let directory = Directory::create(&world, "Entra").await;
        let scim_user = |email: &str| {
            let emails = json!([{ "value": email, "primary": true }]);
            json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "dora",
                "displayName": "Dora\u{200b}", "emails": emails,
            })
        };
        let refused = directory.post("/Users", scim_user("do\u{2060}ra@example.org")).await;
        assert_eq!(
            (refused.status.as_u16(), refused.body["scimType"].as_str()),
            (400, Some("invalidValue")),
            "{:#}",
            refused.body
        );
        assert!(refused.body["detail"].as_str().is_some_and(|detail| detail.contains("U+2060")), "{:#}", refused.body);
        directory.post("/Users", scim_user("\u{feff}dora@example.org\u{a0}")).await.created();
        assert_eq!(user(&world, "dora@example.org").await["name"], "Dora");
    }
}
