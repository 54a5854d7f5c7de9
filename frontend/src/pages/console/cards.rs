//! What the console knows of a product: its licenses, one's own sessions and tickets, and whether one may start a session.
//! No browser in it.

use chrono::{DateTime, Utc};
use seatkeeper_shared::{
    ids::ProductId,
    license::{Model, SeatRule, SecondDevice},
    problem::{Code, RefusalFacts},
    wire::{licenses::LicenseView, queue::TicketView, sessions::SessionView},
};

/// A product on which somebody works or may work.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The product.
    pub product: ProductId,
    /// Its name.
    pub name: String,
    /// The licenses that are assigned, the named one first.
    pub licenses: Vec<LicenseView>,
    /// One's own live sessions, the newest first.
    pub sessions: Vec<SessionView>,
    /// One's own tickets, the oldest first.
    pub tickets: Vec<TicketView>,
}

impl Card {
    /// How many wait for a seat of its shared licenses.
    pub fn waiting(&self) -> i64 {
        self.licenses.iter().map(|license| license.usage.waiting).sum()
    }
}

/// One card for each product that is assigned, on which a session still runs or for which one waits, by name.
pub fn cards(licenses: &[LicenseView], sessions: &[SessionView], tickets: &[TicketView]) -> Vec<Card> {
    let mut cards: Vec<Card> = Vec::new();
    let place = |cards: &mut Vec<Card>, product: ProductId, name: &str| {
        cards.iter().position(|card| card.product == product).unwrap_or_else(|| {
            let (licenses, sessions, tickets) = Default::default();
            cards.push(Card { product, name: name.to_owned(), licenses, sessions, tickets });
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

/// How much room there is, at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// A seat of one's own.
    Own,
    /// So many shared seats are free.
    Free(i64),
    /// None is free.
    Full {
        /// Seats that are taken, or kept for somebody in the line.
        taken: i64,
        /// Seats.
        seats: i64,
    },
    /// So many more are taken than there are.
    Over(i64),
    /// Nothing is assigned any more.
    None,
}

impl Room {
    /// The room of a card.
    pub fn of(card: &Card) -> Self {
        let sum = |of: fn(&LicenseView) -> i64| card.licenses.iter().map(of).sum::<i64>();
        match (sum(LicenseView::free), sum(LicenseView::over)) {
            _ if card.licenses.is_empty() => Self::None,
            _ if card.licenses.iter().any(|license| license.model == Model::Named) => Self::Own,
            (free @ 1.., _) => Self::Free(free),
            (_, over @ 1..) => Self::Over(over),
            _ => Self::Full {
                taken: sum(|license| license.taken() + license.usage.offered),
                seats: sum(|license| license.seats),
            },
        }
    }
}

/// Whether a session can be started.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    /// On one's own seat, which is always there.
    Own,
    /// There is a free seat.
    Free,
    /// On the seat that one's live session holds already.
    Shared,
    /// With the seat of one's sessions at another device, which end by it.
    TakesOver,
    /// Not now: this rule would refuse, and the time that belongs to it.
    No(Code, Option<DateTime<Utc>>),
}

impl Start {
    /// What a request from this device would be answered with, by all that is known here. The licenses are tried in the
    /// order of the server, and as there a refusal that may pass says most.
    pub fn of(card: &Card, device: &str, now: DateTime<Utc>) -> Self {
        let mut last = Self::No(Code::NotAssigned, None);
        for license in &card.licenses {
            let start = on(license, &card.sessions, device, now);
            if start.possible() {
                return start;
            }
            if start.waits() || !last.waits() {
                last = start;
            }
        }
        last
    }

    /// As it is after the server refused.
    pub fn refused(code: Code, facts: Option<&RefusalFacts>) -> Self {
        Self::No(code, facts.and_then(|facts| facts.at))
    }

    /// Whether a session can be started.
    pub fn possible(self) -> bool {
        !matches!(self, Self::No(..))
    }

    /// Whether one can wait for it: it becomes possible by itself.
    pub fn waits(self) -> bool {
        use Code::{CoolingDown, GroupLimit, OverCapacity, PoolFull, ReservedForGroup};
        matches!(self, Self::No(PoolFull | OverCapacity | ReservedForGroup | GroupLimit | CoolingDown, _))
    }
}

fn on(license: &LicenseView, own: &[SessionView], device: &str, now: DateTime<Utc>) -> Start {
    if let Some(start) = license.starts_at.filter(|start| *start > now) {
        return Start::No(Code::LicenseNotStarted, Some(start));
    }
    if let Some(end) = license.ends_at.filter(|end| *end <= now) {
        return Start::No(Code::LicenseEnded, Some(end));
    }
    let mut own = own.iter().filter(|session| session.license_id == license.id);
    let elsewhere = own.clone().any(|session| session.device != device);
    let offline = own.clone().any(|session| session.device != device && session.borrowed_until.is_some());
    match (license.rules.second_device, license.model) {
        (SecondDevice::Refuse, _) if elsewhere => return Start::No(Code::OtherDevice, None),
        (SecondDevice::TakeOver, _) if offline => return Start::No(Code::OtherDevice, None),
        (SecondDevice::TakeOver, _) if elsewhere => return Start::TakesOver,
        (_, Model::Named) => return Start::Own,
        _ => {}
    }
    let shares = match (license.rules.seat_rule, license.rules.second_device) {
        (SeatRule::Session, _) => false,
        (SeatRule::Device, _) | (_, SecondDevice::SecondSeat) => own.any(|session| session.device == device),
        (SeatRule::Agent, _) => own.next().is_some(),
    };
    let (limit, occupied) = (license.seats + license.rules.overdraft, license.usage.occupied);
    match limit - occupied - license.usage.offered {
        _ if shares => Start::Shared,
        _ if occupied > limit => Start::No(Code::OverCapacity, None),
        1.. => Start::Free,
        _ => Start::No(Code::PoolFull, None),
    }
}

/// Whether one may start, and whether that became so while one was waiting for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlook {
    /// Whether a session can be started.
    pub start: Start,
    /// A seat has become free before one's eyes.
    pub relieved: bool,
}

impl Outlook {
    /// What follows on what was before.
    pub fn after(before: Option<&Self>, start: Start) -> Self {
        let waited = before.is_some_and(|before| before.start.waits() || before.relieved);
        Self { start, relieved: waited && start == Start::Free }
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

    fn start(licenses: &[LicenseView], sessions: &[SessionView]) -> Start {
        Start::of(&cards(licenses, sessions, &[])[0], "NB-0412", at(0))
    }

    #[wasm_bindgen_test]
    fn a_pool_is_open_full_or_over_capacity() {
        assert_eq!(start(&[pool(10, 9)], &[]), Start::Free);
        assert_eq!(start(&[pool(10, 10)], &[]), Start::No(Code::PoolFull, None));
        assert_eq!(start(&[pool(10, 12)], &[]), Start::No(Code::OverCapacity, None));
    }

    #[wasm_bindgen_test]
    fn kept_seats_are_not_free_and_those_of_an_overdraft_are() {
        let mut kept = pool(10, 8);
        kept.usage.offered = 2;
        assert_eq!(start(&[kept], &[]), Start::No(Code::PoolFull, None));
        let mut more = pool(10, 10);
        more.rules.overdraft = 1;
        assert_eq!(start(&[more], &[]), Start::Free);
    }

    #[wasm_bindgen_test]
    fn at_a_second_device_the_license_says_what_happens() {
        let elsewhere = SessionView { device: "Tablet".to_owned(), ..session(1) };
        let by = |second_device, free: i64| {
            let rules = Rules { second_device, ..Rules::default() };
            start(&[LicenseView { rules, ..pool(10, 10 - free) }], std::slice::from_ref(&elsewhere))
        };
        assert_eq!(by(SecondDevice::Refuse, 5), Start::No(Code::OtherDevice, None));
        assert_eq!(by(SecondDevice::TakeOver, 0), Start::TakesOver);
        let rules = Rules { second_device: SecondDevice::TakeOver, ..Rules::default() };
        let offline = SessionView { borrowed_until: Some(at(600)), ..elsewhere.clone() };
        let taken_along = start(&[LicenseView { rules, ..pool(10, 1) }], &[offline]);
        assert_eq!(taken_along, Start::No(Code::OtherDevice, None), "what is offline cannot be taken over");
        assert_eq!(by(SecondDevice::SecondSeat, 1), Start::Free);
        assert_eq!(by(SecondDevice::SecondSeat, 0), Start::No(Code::PoolFull, None));
    }

    #[wasm_bindgen_test]
    fn the_room_is_told_in_a_few_words() {
        let room = |licenses: &[LicenseView]| Room::of(&cards(licenses, &[], &[])[0]);
        assert_eq!(room(&[pool(10, 8)]), Room::Free(2));
        assert_eq!(room(&[pool(10, 10)]), Room::Full { taken: 10, seats: 10 });
        assert_eq!(room(&[pool(10, 12)]), Room::Over(2));
        assert_eq!(room(&[pool(10, 10), named()]), Room::Own);
        assert_eq!(Room::of(&cards(&[], &[session(1)], &[])[0]), Room::None);
    }

    #[wasm_bindgen_test]
    fn a_live_session_shares_its_seat_as_the_rule_of_the_license_says() {
        let elsewhere = SessionView { device: "Tablet".to_owned(), ..session(1) };
        let by = |rule, own: &SessionView| {
            start(
                &[LicenseView { rules: Rules { seat_rule: rule, ..Rules::default() }, ..pool(10, 10) }],
                std::slice::from_ref(own),
            )
        };
        assert_eq!(by(SeatRule::Agent, &elsewhere), Start::Shared);
        assert_eq!(by(SeatRule::Device, &session(1)), Start::Shared);
        assert_eq!(by(SeatRule::Device, &elsewhere), Start::No(Code::PoolFull, None));
        assert_eq!(by(SeatRule::Session, &session(1)), Start::No(Code::PoolFull, None));
    }

    #[wasm_bindgen_test]
    fn ones_own_seat_comes_first_even_if_the_pool_is_full() {
        assert_eq!(start(&[pool(10, 10), named()], &[]), Start::Own);
        let later = LicenseView { starts_at: Some(at(60)), ..named() };
        assert_eq!(start(&[pool(10, 10), later.clone()], &[]), Start::No(Code::PoolFull, None), "one can wait for it");
        assert_eq!(start(&[later], &[]), Start::No(Code::LicenseNotStarted, Some(at(60))));
        let over = LicenseView { ends_at: Some(at(0)), ..pool(10, 0) };
        assert_eq!(start(&[over], &[]), Start::No(Code::LicenseEnded, Some(at(0))));
    }

    #[wasm_bindgen_test]
    fn a_session_keeps_its_card_when_the_license_was_taken_away() {
        let cards = cards(&[], &[session(1)], &[]);
        assert_eq!((cards.len(), cards[0].name.as_str()), (1, "Remote Support v5"));
        assert_eq!(Start::of(&cards[0], "NB-0412", at(0)), Start::No(Code::NotAssigned, None));
    }

    #[wasm_bindgen_test]
    fn a_seat_that_becomes_free_is_said_to_whoever_waited_for_it() {
        let full = Outlook::after(None, Start::No(Code::PoolFull, None));
        let free = Outlook::after(Some(&full), Start::Free);
        assert!(!full.relieved && free.relieved);
        assert!(Outlook::after(Some(&free), Start::Free).relieved, "another seat more changes nothing");
        assert!(!Outlook::after(Some(&free), Start::Shared).relieved, "he has started");
        assert!(!Outlook::after(None, Start::Free).relieved, "he never waited");
    }
}
