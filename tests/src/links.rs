//! Invitations, forgotten passwords, and the links with which users set their passwords.

use crate::harness::{Mailbox, PASSWORD, Person, World, email_of, on_both_engines, secret_in};
use chrono::TimeDelta;
use seatkeeper_shared::people::{Permission, Role};
use serde_json::{Value, json};

const NEW_PASSWORD: &str = "an even better sentence";

/// Adds a user without a password, and returns their path.
async fn user_without_password(world: &World, name: &str) -> String {
    let body = json!({ "name": name, "email": email_of(name), "role": "agent" });
    let user = world.admin.post("/users", &body).await.created();
    format!("/users/{}", user["id"].as_str().expect("an id"))
}

async fn link(by: &Person, user: &str) -> String {
    let made = by.post(&format!("{user}/invite"), &()).await.created();
    secret_in(made["link"].as_str().expect("a link"))
}

fn link_body(secret: &str) -> Value {
    json!({ "secret": secret, "password": NEW_PASSWORD })
}

async fn sign_in(world: &World, name: &str, password: &str) -> crate::harness::Answer {
    Person::anonymous(&world.url).post("/sign-in", &json!({ "email": email_of(name), "password": password })).await
}

on_both_engines! {
    async fn an_invited_user_sets_a_password_once(world: World) {
        let user = user_without_password(&world, "Nora Neu").await;
        sign_in(&world, "Nora Neu", "").await.problem(401, "wrong_credentials");
        let made = world.admin.post(&format!("{user}/invite"), &()).await.created();
        assert_eq!((&made["invites"], &made["mailed"]), (&json!(true), &json!(false)));
        assert_eq!(made["expires_at"], "2026-03-09T09:00:00Z");
        let secret = secret_in(made["link"].as_str().expect("a link"));
        let anonymous = Person::anonymous(&world.url);
        let seen = anonymous.post("/links/preview", &link_body(&secret)).await.ok();
        let expected = json!({ "invites": true, "name": "Nora Neu", "email": email_of("Nora Neu"), "password_min": 12,
                               "account_name": "Muster Support GmbH", "expires_at": made["expires_at"] });
        assert_eq!(seen, expected, "a preview does not use the link up");
        let short = json!({ "secret": secret, "password": "short" });
        let problem = anonymous.post("/links/use", &short).await.problem(422, "invalid");
        assert_eq!(problem["errors"], json!([{ "field": "password", "error": "too_short", "min": 12 }]));
        assert_eq!(anonymous.post("/links/use", &link_body(&secret)).await.status, 204);
        sign_in(&world, "Nora Neu", NEW_PASSWORD).await.ok();
        anonymous.post("/links/use", &link_body(&secret)).await.problem(410, "link_used");
        anonymous.post("/links/preview", &link_body(&secret)).await.problem(410, "link_used");
        let made = world.admin.post(&format!("{user}/invite"), &()).await.created();
        assert_eq!(made["invites"], false, "a user with a password gets a reset link");
        let log = world.event_log().await;
        assert!(
            log.contains("invitation_made") && log.contains("password_set") && log.contains("password_link_made"),
            "{log}"
        );
        for hidden in [&*secret, NEW_PASSWORD, &secret_in(made["link"].as_str().expect("a link"))] {
            assert!(!log.contains(hidden), "the log contains a secret");
        }
    }

    async fn of_two_concurrent_uses_of_a_link_one_succeeds(world: World) {
        let user = user_without_password(&world, "Nora Neu").await;
        let secret = link(&world.admin, &user).await;
        let people: Vec<_> = (0..6).map(|_| Person::anonymous(&world.url)).collect();
        let attempts = people
            .iter()
            .map(|browser| async { browser.post("/links/use", &link_body(&secret)).await.status.as_u16() });
        let mut codes = futures_util::future::join_all(attempts).await;
        codes.sort_unstable();
        assert_eq!(codes, [204, 410, 410, 410, 410, 410]);
    }

    async fn an_expired_replaced_or_unknown_link_is_reported_as_such(world: World) {
        let user = user_without_password(&world, "Nora Neu").await;
        let first = link(&world.admin, &user).await;
        let second = link(&world.admin, &user).await;
        let anonymous = Person::anonymous(&world.url);
        anonymous.post("/links/use", &link_body(&first)).await.problem(410, "link_expired");
        for nonsense in ["", "made-up", "\u{0}", &"x".repeat(10_000), "' OR 1=1 --"] {
            anonymous.post("/links/preview", &link_body(nonsense)).await.problem(404, "link_unknown");
            anonymous.post("/links/use", &link_body(nonsense)).await.problem(404, "link_unknown");
        }
        world.advance_clock(TimeDelta::days(7) - TimeDelta::seconds(1));
        anonymous.post("/links/preview", &link_body(&second)).await.ok();
        world.advance_clock(TimeDelta::seconds(1));
        anonymous.post("/links/use", &link_body(&second)).await.problem(410, "link_expired");
        sign_in(&world, "Nora Neu", NEW_PASSWORD).await.problem(401, "wrong_credentials");
    }

    async fn a_new_password_signs_out_everywhere(world: World) {
        let agent = world.agent("Nora Neu").await;
        let other = agent.sign_in_again(&email_of("Nora Neu")).await;
        let secret = link(&world.admin, &format!("/users/{}", agent.id)).await;
        agent.get("/me").await.ok();
        assert_eq!(Person::anonymous(&world.url).post("/links/use", &link_body(&secret)).await.status, 204);
        agent.get("/me").await.problem(401, "not_signed_in");
        other.get("/me").await.problem(401, "not_signed_in");
        sign_in(&world, "Nora Neu", PASSWORD).await.problem(401, "wrong_credentials");
        sign_in(&world, "Nora Neu", NEW_PASSWORD).await.ok();
    }

    async fn no_link_is_issued_for_a_user_with_more_rights(world: World) {
        let manager = world.person("Mona Manager", Role::Manager, &[Permission::ManageUsers]).await;
        let boss = world.person("Bea Boss", Role::Manager, &[]).await;
        for other in [world.admin.id, boss.id] {
            manager.post(&format!("/users/{other}/invite"), &()).await.problem(403, "forbidden");
        }
        let agent = world.agent("Nora Neu").await;
        manager.post(&format!("/users/{}/invite", agent.id), &()).await.created();
        agent.post(&format!("/users/{}/invite", agent.id), &()).await.problem(403, "forbidden");
        manager.post("/users/00000000-0000-4000-8000-000000000000/invite", &()).await.problem(404, "not_found");
        manager.post("/users/nobody/invite", &()).await.problem(404, "not_found");
        let secret = link(&manager, &format!("/users/{}", agent.id)).await;
        world.admin.patch(&format!("/users/{}", agent.id), &json!({ "status": "suspended" })).await.ok();
        manager.post(&format!("/users/{}/invite", agent.id), &()).await.problem(409, "user_suspended");
        Person::anonymous(&world.url).post("/links/use", &link_body(&secret)).await.problem(409, "user_suspended");
    }

    async fn without_a_mail_server_no_mail_is_offered(world: World) {
        let anonymous = Person::anonymous(&world.url);
        assert_eq!(anonymous.get("/setup").await.ok()["mails"], false);
        anonymous
            .post("/forgot-password", &json!({ "email": "anja.krueger@example.org" }))
            .await
            .problem(409, "no_mail");
    }

    async fn an_invitation_is_mailed_and_its_secret_appears_nowhere_else(world: World) {
        let (mailbox, url) = Mailbox::start().await;
        let mailing = World::with_mail(world.engine, &url).await;
        let user = user_without_password(&mailing, "Jürgen Neu").await;
        let made = mailing.admin.post(&format!("{user}/invite"), &()).await.created();
        assert_eq!((&made["mailed"], made.get("link")), (&json!(true), None));
        let letter = mailbox.next().await;
        assert!(letter.contains("http://seats.example.org/join-account#") && letter.contains("Jürgen Neu"), "{letter}");
        let secret = secret_in(&letter);
        assert_eq!(Person::anonymous(&mailing.url).post("/links/use", &link_body(&secret)).await.status, 204);
        sign_in(&mailing, "Jürgen Neu", NEW_PASSWORD).await.ok();
    }

    async fn a_mail_that_cannot_be_sent_is_reported(world: World) {
        let mailing = World::with_mail(world.engine, "smtp://127.0.0.1:9").await;
        let user = user_without_password(&mailing, "Nora Neu").await;
        let answer = mailing.admin.post(&format!("{user}/invite"), &()).await;
        assert!(!answer.body.to_string().contains("join-account"));
        answer.problem(502, "mail_failed");
    }

    async fn a_password_reset_request_does_not_reveal_whether_the_address_exists(world: World) {
        let (mailbox, url) = Mailbox::start().await;
        let mailing = World::with_mail(world.engine, &url).await;
        let anonymous = Person::anonymous(&mailing.url);
        assert_eq!(anonymous.get("/setup").await.ok()["mails"], true);
        let mut answers = Vec::new();
        for email in ["nobody@example.org", "ANJA.krueger@example.org", "nora.neu@example.org"] {
            let answer = anonymous.post("/forgot-password", &json!({ "email": email })).await;
            answers.push((answer.status, answer.body, answer.headers.len()));
        }
        answers.dedup();
        assert_eq!(
            (answers.len(), answers[0].0.as_u16()),
            (1, 202),
            "the answer reveals which addresses exist: {answers:?}"
        );
        let letter = mailbox.next().await;
        assert!(letter.contains("anja.krueger@example.org"), "{letter}");
        mailing.admin.get("/me").await.ok();
        assert_eq!(anonymous.post("/links/use", &link_body(&secret_in(&letter))).await.status, 204);
        mailing.admin.get("/me").await.problem(401, "not_signed_in");
        for nonsense in [json!({ "email": "no address" }), json!({ "email": "" })] {
            anonymous.post("/forgot-password", &nonsense).await.problem(422, "invalid");
        }
        anonymous.post("/forgot-password", &json!({})).await.problem(400, "bad_request");
        assert_eq!(mailbox.count(), 0, "one mail, to the existing user");
    }

    async fn reset_mails_are_limited(world: World) {
        let (mailbox, url) = Mailbox::start().await;
        let mailing = World::with_mail(world.engine, &url).await;
        let anonymous = Person::anonymous(&mailing.url);
        for _ in 0..5 {
            let answer = anonymous.post("/forgot-password", &json!({ "email": "anja.krueger@example.org" })).await;
            assert_eq!(answer.status, 202, "even when no more mails are sent");
        }
        for _ in 0..3 {
            mailbox.next().await;
        }
        let more = tokio::time::timeout(std::time::Duration::from_millis(300), mailbox.next()).await;
        assert!(more.is_err(), "at most three mails at once");
    }
}
