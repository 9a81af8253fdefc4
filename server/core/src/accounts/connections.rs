//! How the open connections of a user end when an administrator changes the account, in this process or from another.

use std::{future::ready, sync::Arc};

use futures::future::{BoxFuture, FutureExt as _};
use holdfast_protocol::{ApiError, UserId};

use crate::answers::Hub;
use crate::ports::{Repositories, StoreError};

/// Ends what a user has open.
pub trait UserConnections: Send + Sync {
    /// Closes a user's connections, and tells each why. The answers that are being written for the user go on.
    ///
    /// # Errors
    /// The store failed.
    fn close<'a>(&'a self, user: UserId, why: &'a ApiError) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Closes a user's connections, and stops the answers that are being written for the user.
    ///
    /// # Errors
    /// The store failed.
    fn close_and_stop<'a>(&'a self, user: UserId, why: &'a ApiError) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// In the server itself.
impl UserConnections for Hub {
    fn close<'a>(&'a self, user: UserId, why: &'a ApiError) -> BoxFuture<'a, Result<(), StoreError>> {
        self.end_user(user, None, why);
        ready(Ok(())).boxed()
    }

    fn close_and_stop<'a>(&'a self, user: UserId, why: &'a ApiError) -> BoxFuture<'a, Result<(), StoreError>> {
        self.end_user_and_answers(user, why);
        ready(Ok(())).boxed()
    }
}

/// From another process: leaves a request in the store, which [`carry_out_revocations`] finds in the server.
pub struct FiledRevocations(pub Arc<dyn Repositories>);

impl UserConnections for FiledRevocations {
    fn close<'a>(&'a self, user: UserId, why: &'a ApiError) -> BoxFuture<'a, Result<(), StoreError>> {
        self.0.request_revocation(user, why, false).boxed()
    }

    fn close_and_stop<'a>(&'a self, user: UserId, why: &'a ApiError) -> BoxFuture<'a, Result<(), StoreError>> {
        self.0.request_revocation(user, why, true).boxed()
    }
}

/// Does what other processes have asked for through [`FiledRevocations`].
///
/// # Errors
/// The store failed. What was not done is tried again at the next call.
pub async fn carry_out_revocations(store: &dyn Repositories, hub: &Hub) -> Result<(), StoreError> {
    let revocations = store.pending_revocations().await?;
    for revocation in &revocations {
        if revocation.stop_answers {
            hub.end_user_and_answers(revocation.user, &revocation.why);
        } else {
            hub.end_user(revocation.user, None, &revocation.why);
        }
    }
    match revocations.last() {
        Some(last) => store.revocations_done(last.seq).await,
        None => Ok(()),
    }
}
