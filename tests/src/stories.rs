//! Stories told through the API, races, crashes, and the browser. Everything runs on both engines.

mod world;

mod admission;
mod agreement;
mod assignments;
mod bad_input;
mod bad_lists;
mod bad_queue;
mod cool_down;
mod crashes;
mod e2e;
mod endings;
mod events;
mod groups;
mod headers;
mod heartbeats;
mod idle;
mod line_races;
mod lists;
mod live;
mod memory;
mod offers;
mod openapi;
mod outage;
mod permissions;
mod queue;
mod races;
mod rules;
mod second_device;
mod sessions;
mod sign_in;
mod statements;
mod watching;
