//! A client of a Seatkeeper server, for the command line and for your own programs: typed with the server's own wire types,
//! repeating what may be repeated.
//!
//! ```no_run
//! # use seatkeeper_client::{Asked, Client, application};
//! # async fn work() -> Result<(), seatkeeper_client::ClientError> {
//! let client = Client::new("https://seats.example.org")?.with_token("…".to_owned());
//! let wanted = application("remote-support-v5", "NB-0412");
//! if let Asked::Seat(session) = client.ask(&wanted, "a key of your own for this request").await? {
//!     let renewed = client.heartbeat(session.id, Default::default()).await?;
//!     println!("the next heartbeat should come in {} s", renewed.next_in_seconds);
//!     client.end(session.id, &Default::default()).await?;
//! }
//! # Ok(())
//! # }
//! ```

mod answer;
mod calls;
mod error;
pub mod lease;
mod live;
mod retry;

pub use calls::{Asked, Client, Sessions, application};
pub use error::ClientError;
pub use live::{Live, Told};
pub use seatkeeper_shared as shared;
