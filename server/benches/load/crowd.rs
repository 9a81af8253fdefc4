//! Open sockets that only send `pong`.

use std::{cell::Cell, net::SocketAddr, rc::Rc};

use futures::{StreamExt as _, stream};
use holdfast_protocol::{ClientFrame, frame::Initial};
use tokio::task::JoinSet;

use crate::wire::{BenchError, Socket};

/// Number of simultaneous handshakes.
const AT_ONCE: usize = 64;

/// Open sockets. Dropping this closes them.
pub(crate) struct Crowd {
    tasks: JoinSet<()>,
    lost: Rc<Cell<usize>>,
}

impl Crowd {
    /// Opens sockets, distributed over the owners of the tokens.
    pub(crate) async fn gather(address: SocketAddr, tokens: &[String], count: usize) -> Result<Self, BenchError> {
        let mut tasks = JoinSet::new();
        let lost = Rc::new(Cell::new(0));
        let entering = tokens.iter().cycle().take(count).map(|token| enter(address, token));
        let mut entering = stream::iter(entering).buffer_unordered(AT_ONCE);
        while let Some(socket) = entering.next().await {
            let (socket, lost) = (socket?, lost.clone());
            tasks.spawn_local(async move {
                if stay(socket).await.is_err() {
                    lost.set(lost.get() + 1);
                }
            });
        }
        Ok(Self { tasks, lost })
    }

    /// Returns an error if a socket was closed.
    pub(crate) fn none_lost(&self) -> Result<(), BenchError> {
        match self.lost.get() {
            0 => Ok(()),
            lost => Err(BenchError::Wrong(format!("{lost} of {} idle sockets were lost", self.tasks.len()))),
        }
    }
}

async fn enter(address: SocketAddr, token: &str) -> Result<Socket, BenchError> {
    let initial = Initial { token: token.to_owned(), ..Initial::default() };
    Ok(Socket::enter(address, initial).await?.0)
}

/// Sends `pong` until the socket closes.
async fn stay(mut socket: Socket) -> Result<(), BenchError> {
    loop {
        if &*socket.hear().await? == r#"{"type":"ping"}"# {
            socket.say(&ClientFrame::Pong).await?;
        }
    }
}
