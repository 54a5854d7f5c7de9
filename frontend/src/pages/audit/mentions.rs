//! Whom and what an event names, with links to their pages.

use crate::{
    format::Texts,
    i18n::*,
    labels,
    ui::links::{Named, NamedLink},
};
use leptos::prelude::*;
use seatkeeper_shared::{
    audit::{Area, Kind, Origin},
    ids::GroupId,
    wire::audit::{AuditEvent, AuditUser},
};

/// Who caused the event.
pub fn actor_text(i18n: Texts, event: &AuditEvent) -> String {
    actor(i18n, event).0
}

/// The affected user, object and license. A user who is also the actor is left out.
pub fn subject_texts(i18n: Texts, event: &AuditEvent) -> Vec<String> {
    subjects(i18n, event).into_iter().map(|(name, _)| name).collect()
}

/// A name in an event, and what it is of.
type Mention = (String, Option<Named>);

fn actor(i18n: Texts, event: &AuditEvent) -> Mention {
    let name = match &event.actor {
        Some(actor) => return (actor.name.clone().unwrap_or_else(|| actor.id.to_string()), named_user(actor)),
        None if event.directory.is_some() => event.directory.clone().unwrap_or_default(),
        None if event.origin == Origin::System => t_string!(i18n, audit.itself).to_owned(),
        None => t_string!(i18n, audit.unknown).to_owned(),
    };
    (name, None)
}

/// A deleted user has no page.
fn named_user(user: &AuditUser) -> Option<Named> {
    (!user.deleted).then_some(Named::User(user.id))
}

/// The group that an event is about.
pub fn group_of(event: &AuditEvent) -> Option<GroupId> {
    let is_of_group = event.kind.parse::<Kind>().is_ok_and(|kind| kind.area() == Area::Groups);
    event.object.as_ref().filter(|_| is_of_group)?.id.map(GroupId)
}

fn subjects(i18n: Texts, event: &AuditEvent) -> Vec<Mention> {
    let object = event.object.as_ref().map(|object| object.name.clone());
    let is_actor = event.user.as_ref().map(|user| user.id) == event.actor.as_ref().map(|actor| actor.id);
    let user = event.user.as_ref().filter(|_| !is_actor);
    let user = user.and_then(|user| Some((user.name.clone()?, named_user(user))));
    // An object without an id may be the name of the affected user at that time.
    let is_user_name =
        user.as_ref().zip(object.as_ref()).is_some_and(|_| event.object.as_ref().is_some_and(|o| o.id.is_none()));
    let license = event.license.as_ref().and_then(|license| {
        let name = labels::license_name(i18n, license.product_name.as_ref()?, license.model?);
        Some((name, Some(Named::License(license.id))))
    });
    let object = object.filter(|_| !is_user_name).map(|name| (name, group_of(event).map(Named::Group)));
    [user, object, license].into_iter().flatten().collect()
}

/// What the caller may be led to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinkTargets {
    /// The groups that the caller sees.
    pub groups: Vec<GroupId>,
    /// Whether the caller sees all users. Others see those whom an event is about, but not everybody who acted.
    pub every_user: bool,
}

impl LinkTargets {
    fn contains(&self, named: Named) -> bool {
        match named {
            Named::Group(id) => self.groups.contains(&id),
            Named::User(_) => self.every_user,
            Named::License(_) => true,
        }
    }
}

fn linked(targets: &LinkTargets, (name, named): Mention) -> AnyView {
    match named.filter(|named| targets.contains(*named)) {
        Some(to) => view! { <NamedLink to>{name}</NamedLink> }.into_any(),
        None => name.into_any(),
    }
}

/// Who caused the event, as a link if it leads anywhere.
pub fn actor_link(i18n: Texts, targets: &LinkTargets, event: &AuditEvent) -> AnyView {
    linked(targets, actor(i18n, event))
}

/// The names of [`subject_texts`], with links.
pub fn subject_links(i18n: Texts, targets: &LinkTargets, event: &AuditEvent) -> Vec<AnyView> {
    // The caller sees everybody whom an event of theirs is about.
    let targets = LinkTargets { every_user: true, ..targets.clone() };
    let joined = |(index, mention): (usize, Mention)| {
        let dot = (index > 0).then(|| t_string!(i18n, common.dot));
        view! {
            {dot}
            {linked(&targets, mention)}
        }
        .into_any()
    };
    subjects(i18n, event).into_iter().enumerate().map(joined).collect()
}
