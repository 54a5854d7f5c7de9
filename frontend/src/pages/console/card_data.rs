//! Data of the product cards: licenses, own sessions and tickets, and whether a session can be started. Pure logic.

use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::ProductId,
    license::{Model, SeatRule, SecondDevice},
    problem::{Code, RefusalFacts},
    wire::{licenses::LicenseView, queue::TicketView, sessions::SessionView},
};

/// A product that the agent uses or may use.
#[derive(Clone, Debug, PartialEq)]
pub struct CardData {
    pub product: ProductId,
    pub name: String,
    /// The assigned licenses, the named one first.
    pub licenses: Vec<LicenseView>,
    /// The agent's live sessions, the newest first.
    pub sessions: Vec<SessionView>,
    /// The agent's tickets, the oldest first.
    pub tickets: Vec<TicketView>,
}

impl CardData {
    /// How many agents wait for a seat of its shared licenses.
    pub fn waiting(&self) -> i64 {
        self.licenses.iter().map(|license| license.usage.waiting).sum()
    }
}

/// One card for each product with an assigned license, a live session or a ticket, sorted by name.
pub fn cards(licenses: &[LicenseView], sessions: &[SessionView], tickets: &[TicketView]) -> Vec<CardData> {
    let mut cards: Vec<CardData> = Vec::new();
    let place = |cards: &mut Vec<CardData>, product: ProductId, name: &str| {
        cards.iter().position(|card| card.product == product).unwrap_or_else(|| {
            let (licenses, sessions, tickets) = Default::default();
            cards.push(CardData { product, name: name.to_owned(), licenses, sessions, tickets });
            cards.len() - 1
        })
    };
    for license in licenses {
        let place = place(&mut cards, license.product_id, &license.product_name);
        cards[place].licenses.push(license.clone());
    }
    for session in sessions {
        let place = place(&mut cards, session.product_id, &session.product_name);
        cards[place].sessions.push(session.clone());
    }
    for ticket in tickets {
        let place = place(&mut cards, ticket.product_id, &ticket.product_name);
        cards[place].tickets.push(ticket.clone());
    }
    cards.iter_mut().for_each(|card| card.licenses.sort_by_key(|license| (license.model != Model::Named, license.id)));
    cards.sort_by_key(|card| (card.name.to_lowercase(), card.product));
    cards
}

/// How many seats are available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// The agent has a named seat.
    Own,
    /// Number of free shared seats.
    Free(i64),
    /// No seat is free: all are in use or kept for an offer.
    Full,
    /// How many more seats are taken than exist.
    Over(i64),
    /// No license is assigned any more.
    None,
}

impl Capacity {
    pub fn of(card: &CardData) -> Self {
        let sum = |of: fn(&LicenseView) -> i64| card.licenses.iter().map(of).sum::<i64>();
        match (sum(LicenseView::free), sum(LicenseView::over)) {
            _ if card.licenses.is_empty() => Self::None,
            _ if card.licenses.iter().any(|license| license.model == Model::Named) => Self::Own,
            (free @ 1.., _) => Self::Free(free),
            (_, over @ 1..) => Self::Over(over),
            _ => Self::Full,
        }
    }
}

/// Whether a session can be started.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StartCheck {
    /// On the agent's named seat.
    Own,
    /// A shared seat is free.
    Free,
    /// On the seat that a live session of the agent already holds.
    Shared,
    /// On the seat of the agent's sessions at another device, which will be ended.
    TakesOver,
    /// Not possible: the rule that refuses, and the time it refers to.
    Refused(Code, Option<DateTime<Utc>>),
}

impl StartCheck {
    /// Predicts the response to a request from this device. Like the server, it tries the licenses in order and prefers
    /// a refusal that may resolve by itself.
    pub fn of(card: &CardData, device: &str, now: DateTime<Utc>) -> Self {
        let mut last = Self::Refused(Code::NotAssigned, None);
        for license in &card.licenses {
            let start = check_license(license, &card.sessions, device, now);
            if start.is_possible() {
                return start;
            }
            if start.can_wait() || !last.can_wait() {
                last = start;
            }
        }
        last
    }

    /// The server's refusal.
    pub fn from_refusal(code: Code, facts: Option<&RefusalFacts>) -> Self {
        Self::Refused(code, facts.and_then(|facts| facts.at))
    }

    pub fn is_possible(self) -> bool {
        !matches!(self, Self::Refused(..))
    }

    /// Whether waiting makes sense: the refusal may resolve by itself.
    pub fn can_wait(self) -> bool {
        use Code::{CoolingDown, GroupLimit, OverCapacity, PoolFull, ReservedForGroup};
        matches!(self, Self::Refused(PoolFull | OverCapacity | ReservedForGroup | GroupLimit | CoolingDown, _))
    }
}

fn check_license(license: &LicenseView, own: &[SessionView], device: &str, now: DateTime<Utc>) -> StartCheck {
    if let Some(start) = license.starts_at.filter(|start| *start > now) {
        return StartCheck::Refused(Code::LicenseNotStarted, Some(start));
    }
    if let Some(end) = license.ends_at.filter(|end| *end <= now) {
        return StartCheck::Refused(Code::LicenseEnded, Some(end));
    }
    let mut own = own.iter().filter(|session| session.license_id == license.id);
    let elsewhere = own.clone().any(|session| session.device != device);
    let offline = own.clone().any(|session| session.device != device && session.borrowed_until.is_some());
    match (license.rules.second_device, license.model) {
        (SecondDevice::Refuse, _) if elsewhere => return StartCheck::Refused(Code::OtherDevice, None),
        (SecondDevice::TakeOver, _) if offline => return StartCheck::Refused(Code::OtherDevice, None),
        (SecondDevice::TakeOver, _) if elsewhere => return StartCheck::TakesOver,
        (_, Model::Named) => return StartCheck::Own,
        _ => {}
    }
    let shares = match (license.rules.seat_rule, license.rules.second_device) {
        (SeatRule::Session, _) => false,
        (SeatRule::Device, _) | (_, SecondDevice::SecondSeat) => own.any(|session| session.device == device),
        (SeatRule::Agent, _) => own.next().is_some(),
    };
    let (limit, occupied) = (license.seats + license.rules.overdraft, license.usage.occupied);
    match limit - occupied - license.usage.offered {
        _ if shares => StartCheck::Shared,
        _ if occupied > limit => StartCheck::Refused(Code::OverCapacity, None),
        1.. => StartCheck::Free,
        _ => StartCheck::Refused(Code::PoolFull, None),
    }
}

/// Whether a session can be started, and whether a seat became free while the agent was watching.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Availability {
    pub start: StartCheck,
    /// Whether a seat became free since a refusal was shown.
    pub freed_meanwhile: bool,
}

impl Availability {
    /// The next value, given the previous one.
    pub fn after(before: Option<&Self>, start: StartCheck) -> Self {
        let waited = before.is_some_and(|before| before.start.can_wait() || before.freed_meanwhile);
        Self { start, freed_meanwhile: waited && start == StartCheck::Free }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::sample::{at, license, session};
    use seatkeeper_shared::license::Rules;
    use wasm_bindgen_test::wasm_bindgen_test;

    fn pool(seats: i64, occupied: i64) -> LicenseView {
        let mut license = license(1, seats);
        license.usage.occupied = occupied;
        license
    }

    fn named() -> LicenseView {
        LicenseView { model: Model::Named, ..license(2, 3) }
    }

    fn start(licenses: &[LicenseView], sessions: &[SessionView]) -> StartCheck {
        StartCheck::of(&cards(licenses, sessions, &[])[0], "NB-0412", at(0))
    }

    #[wasm_bindgen_test]
    fn a_pool_is_open_full_or_over_capacity() {
        assert_eq!(start(&[pool(10, 9)], &[]), StartCheck::Free);
        assert_eq!(start(&[pool(10, 10)], &[]), StartCheck::Refused(Code::PoolFull, None));
        assert_eq!(start(&[pool(10, 12)], &[]), StartCheck::Refused(Code::OverCapacity, None));
    }

    #[wasm_bindgen_test]
    fn offered_seats_are_not_free_but_overdraft_seats_are() {
        let mut kept = pool(10, 8);
        kept.usage.offered = 2;
        assert_eq!(start(&[kept], &[]), StartCheck::Refused(Code::PoolFull, None));
        let mut more = pool(10, 10);
        more.rules.overdraft = 1;
        assert_eq!(start(&[more], &[]), StartCheck::Free);
    }

    #[wasm_bindgen_test]
    fn the_license_decides_what_happens_at_a_second_device() {
        let elsewhere = SessionView { device: "Tablet".to_owned(), ..session(1) };
        let by = |second_device, free: i64| {
            let rules = Rules { second_device, ..Rules::default() };
            start(&[LicenseView { rules, ..pool(10, 10 - free) }], std::slice::from_ref(&elsewhere))
        };
        assert_eq!(by(SecondDevice::Refuse, 5), StartCheck::Refused(Code::OtherDevice, None));
        assert_eq!(by(SecondDevice::TakeOver, 0), StartCheck::TakesOver);
        let rules = Rules { second_device: SecondDevice::TakeOver, ..Rules::default() };
        let offline = SessionView { borrowed_until: Some(at(600)), ..elsewhere.clone() };
        let borrowed = start(&[LicenseView { rules, ..pool(10, 1) }], &[offline]);
        assert_eq!(borrowed, StartCheck::Refused(Code::OtherDevice, None), "a borrowed seat cannot be taken over");
        assert_eq!(by(SecondDevice::SecondSeat, 1), StartCheck::Free);
        assert_eq!(by(SecondDevice::SecondSeat, 0), StartCheck::Refused(Code::PoolFull, None));
    }

    #[wasm_bindgen_test]
    fn capacity_summarizes_the_seats() {
        let capacity = |licenses: &[LicenseView]| Capacity::of(&cards(licenses, &[], &[])[0]);
        assert_eq!(capacity(&[pool(10, 8)]), Capacity::Free(2));
        assert_eq!(capacity(&[pool(10, 10)]), Capacity::Full);
        assert_eq!(capacity(&[pool(10, 12)]), Capacity::Over(2));
        assert_eq!(capacity(&[pool(10, 10), named()]), Capacity::Own);
        assert_eq!(Capacity::of(&cards(&[], &[session(1)], &[])[0]), Capacity::None);
    }

    #[wasm_bindgen_test]
    fn a_live_session_shares_its_seat_according_to_the_seat_rule() {
        let elsewhere = SessionView { device: "Tablet".to_owned(), ..session(1) };
        let by = |rule, own: &SessionView| {
            start(
                &[LicenseView { rules: Rules { seat_rule: rule, ..Rules::default() }, ..pool(10, 10) }],
                std::slice::from_ref(own),
            )
        };
        assert_eq!(by(SeatRule::Agent, &elsewhere), StartCheck::Shared);
        assert_eq!(by(SeatRule::Device, &session(1)), StartCheck::Shared);
        assert_eq!(by(SeatRule::Device, &elsewhere), StartCheck::Refused(Code::PoolFull, None));
        assert_eq!(by(SeatRule::Session, &session(1)), StartCheck::Refused(Code::PoolFull, None));
    }

    #[wasm_bindgen_test]
    fn a_named_seat_comes_first_even_if_the_pool_is_full() {
        assert_eq!(start(&[pool(10, 10), named()], &[]), StartCheck::Own);
        let later = LicenseView { starts_at: Some(at(60)), ..named() };
        assert_eq!(
            start(&[pool(10, 10), later.clone()], &[]),
            StartCheck::Refused(Code::PoolFull, None),
            "waiting is possible"
        );
        assert_eq!(start(&[later], &[]), StartCheck::Refused(Code::LicenseNotStarted, Some(at(60))));
        let over = LicenseView { ends_at: Some(at(0)), ..pool(10, 0) };
        assert_eq!(start(&[over], &[]), StartCheck::Refused(Code::LicenseEnded, Some(at(0))));
    }

    #[wasm_bindgen_test]
    fn a_session_keeps_its_card_after_the_assignment_was_revoked() {
        let cards = cards(&[], &[session(1)], &[]);
        assert_eq!((cards.len(), cards[0].name.as_str()), (1, "Remote Support v5"));
        assert_eq!(StartCheck::of(&cards[0], "NB-0412", at(0)), StartCheck::Refused(Code::NotAssigned, None));
    }

    #[wasm_bindgen_test]
    fn a_seat_that_becomes_free_is_announced_after_a_refusal() {
        let full = Availability::after(None, StartCheck::Refused(Code::PoolFull, None));
        let free = Availability::after(Some(&full), StartCheck::Free);
        assert!(!full.freed_meanwhile && free.freed_meanwhile);
        assert!(
            Availability::after(Some(&free), StartCheck::Free).freed_meanwhile,
            "a second free seat changes nothing"
        );
        assert!(!Availability::after(Some(&free), StartCheck::Shared).freed_meanwhile, "the agent has started");
        assert!(!Availability::after(None, StartCheck::Free).freed_meanwhile, "there was no refusal");
    }
}
