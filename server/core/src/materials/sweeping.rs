//! Removes bytes that nothing refers to: of expired uploads, of removed users, and of what a crash left behind.

use holdfast_protocol::ApiError;
use tracing::{info, warn};

use super::Materials;
use crate::{clock::Millis, ports::StoreError};

/// Number of uploads that are removed at once.
const AT_ONCE: u32 = 50;

impl Materials {
    /// Removes what a crash left behind, before the first request arrives.
    ///
    /// # Errors
    /// The database can't be read.
    pub async fn tidy_up(&self) -> Result<(), StoreError> {
        let mut removed = 0;
        for owner in self.blobs.owners().await.unwrap_or_default() {
            let Ok(list) = self.blobs.list(owner).await else { continue };
            for upload in list.uploads {
                let is_known = self.store.file(owner, upload).await?.is_some_and(|file| file.hash.is_none());
                removed += usize::from(!is_known && self.blobs.abandon(owner, upload).await.is_ok());
            }
            for hash in list.contents {
                let is_known = self.store.has_content(owner, &hash).await?;
                removed += usize::from(!is_known && self.blobs.remove(owner, hash).await.is_ok());
            }
        }
        if removed > 0 {
            info!(removed, "removed bytes of files that an interrupted removal or upload left behind");
        }
        Ok(())
    }

    /// Removes expired uploads, and the files of removed users.
    pub async fn sweep(&self, now: Millis) {
        if let Err(cause) = self.sweep_uploads(now).await {
            warn!(%cause, "could not remove expired uploads; next attempt in a minute");
        }
        let owners = self.blobs.owners().await.unwrap_or_default();
        for owner in owners {
            match self.store.has_user(owner).await {
                Ok(true) => {}
                Ok(false) => {
                    if let Err(cause) = self.blobs.remove_owner(owner).await {
                        warn!(%cause, user = %owner, "could not remove the files of a removed user; next attempt in a minute");
                    }
                }
                Err(cause) => {
                    warn!(%cause, "could not look for the files of removed users; next attempt in a minute");
                    return;
                }
            }
        }
    }

    async fn sweep_uploads(&self, now: Millis) -> Result<(), ApiError> {
        loop {
            let expired = self.store.expired_uploads(now, AT_ONCE).await?;
            for (user, id) in &expired {
                match self.remove(*user, *id).await {
                    Err(api_error) if !api_error.is(holdfast_protocol::Reason::NotFound) => return Err(api_error),
                    _ => {}
                }
            }
            if expired.len() < AT_ONCE as usize {
                return Ok(());
            }
        }
    }
}
