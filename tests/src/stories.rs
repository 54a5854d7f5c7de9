//! Stories told through the API, races, crashes, and the browser. Everything runs on both engines.

mod world;

mod crashes;
mod races;
mod statements;
