//! The `seatkeeper` command.

use std::process::ExitCode;

/// Responses consist of many small allocations that are made on one thread and freed on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("SEATKEEPER_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,sqlx=warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Reporting a write error of standard error on standard error would panic.
    log.log_internal_errors(false).init();
    seatkeeper::cli::main().await
}
