//! The entry point in the browser.

fn main() {
    seatkeeper_frontend::start();
}
