//! The app's start in the browser.

fn main() {
    seatkeeper_frontend::start();
}
