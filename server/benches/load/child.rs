//! Runs the other servers of a benchmark: this program again, as a separate process.

use std::{io::Read as _, process::ExitCode};

use axum::Router;
use tokio::net::TcpListener;

/// Serves until the parent process has ended.
pub(crate) fn run(name: &str, router: Router) -> ExitCode {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let serving = async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("The {name} is ready: http://{}", listener.local_addr()?);
        axum::serve(listener, router).await
    };
    // As many threads as the real server has.
    let result = tokio::runtime::Builder::new_multi_thread().enable_all().build().and_then(|runtime| runtime.block_on(serving));
    if let Err(error) = result {
        eprintln!("load: the {name} could not serve: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
