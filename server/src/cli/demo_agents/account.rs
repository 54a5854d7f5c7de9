//! The sample account: Remote Support v5 and Service Desk, each with a named and a concurrent license; 15 agents share
//! 10 seats.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use seatkeeper_client::Client;
use seatkeeper_shared::{
    ids::{LicenseId, ProductId, UserId},
    license::{Model, RuleOverrides},
    people::{Permission, Role},
    wire::{
        account::Setup,
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

/// Creates the account with its products, licenses and users, as its admin would.
///
/// # Errors
/// Returns an error if the server refuses a request.
pub async fn set_up(admin: &Client, token: &str) -> anyhow::Result<()> {
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
    admin.set_up(&setup).await.context("cannot set the server up")?;
    let remote = admin.add_product("Remote Support v5").await?.id;
    let desk = admin.add_product("Service Desk").await?.id;
    let mut licenses = HashMap::new();
    for (license, product, model, seats) in [
        (RemoteShared, remote, Model::Concurrent, 10),
        (RemoteNamed, remote, Model::Named, 6),
        (DeskShared, desk, Model::Concurrent, 8),
        (DeskNamed, desk, Model::Named, 4),
    ] {
        licenses.insert(license, admin.add_license(&new_license(product, model, seats, None)).await?.id);
    }
    let mut holders: HashMap<LicenseId, Vec<UserId>> = HashMap::new();
    for user in users.iter().skip(1) {
        let id = admin.add_user(&new_user(user)).await?.id;
        for license in user.licenses.iter().filter_map(|license| licenses.get(license)) {
            holders.entry(*license).or_default().push(id);
        }
    }
    for (license, holders) in holders {
        admin.grant(license, holders).await?;
    }
    Ok(())
}

fn new_license(product: ProductId, model: Model, seats: i64, ends_at: Option<DateTime<Utc>>) -> NewLicense {
    NewLicense {
        product_id: product,
        model,
        seats,
        starts_at: None,
        ends_at,
        rules: RuleOverrides::default(),
        contract: Contract::default(),
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
