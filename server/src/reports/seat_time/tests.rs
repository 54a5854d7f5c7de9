use super::*;
use uuid::Uuid;

const LICENSE: LicenseId = LicenseId(Uuid::from_u128(1));

fn session(number: u128, user: u128, device: &str, from: i64, to: Option<i64>) -> SeatSession {
    SeatSession {
        id: SessionId(Uuid::from_u128(number)),
        license: LICENSE,
        product: ProductId(Uuid::nil()),
        user: UserId(Uuid::from_u128(user)),
        device: device.to_owned(),
        platform: None,
        created_at: from * SECOND,
        connected_at: None,
        active_at: None,
        ended_at: to.map(|to| to * SECOND),
    }
}

fn times(sessions: &[SeatSession], seat_rule: SeatRule) -> SeatTime {
    let rule = SharingRule { model: Model::Concurrent, seat_rule, second_device: SecondDevice::Share };
    let times = seat_times(sessions, &BTreeMap::from([(LICENSE, rule)]), (0, 1_000 * SECOND), |_| vec![()]);
    times.get(&()).map(MeasuredTime::seconds).unwrap_or_default()
}

#[test]
fn sessions_that_share_a_seat_count_once_and_are_clipped() {
    let sessions = [
        session(1, 1, "A", -50, Some(100)),
        session(2, 1, "B", 50, Some(200)),
        session(3, 2, "A", 900, None),
        session(4, 1, "A", 100, Some(150)),
    ];
    assert_eq!(times(&sessions, SeatRule::Agent).seat_seconds, 200 + 100);
    assert_eq!(times(&sessions, SeatRule::Device).seat_seconds, 150 + 150 + 100);
    assert_eq!(times(&sessions, SeatRule::Session).seat_seconds, 100 + 150 + 100 + 50);
    assert_eq!(times(&sessions, SeatRule::Agent).sessions, 4);
}

#[test]
fn a_seat_waits_until_one_of_its_sessions_is_connected_and_is_idle_if_all_are() {
    let one = SeatSession {
        connected_at: Some(100 * SECOND),
        active_at: Some(150 * SECOND),
        ..session(1, 1, "A", 0, Some(300))
    };
    let other = SeatSession { connected_at: Some(200 * SECOND), ..session(2, 1, "A", 120, Some(250)) };
    let time = times(&[one.clone(), other], SeatRule::Agent);
    assert_eq!((time.seat_seconds, time.connected_seconds, time.waiting_seconds), (300, 200, 100));
    assert_eq!(time.idle_seconds, 50 + 50, "not while the other one, which reports nothing, is connected");
    assert_eq!(times(&[one], SeatRule::Agent).idle_seconds, 150);
}

#[test]
fn rows_share_the_cost_by_seat_time() {
    let price = Price { minor: 3_000, currency: "EUR".to_owned() };
    let available = 2 * MONTH;
    let license = LicenseCost { price_per_seat: price, available, occupied: 400 * SECOND };
    let row = |seconds: i64| MeasuredTime {
        by_license: BTreeMap::from([(LICENSE, seconds * SECOND)]),
        ..MeasuredTime::default()
    };
    let licenses = BTreeMap::from([(LICENSE, license)]);
    assert_eq!(cost(&row(100), &licenses).map(|price| price.minor), Some(1_500));
    assert_eq!(cost(&row(300), &licenses).map(|price| price.minor), Some(4_500));
    assert_eq!(cost(&row(100), &BTreeMap::new()), None);
}
