//! Stories told through the API, races, crashes, and the browser. Everything runs on both engines.

mod world;

mod admission;
mod assignments;
mod bad_input;
mod bad_lists;
mod broken_files;
mod callers;
mod e2e;
mod events;
mod full_disk;
mod headers;
mod lists;
mod live;
mod openapi;
mod permissions;
mod races;
mod replicas;
mod sessions;
mod sign_in;
mod statements;
mod torture;
mod viewers;
mod wakeup;
