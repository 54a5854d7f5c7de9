//! Test accounts written straight into the database, which saves hashing a password for each user.

use super::{Person, email_of, id_of};
use chrono::TimeDelta;
use seatkeeper::{
    auth::secret,
    clock::{Clock, Random},
    db::{Db, Tx},
    monotonic::MonotonicClock,
    store,
};
use seatkeeper_shared::{
    ids::{LicenseId, TokenId, UserId},
    people::{Role, Source, UserStatus},
    permissions::Rights,
    scope::Scope,
    wire::account::{AccountView, TokenView},
};
use serde_json::json;

/// Creates the tables, the account, its admin (also the billing contact) and agents. They have API tokens, but no
/// passwords.
pub async fn people(database: &str, agents: usize) -> (Person, Vec<Person>) {
    let db = Db::open(database, &MonotonicClock::default()).await.expect("the database opens");
    let mut tx = db.begin().await.expect("a transaction");
    let account = AccountView::new("Muster Support GmbH".to_owned(), "Europe/Berlin".to_owned());
    store::account::insert(&mut tx, &account, Clock::default().now()).await.expect("a new account");
    let admin = person(&mut tx, "Anja Krüger", Role::Admin).await;
    let mut people = Vec::new();
    for number in 0..agents {
        people.push(person(&mut tx, &format!("Agent {number}"), Role::Agent).await);
    }
    tx.commit().await.expect("the commit succeeds");
    // The server can open a SQLite file only after the last connection here is closed.
    db.close().await;
    (admin, people)
}

/// Adds a concurrent license of Remote Support and assigns it to these agents.
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
    let (now, random) = (Clock::default().now(), Random::default());
    let id = UserId(random.id(now));
    let rights = Rights { role, billing_contact: role == Role::Admin, ..Rights::agent() };
    let email = email_of(name);
    let (status, password_hash, source) = (UserStatus::Active, Some("none"), Source::Manual);
    let user = store::users::UserToAdd { id, name, email: &email, rights: &rights, status, password_hash, source };
    store::users::insert(tx, &user, now).await.expect("a new user");
    let secret = random.secret();
    let until = now + TimeDelta::days(30);
    let token = TokenView {
        id: TokenId(random.id(now)),
        name: "test".to_owned(),
        created_at: now,
        expires_at: until,
        scope: Scope::All,
        last_used_at: None,
    };
    store::credentials::insert_token(tx, id, &token, &secret::hash(&secret)).await.expect("a new token");
    Person::with_secret(id, secret)
}
