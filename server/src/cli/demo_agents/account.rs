//! The sample account: Remote Support v5 and Service Desk, each with a named and a concurrent license; 15 agents share
//! 10 seats.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use seatkeeper_client::Client;
use seatkeeper_shared::{
    endpoints,
    ids::{LicenseId, ProductId, UserId},
    license::{Model, Price, RuleOverrides},
    people::{Permission, Role},
    wire::{
        account::Setup,
        groups::{ChangeMembers, NewGroup},
        licenses::{Contract, NewLicense},
        users::NewUser,
    },
};
use std::collections::{BTreeSet, HashMap};

/// The password of every user in the sample account.
pub const PASSWORD: &str = "ten-seats-fifteen-agents";

/// A user of the sample account.
#[derive(Clone, Debug)]
pub struct SampleUser {
    pub name: &'static str,
    /// The role shown at the start.
    pub description: &'static str,
    /// Whether the user is listed at the start, as one to sign in as.
    pub is_shown: bool,
    pub role: Role,
    pub permissions: &'static [Permission],
    pub licenses: &'static [SampleLicense],
    pub is_simulated: bool,
}

/// A license of the sample account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SampleLicense {
    /// Remote Support v5 – Named
    RemoteNamed,
    /// Remote Support v5 – Concurrent
    RemoteShared,
    /// Service Desk – Named
    DeskNamed,
    /// Service Desk – Concurrent
    DeskShared,
}
use SampleLicense::{DeskNamed, DeskShared, RemoteNamed, RemoteShared};

impl SampleUser {
    /// The e-mail address, derived from the name.
    pub fn email(&self) -> String {
        let german = self.name.replace('ä', "ae").replace(['ö', 'Ö'], "oe").replace('ü', "ue").replace('’', "");
        format!("{}@example.org", crate::normalize::fold(&german).replace(' ', "."))
    }

    const fn agent(name: &'static str, licenses: &'static [SampleLicense]) -> Self {
        Self {
            name,
            description: "agent",
            is_shown: false,
            role: Role::Agent,
            permissions: &[],
            licenses,
            is_simulated: true,
        }
    }

    const fn staff(
        name: &'static str,
        description: &'static str,
        role: Role,
        permissions: &'static [Permission],
    ) -> Self {
        Self { name, description, is_shown: true, role, permissions, licenses: &[], is_simulated: false }
    }
}

/// All users; the first is the admin who sets the account up.
pub fn users() -> Vec<SampleUser> {
    use Permission::{ManageProducts, ManageSessions, ManageUsers, ViewReports};
    let mut all = vec![
        SampleUser::staff("Anja Krüger", "admin", Role::Admin, &[]),
        SampleUser::staff("Claudia Stein", "manager", Role::Manager, &[ManageUsers, ManageProducts, ManageSessions]),
        SampleUser::staff("Robert Lang", "view only", Role::Manager, &[ViewReports]),
    ];
    // With Hanna, fifteen agents share the ten seats of Remote Support. Hanna is not simulated, so that a visitor can
    // work in that console.
    let remote_shared = [
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
    let hanna = SampleUser::agent("Hanna Kowalski", &[RemoteShared, DeskShared]);
    all.push(SampleUser { is_shown: true, is_simulated: false, ..hanna });
    all.extend(remote_shared.into_iter().enumerate().map(|(index, name)| {
        SampleUser::agent(name, if index % 3 == 0 { &[RemoteShared, DeskShared] } else { &[RemoteShared] })
    }));
    let remote_named =
        ["Katrin Seidel", "Oliver Braun", "Yuki Tanaka", "Ingrid Solberg", "Marek Nowak", "Sabine Richter"];
    all.extend(remote_named.into_iter().map(|name| SampleUser::agent(name, &[RemoteNamed])));
    let desk_shared = ["Peter Winkler", "Amira Haddad", "João Pereira", "Greta Lindqvist"];
    all.extend(desk_shared.into_iter().map(|name| SampleUser::agent(name, &[DeskShared])));
    let desk_named = ["Viktor Petrov", "Elif Şahin", "Sean O’Connor"];
    all.extend(desk_named.into_iter().map(|name| SampleUser::agent(name, &[DeskNamed])));
    let without_license = ["Birgit Maurer", "Stefan Koch", "Zoë Janssens"];
    let without_license = without_license.map(|name| SampleUser::agent(name, &[]));
    all.extend(without_license.map(|user| SampleUser { is_simulated: false, ..user }));
    all
}

/// The agents that `demo-agents` simulates.
pub fn simulated_agents() -> Vec<SampleUser> {
    users().into_iter().filter(|user| user.is_simulated).collect()
}

/// The sample account on a server.
#[derive(Clone, Debug)]
pub struct SampleAccount {
    /// Remote Support v5.
    pub remote: ProductId,
    /// Service Desk.
    pub desk: ProductId,
    pub licenses: HashMap<SampleLicense, LicenseId>,
    /// All users with their ids; the first is the admin.
    pub users: Vec<(UserId, SampleUser)>,
}

impl SampleLicense {
    const ALL: [Self; 4] = [RemoteShared, RemoteNamed, DeskShared, DeskNamed];

    fn model(self) -> Model {
        match self {
            RemoteShared | DeskShared => Model::Concurrent,
            RemoteNamed | DeskNamed => Model::Named,
        }
    }

    /// What the account buys, and the price of a seat in euro cents a month.
    fn purchase(self) -> (i64, i64) {
        match self {
            RemoteShared => (10, 3_900),
            RemoteNamed => (6, 2_400),
            DeskShared => (8, 2_900),
            DeskNamed => (4, 1_900),
        }
    }
}

/// When and with how many shared seats the account is set up.
#[derive(Clone, Copy, Debug)]
pub struct SampleTerms {
    /// The seats of Remote Support v5 – Concurrent.
    pub remote_shared_seats: i64,
    /// When Service Desk – Named ends.
    pub desk_named_ends_at: Option<DateTime<Utc>>,
}

impl Default for SampleTerms {
    fn default() -> Self {
        Self { remote_shared_seats: RemoteShared.purchase().0, desk_named_ends_at: None }
    }
}

/// Creates the account with its products, licenses, users and groups, as its admin would.
///
/// # Errors
/// Returns an error if the server refuses a request.
pub async fn set_up(admin: &Client, token: &str, terms: SampleTerms) -> anyhow::Result<SampleAccount> {
    let users = users();
    let first = users.first().context("the sample account has no users")?;
    let setup = Setup {
        token: token.to_owned(),
        account_name: "Muster Support GmbH".to_owned(),
        name: first.name.to_owned(),
        email: first.email(),
        password: PASSWORD.to_owned(),
        time_zone: Some("Europe/Berlin".to_owned()),
    };
    let first = admin.set_up(&setup).await.context("cannot set the server up")?.id;
    let remote = admin.add_product("Remote Support v5").await?.id;
    let desk = admin.add_product("Service Desk").await?.id;
    let mut licenses = HashMap::new();
    for license in SampleLicense::ALL {
        let product = if matches!(license, RemoteShared | RemoteNamed) { remote } else { desk };
        licenses.insert(license, admin.add_license(&new_license(license, product, terms)).await?.id);
    }
    let mut ids = vec![first];
    for user in users.iter().skip(1) {
        ids.push(admin.add_user(&new_user(user)).await?.id);
    }
    let users: Vec<_> = ids.into_iter().zip(users).collect();
    for (license, id) in &licenses {
        let holders = users.iter().filter(|(_, user)| user.licenses.contains(license)).map(|(user, _)| *user);
        admin.grant(*id, holders.collect()).await?;
    }
    add_groups(admin, &users).await?;
    Ok(SampleAccount { remote, desk, licenses, users })
}

/// Puts the agents of the shared licenses into two groups, and those of the named ones into a third.
async fn add_groups(admin: &Client, users: &[(UserId, SampleUser)]) -> anyhow::Result<()> {
    let shared = users.iter().filter(|(_, user)| user.licenses.contains(&RemoteShared)).map(|(id, _)| *id);
    let shared: Vec<_> = shared.collect();
    let (first, second) = shared.split_at(shared.len() * 2 / 3);
    let named = users.iter().filter(|(_, user)| user.licenses.contains(&RemoteNamed)).map(|(id, _)| *id);
    for (name, members) in [("1st Level", first.to_vec()), ("2nd Level", second.to_vec()), ("Field", named.collect())] {
        let group = admin.send(endpoints::groups::add(&NewGroup { name: name.to_owned() })).await?.id;
        admin
            .send(endpoints::groups::change_members(group, &ChangeMembers { add: members, remove: Vec::new() }))
            .await?;
    }
    Ok(())
}

fn new_license(license: SampleLicense, product: ProductId, terms: SampleTerms) -> NewLicense {
    let (seats, price) = license.purchase();
    let price_per_seat = Some(Price { minor: price, currency: "EUR".to_owned() });
    NewLicense {
        product_id: product,
        model: license.model(),
        seats: if license == RemoteShared { terms.remote_shared_seats } else { seats },
        starts_at: None,
        ends_at: terms.desk_named_ends_at.filter(|_| license == DeskNamed),
        rules: RuleOverrides::default(),
        contract: Contract { price_per_seat, ..Contract::default() },
    }
}

fn new_user(user: &SampleUser) -> NewUser {
    NewUser {
        name: user.name.to_owned(),
        email: user.email(),
        password: Some(PASSWORD.to_owned()),
        role: user.role,
        permissions: user.permissions.iter().copied().collect::<BTreeSet<_>>(),
        group_ids: Vec::new(),
    }
}
