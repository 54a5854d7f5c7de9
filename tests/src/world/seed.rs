//! An account that is there at once: people with tokens, written into the database without hashing thirty passwords.

use super::{Person, email_of, id_of};
use chrono::TimeDelta;
use seatkeeper::{
    auth::secret,
    clock::{Clock, Dice},
    db::{Db, Tx},
    store,
};
use seatkeeper_shared::{
    ids::{LicenseId, TokenId, UserId},
    people::{Role, Source},
    permissions::Rights,
    wire::account::{AccountView, TokenView},
};
use serde_json::json;

/// Makes the tables, the account, its admin, who is the billing contact, and agents. Nobody can sign in; all hold tokens.
pub async fn people(database: &str, agents: usize) -> (Person, Vec<Person>) {
    let db = Db::open(database).await.expect("the database opens");
    let mut tx = db.begin().await.expect("a transaction");
    let account = AccountView { name: "Muster Support GmbH".to_owned(), time_zone: "Europe/Berlin".to_owned() };
    store::account::insert(&mut tx, &account, Clock::default().now()).await.expect("a new account");
    let admin = person(&mut tx, "Anja Krüger", Role::Admin).await;
    let mut people = Vec::new();
    for number in 0..agents {
        people.push(person(&mut tx, &format!("Agent {number}"), Role::Agent).await);
    }
    tx.commit().await.expect("it is saved");
    // The file is free for the server only when everything is closed.
    db.close().await;
    (admin, people)
}

/// A concurrent license of Remote Support that is assigned to these agents.
pub async fn pool(admin: &Person, agents: &[Person], seats: usize, lease_seconds: u32) -> LicenseId {
    let product = admin.post("/products", &json!({ "name": "Remote Support v5" })).await.created();
    let license = json!({
        "product_id": product["id"], "model": "concurrent", "seats": seats, "lease_seconds": lease_seconds,
    });
    let license = id_of(&admin.post("/licenses", &license).await.created());
    let ids: Vec<_> = agents.iter().map(|agent| agent.id).collect();
    admin.post(&format!("/licenses/{license}/grant"), &json!({ "user_ids": ids })).await.ok();
    license
}

async fn person(tx: &mut Tx, name: &str, role: Role) -> Person {
    let (now, dice) = (Clock::default().now(), Dice::default());
    let id = UserId(dice.id(now));
    let rights = Rights { role, billing_contact: role == Role::Admin, ..Rights::agent() };
    let email = email_of(name);
    let user =
        store::users::Added { id, name, email: &email, rights: &rights, password_hash: "none", source: Source::Manual };
    store::users::insert(tx, &user, now).await.expect("a new user");
    let secret = dice.secret();
    let until = now + TimeDelta::days(30);
    let token = TokenView { id: TokenId(dice.id(now)), name: "test".to_owned(), created_at: now, expires_at: until };
    store::credentials::insert_token(tx, id, &token, &secret::hash(&secret)).await.expect("a new token");
    Person::with_secret(id, secret)
}
