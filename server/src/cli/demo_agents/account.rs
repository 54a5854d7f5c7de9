//! The sample account: Remote Support v5 and Service Desk, each named and concurrent; 15 agents share 10 seats.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use seatkeeper_client::Client;
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, UserId},
    license::{ChosenRules, Model},
    people::{Permission, Role},
    wire::{
        account::Setup,
        licenses::{Contract, NewLicense},
        users::NewUser,
    },
};
use std::collections::{BTreeSet, HashMap};

/// Everybody's password in the sample account.
pub const PASSWORD: &str = "ten-seats-fifteen-agents";

/// Somebody of the sample account.
#[derive(Clone, Debug)]
pub struct Person {
    /// Name.
    pub name: &'static str,
    /// What to sign in as him for, if he is shown at the start.
    pub what: &'static str,
    /// Whether he is shown at the start.
    pub shown: bool,
    /// Role.
    pub role: Role,
    /// What he is allowed as a manager.
    pub permissions: &'static [Permission],
    /// Which licenses he has.
    pub has: &'static [Has],
    /// Whether he works by himself.
    pub works: bool,
}

/// A license of the sample account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Has {
    /// Remote Support v5 – Named
    RemoteNamed,
    /// Remote Support v5 – Concurrent
    RemoteShared,
    /// Service Desk – Named
    DeskNamed,
    /// Service Desk – Concurrent
    DeskShared,
}
use Has::{DeskNamed, DeskShared, RemoteNamed, RemoteShared};

impl Person {
    /// The e-mail address, made from the name.
    pub fn email(&self) -> String {
        let german = self.name.replace('ä', "ae").replace(['ö', 'Ö'], "oe").replace('ü', "ue").replace('’', "");
        format!("{}@example.org", crate::text::fold(&german).replace(' ', "."))
    }

    const fn agent(name: &'static str, has: &'static [Has]) -> Self {
        Self { name, what: "agent", shown: false, role: Role::Agent, permissions: &[], has, works: true }
    }

    const fn staff(name: &'static str, what: &'static str, role: Role, permissions: &'static [Permission]) -> Self {
        Self { name, what, shown: true, role, permissions, has: &[], works: false }
    }
}

/// Everybody; the first is the admin who sets the account up.
pub fn people() -> Vec<Person> {
    use Permission::{ManageProducts, ManageSessions, ManageUsers, ViewReports};
    let mut all = vec![
        Person::staff("Anja Krüger", "admin", Role::Admin, &[]),
        Person::staff("Claudia Stein", "manager", Role::Manager, &[ManageUsers, ManageProducts, ManageSessions]),
        Person::staff("Robert Lang", "view only", Role::Manager, &[ViewReports]),
    ];
    // Fifteen agents share the ten seats of Remote Support; Hanna's console is left to whoever looks at the demo.
    let fifteen = [
        "Jonas Weber",
        "Lena Schubert",
        "Mehmet Yılmaz",
        "Sofia Rossi",
        "Thomas Brandt",
        "Chiara Neumann",
        "Pavel Horák",
        "Ebru Özdemir",
        "Daan de Vries",
        "Miriam Vogel",
        "Luca Ferrari",
        "Anna Kowalczyk",
        "Felix Hartmann",
        "Nadia Benali",
    ];
    all.push(Person { shown: true, works: false, ..Person::agent("Hanna Kowalski", &[RemoteShared, DeskShared]) });
    all.extend(fifteen.into_iter().enumerate().map(|(place, name)| {
        Person::agent(name, if place % 3 == 0 { &[RemoteShared, DeskShared] } else { &[RemoteShared] })
    }));
    let named = ["Katrin Seidel", "Oliver Braun", "Yuki Tanaka", "Ingrid Solberg", "Marek Nowak", "Sabine Richter"];
    all.extend(named.into_iter().map(|name| Person::agent(name, &[RemoteNamed])));
    let desk = ["Peter Winkler", "Amira Haddad", "João Pereira", "Greta Lindqvist"];
    all.extend(desk.into_iter().map(|name| Person::agent(name, &[DeskShared])));
    let desk_named = ["Viktor Petrov", "Elif Şahin", "Sean O’Connor"];
    all.extend(desk_named.into_iter().map(|name| Person::agent(name, &[DeskNamed])));
    let idle = ["Birgit Maurer", "Stefan Koch", "Zoë Janssens"];
    all.extend(idle.into_iter().map(|name| Person { works: false, ..Person::agent(name, &[]) }));
    all
}

/// Those who work by themselves.
pub fn agents() -> Vec<Person> {
    people().into_iter().filter(|person| person.works).collect()
}

/// Creates the account with products, licenses and people, as its admin would.
///
/// # Errors
/// The server refuses something.
pub async fn set_up(admin: &Client, token: &str) -> anyhow::Result<()> {
    let everybody = people();
    let first = everybody.first().context("the sample account has people")?;
    let setup = Setup {
        token: token.to_owned(),
        account_name: "Muster Support GmbH".to_owned(),
        name: first.name.to_owned(),
        email: first.email(),
        password: PASSWORD.to_owned(),
        time_zone: Some("Europe/Berlin".to_owned()),
    };
    admin.set_up(&setup).await.context("cannot set the server up")?;
    let remote = admin.add_product("Remote Support v5").await?.id;
    let desk = admin.add_product("Service Desk").await?.id;
    let mut licenses = HashMap::new();
    for (has, product, model, seats) in [
        (RemoteShared, remote, Model::Concurrent, 10),
        (RemoteNamed, remote, Model::Named, 6),
        (DeskShared, desk, Model::Concurrent, 8),
        (DeskNamed, desk, Model::Named, 4),
    ] {
        licenses.insert(has, admin.add_license(&bought(product, model, seats, None)).await?.id);
    }
    let mut holders: HashMap<LicenseId, Vec<UserId>> = HashMap::new();
    for person in everybody.iter().skip(1) {
        let id = admin.add_user(&new_user(person)).await?.id;
        for license in person.has.iter().filter_map(|has| licenses.get(has)) {
            holders.entry(*license).or_default().push(id);
        }
    }
    for (license, users) in holders {
        admin.grant(license, users).await?;
    }
    Ok(())
}

fn bought(product: ProductId, model: Model, seats: i64, ends_at: Option<DateTime<Utc>>) -> NewLicense {
    NewLicense {
        product_id: product,
        model,
        seats,
        starts_at: None,
        ends_at,
        rules: ChosenRules::default(),
        contract: Contract::default(),
    }
}

fn new_user(person: &Person) -> NewUser {
    NewUser {
        name: person.name.to_owned(),
        email: person.email(),
        password: Some(PASSWORD.to_owned()),
        role: person.role,
        permissions: person.permissions.iter().copied().collect::<BTreeSet<_>>(),
        group_ids: Vec::new(),
    }
}
