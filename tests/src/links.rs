//! Invitations, forgotten passwords, and the links by which people set their passwords.

use crate::world::{Mailbox, PASSWORD, Person, World, email_of, on_both_engines, secret_in};
use chrono::TimeDelta;
use seatkeeper_shared::people::{Permission, Role};
use serde_json::{Value, json};

const NEW_PASSWORD: &str = "an even better sentence";

/// Somebody who was added without a password; his path.
async fn newcomer(world: &World, name: &str) -> String {
    let body = json!({ "name": name, "email": email_of(name), "role": "agent" });
    let user = world.admin.post("/users", &body).await.created();
    format!("/users/{}", user["id"].as_str().expect("an id"))
}

async fn link(by: &Person, user: &str) -> String {
    let made = by.post(&format!("{user}/invite"), &()).await.created();
    secret_in(made["link"].as_str().expect("a link"))
}

fn with(secret: &str) -> Value {
    json!({ "secret": secret, "password": NEW_PASSWORD })
}

async fn sign_in(world: &World, name: &str, password: &str) -> crate::world::Answer {
    Person::stranger(&world.url).post("/sign-in", &json!({ "email": email_of(name), "password": password })).await
}

on_both_engines! {
    async fn whoever_is_invited_sets_his_password_once(world: World) {
        let user = newcomer(&world, "Nora Neu").await;
        sign_in(&world, "Nora Neu", "").await.problem(401, "wrong_credentials");
        let made = world.admin.post(&format!("{user}/invite"), &()).await.created();
        assert_eq!((&made["invites"], &made["mailed"]), (&json!(true), &json!(false)));
        assert_eq!(made["expires_at"], "2026-03-09T09:00:00Z");
        let secret = secret_in(made["link"].as_str().expect("a link"));
        let stranger = Person::stranger(&world.url);
        let seen = stranger.post("/links/look", &with(&secret)).await.ok();
        let expected = json!({ "invites": true, "name": "Nora Neu", "email": email_of("Nora Neu"), "password_min": 12,
                               "account_name": "Muster Support GmbH", "expires_at": made["expires_at"] });
        assert_eq!(seen, expected, "looking uses nothing up");
        let short = json!({ "secret": secret, "password": "short" });
        let problem = stranger.post("/links/use", &short).await.problem(422, "invalid");
        assert_eq!(problem["errors"], json!([{ "field": "password", "error": "too_short", "min": 12 }]));
        assert_eq!(stranger.post("/links/use", &with(&secret)).await.status, 204);
        sign_in(&world, "Nora Neu", NEW_PASSWORD).await.ok();
        stranger.post("/links/use", &with(&secret)).await.problem(410, "link_used");
        stranger.post("/links/look", &with(&secret)).await.problem(410, "link_used");
        let made = world.admin.post(&format!("{user}/invite"), &()).await.created();
        assert_eq!(made["invites"], false, "he has a password: this resets it");
        let log = world.whole_log().await;
        assert!(
            log.contains("invitation_made") && log.contains("password_set") && log.contains("password_link_made"),
            "{log}"
        );
        for hidden in [&*secret, NEW_PASSWORD, &secret_in(made["link"].as_str().expect("a link"))] {
            assert!(!log.contains(hidden), "a secret stands in the log");
        }
    }

    async fn of_two_who_use_a_link_at_once_one_is_told(world: World) {
        let user = newcomer(&world, "Nora Neu").await;
        let secret = link(&world.admin, &user).await;
        let people: Vec<_> = (0..6).map(|_| Person::stranger(&world.url)).collect();
        let tries = people.iter().map(|one| async { one.post("/links/use", &with(&secret)).await.status.as_u16() });
        let mut codes = futures_util::future::join_all(tries).await;
        codes.sort_unstable();
        assert_eq!(codes, [204, 410, 410, 410, 410, 410]);
    }

    async fn a_link_that_is_old_replaced_or_made_up_is_called_so(world: World) {
        let user = newcomer(&world, "Nora Neu").await;
        let first = link(&world.admin, &user).await;
        let second = link(&world.admin, &user).await;
        let stranger = Person::stranger(&world.url);
        stranger.post("/links/use", &with(&first)).await.problem(410, "link_expired");
        for nonsense in ["", "made-up", "\u{0}", &"x".repeat(10_000), "' OR 1=1 --"] {
            stranger.post("/links/look", &with(nonsense)).await.problem(404, "link_unknown");
            stranger.post("/links/use", &with(nonsense)).await.problem(404, "link_unknown");
        }
        world.pass(TimeDelta::days(7) - TimeDelta::seconds(1));
        stranger.post("/links/look", &with(&second)).await.ok();
        world.pass(TimeDelta::seconds(1));
        stranger.post("/links/use", &with(&second)).await.problem(410, "link_expired");
        sign_in(&world, "Nora Neu", NEW_PASSWORD).await.problem(401, "wrong_credentials");
    }

    async fn a_new_password_signs_out_everywhere(world: World) {
        let agent = world.agent("Nora Neu").await;
        let other = agent.sign_in_again(&email_of("Nora Neu")).await;
        let secret = link(&world.admin, &format!("/users/{}", agent.id)).await;
        agent.get("/me").await.ok();
        assert_eq!(Person::stranger(&world.url).post("/links/use", &with(&secret)).await.status, 204);
        agent.get("/me").await.problem(401, "not_signed_in");
        other.get("/me").await.problem(401, "not_signed_in");
        sign_in(&world, "Nora Neu", PASSWORD).await.problem(401, "wrong_credentials");
        sign_in(&world, "Nora Neu", NEW_PASSWORD).await.ok();
    }

    async fn nobody_gets_a_link_to_somebody_with_more_rights(world: World) {
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
        Person::stranger(&world.url).post("/links/use", &with(&secret)).await.problem(409, "user_suspended");
    }

    async fn without_a_mail_server_nobody_is_offered_a_letter(world: World) {
        let stranger = Person::stranger(&world.url);
        assert_eq!(stranger.get("/setup").await.ok()["mails"], false);
        stranger
            .post("/forgot-password", &json!({ "email": "anja.krueger@example.org" }))
            .await
            .problem(409, "no_mail");
    }

    async fn an_invitation_goes_by_mail_and_its_secret_to_nobody_else(world: World) {
        let (mailbox, url) = Mailbox::open().await;
        let mailing = World::with_mail(world.engine, &url).await;
        let user = newcomer(&mailing, "Jürgen Neu").await;
        let made = mailing.admin.post(&format!("{user}/invite"), &()).await.created();
        assert_eq!((&made["mailed"], made.get("link")), (&json!(true), None));
        let letter = mailbox.next().await;
        assert!(letter.contains("http://seats.example.org/join-account#") && letter.contains("Jürgen Neu"), "{letter}");
        let secret = secret_in(&letter);
        assert_eq!(Person::stranger(&mailing.url).post("/links/use", &with(&secret)).await.status, 204);
        sign_in(&mailing, "Jürgen Neu", NEW_PASSWORD).await.ok();
    }

    async fn a_letter_that_cannot_be_sent_is_said(world: World) {
        let mailing = World::with_mail(world.engine, "smtp://127.0.0.1:9").await;
        let user = newcomer(&mailing, "Nora Neu").await;
        let answer = mailing.admin.post(&format!("{user}/invite"), &()).await;
        assert!(!answer.body.to_string().contains("join-account"));
        answer.problem(502, "mail_failed");
    }

    async fn whoever_forgot_his_password_is_answered_as_if_nobody_knew_him(world: World) {
        let (mailbox, url) = Mailbox::open().await;
        let mailing = World::with_mail(world.engine, &url).await;
        let stranger = Person::stranger(&mailing.url);
        assert_eq!(stranger.get("/setup").await.ok()["mails"], true);
        let mut answers = Vec::new();
        for email in ["nobody@example.org", "ANJA.krueger@example.org", "nora.neu@example.org"] {
            let answer = stranger.post("/forgot-password", &json!({ "email": email })).await;
            answers.push((answer.status, answer.body, answer.headers.len()));
        }
        answers.dedup();
        assert_eq!((answers.len(), answers[0].0.as_u16()), (1, 202), "the answer tells who exists: {answers:?}");
        let letter = mailbox.next().await;
        assert!(letter.contains("anja.krueger@example.org"), "{letter}");
        mailing.admin.get("/me").await.ok();
        assert_eq!(stranger.post("/links/use", &with(&secret_in(&letter))).await.status, 204);
        mailing.admin.get("/me").await.problem(401, "not_signed_in");
        for nonsense in [json!({ "email": "no address" }), json!({ "email": "" })] {
            stranger.post("/forgot-password", &nonsense).await.problem(422, "invalid");
        }
        stranger.post("/forgot-password", &json!({})).await.problem(400, "bad_request");
        assert_eq!(mailbox.count(), 0, "one letter, to the one who exists");
    }

    async fn nobody_is_buried_in_letters(world: World) {
        let (mailbox, url) = Mailbox::open().await;
        let mailing = World::with_mail(world.engine, &url).await;
        let stranger = Person::stranger(&mailing.url);
        for _ in 0..5 {
            let answer = stranger.post("/forgot-password", &json!({ "email": "anja.krueger@example.org" })).await;
            assert_eq!(answer.status, 202, "also when no more letters are sent");
        }
        for _ in 0..3 {
            mailbox.next().await;
        }
        let more = tokio::time::timeout(std::time::Duration::from_millis(300), mailbox.next()).await;
        assert!(more.is_err(), "three at once are enough");
    }
}
