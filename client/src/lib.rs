//! A client for a Seatkeeper server, used by the command line and by your own programs. It uses the server's own wire
//! types and retries calls that are safe to repeat.
//!
//! What [`Client`] has no method for, it sends with [`Client::send`]: every operation of the API is in
//! [`shared::endpoints`].
//!
//! ```no_run
//! # use seatkeeper_client::{Client, SeatResponse, application};
//! # async fn work() -> Result<(), seatkeeper_client::ClientError> {
//! let client = Client::new("https://seats.example.org")?.with_token("…".to_owned());
//! let request = application("remote-support-v5", "NB-0412");
//! if let SeatResponse::Seat(session) = client.request_seat(&request, "your own key for this request").await? {
//!     let renewed = client.heartbeat(session.id, Default::default()).await?;
//!     println!("the next heartbeat is due in {} s", renewed.next_in_seconds);
//!     client.end(session.id, &Default::default()).await?;
//! }
//! # Ok(())
//! # }
//! ```

#![warn(missing_docs)]

mod calls;
mod client;
mod error;
pub mod lease;
mod live_feed;
mod response;
mod retry;

pub use calls::{AcceptedOffer, SessionQuery, application};
pub use client::Client;
pub use error::ClientError;
pub use live_feed::{LiveEvent, LiveFeed};
pub use seatkeeper_shared as shared;
pub use seatkeeper_shared::wire::sessions::SeatResponse;
