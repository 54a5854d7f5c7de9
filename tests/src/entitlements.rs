//! Nobody gives or takes what they could not give or take directly: by no route, with no detour, and not later either.

mod attempts;
mod doors;
mod facts;
mod scenery;
mod walk;
