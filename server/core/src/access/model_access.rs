//! Which user may use which provider with which key. It combines what administrators and users entered with the keys that the store holds
//! encrypted.

use std::{sync::Arc, time::Duration};

use holdfast_protocol::{
    ApiError, Reason, UserId,
    api::{Model, Role, User},
    incoming::ApiKeys,
    providers::{ConnectionTest, KeyState, ModelOffer, NewProvider, OwnKey, ProviderInfo, ProviderPatch},
};
use tracing::{info, warn};
use uuid::Uuid;

use super::{Added, Key, Listed, Requester, RequesterKey, StoredKey, StoredProvider, Visibilities};
use crate::{
    Secret,
    auth::{
        sealing::{Opened, SealError, Sealing},
        session_errors::session_revoked,
    },
    clock,
    model::{ModelEntry, Provider},
    ports::{AddedProviders, ProviderRegistry, StoreError},
};

/// Maximum length of a key, bytes. No vendor's key is longer.
const LONGEST_KEY: usize = 1_000;
const LONGEST_URL: usize = 500;
const MOST_MODELS: usize = 2_000;
/// Maximum time for which an administrator waits for the models of a changed provider. After that, they appear later.
const PATIENCE: Duration = Duration::from_secs(3);

/// Which user may use which provider, model and key.
pub struct ModelAccess {
    store: Arc<dyn AddedProviders>,
    providers: Arc<dyn ProviderRegistry>,
    sealing: Sealing,
    /// Serializes changes, so that the last one that was stored is in use.
    changing: tokio::sync::Mutex<()>,
}

/// Why stored providers could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum OffersError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key could not be encrypted or decrypted.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl ModelAccess {
    /// Loads the stored providers, and encrypts keys again that are encrypted with a previous secret.
    ///
    /// # Errors
    /// The store or the encryption failed.
    pub async fn begin(
        store: Arc<dyn AddedProviders>,
        providers: Arc<dyn ProviderRegistry>,
        sealing: Sealing,
    ) -> Result<Self, OffersError> {
        let model_access = Self { store, providers, sealing, changing: tokio::sync::Mutex::default() };
        model_access.bind_keys().await?;
        model_access.seal_anew().await?;
        model_access.put_into_force().await?;
        Ok(model_access)
    }

    /// Binds users' own keys without an origin, from earlier versions, to the current origin of their providers.
    async fn bind_keys(&self) -> Result<(), StoreError> {
        let providers = self.store.providers().await?;
        for own in self.store.own_keys(None).await?.into_iter().filter(|own| own.origin.is_none()) {
            if let Some(origin) = providers.iter().find(|stored| stored.id == own.provider).and_then(|stored| self.origin_of(stored)) {
                self.store.confirm_own_key(own.user, own.provider, &origin).await?;
            }
        }
        Ok(())
    }

    async fn seal_anew(&self) -> Result<(), OffersError> {
        let (mut again, mut lost) = (0, 0);
        for provider in self.store.providers().await? {
            match provider.key.as_deref().map(|key| self.sealing.open(&row(provider.id), key)) {
                Some(Opened::Old(key)) => {
                    let key = Some(self.sealing.seal(&row(provider.id), &key)?);
                    self.store.change_provider(&StoredProvider { key, ..provider }).await?;
                    again += 1;
                }
                Some(Opened::Unreadable) => lost += 1,
                Some(Opened::Good(_)) | None => {}
            }
        }
        for own in self.store.own_keys(None).await? {
            let what = own_row(own.user, own.provider);
            match self.sealing.open(&what, &own.key) {
                Opened::Old(key) => {
                    let key = self.sealing.seal(&what, &key)?;
                    self.store.store_own_key(own.user, own.provider, &key, own.origin.as_deref(), clock::now()).await?;
                    again += 1;
                }
                Opened::Unreadable => lost += 1,
                Opened::Good(_) => {}
            }
        }
        if again > 0 {
            info!(keys = again, "re-encrypted provider keys with the current secret");
        }
        if lost > 0 {
            warn!(
                keys = lost,
                "provider keys can't be read because the secret was changed. Set the previous secret as HOLDFAST_SECRET_BEFORE, or enter the keys again"
            );
        }
        Ok(())
    }

    async fn put_into_force(&self) -> Result<(), StoreError> {
        let mut visibilities = Visibilities::default();
        for offer in self.store.visibilities().await? {
            visibilities.offer(offer.provider, offer.model, offer.visibility);
        }
        let added = self.store.providers().await?.into_iter().map(|stored| self.opened(stored)).collect();
        self.providers.take(added, visibilities);
        self.providers.refresh();
        Ok(())
    }

    fn opened(&self, stored: StoredProvider) -> Added {
        opened(stored, Some(&self.sealing))
    }

    fn key(&self, what: &[u8], sealed: Option<&[u8]>) -> Key {
        key(Some(&self.sealing), what, sealed)
    }

    /// Returns the state of a user's own key, as its owner sees it.
    fn own_state(&self, stored: &StoredProvider, own: &StoredKey) -> KeyState {
        let here = self.origin_of(stored);
        match self.key(&own_row(own.user, own.provider), Some(&own.key)) {
            Key::Given(_) if here.is_none() || here != own.origin => KeyState::Unconfirmed,
            key => state(&key),
        }
    }

    // ---- for those who chat ----

    /// Returns the requester of a user: the current role and own keys.
    async fn requester(&self, user: UserId) -> Result<Requester, ApiError> {
        let (role, keys) = self.store.role_and_keys(user).await?.ok_or_else(session_revoked)?;
        Ok(self.requester_with(user, role, keys))
    }

    async fn requester_of(&self, user: UserId, role: Role) -> Result<Requester, ApiError> {
        let keys = self.store.own_keys(Some(user)).await?;
        Ok(self.requester_with(user, role, keys))
    }

    fn requester_with(&self, user: UserId, role: Role, keys: Vec<StoredKey>) -> Requester {
        let requester_key = |own: StoredKey| RequesterKey {
            key: self.key(&own_row(own.user, own.provider), Some(&own.key)),
            provider: own.name,
            origin: own.origin,
            once: false,
        };
        let keys = keys.into_iter().map(requester_key).collect();
        Requester { user: Some(user), role: Some(role), keys }
    }

    /// Chooses the provider and model that answer a user. `keys` are used for this answer only and are not stored.
    ///
    /// # Errors
    /// The chosen model does not exist or is not visible to the user, or a key is for a provider that does not allow users' own keys.
    pub async fn choose(
        &self,
        user: UserId,
        provider: Option<&str>,
        model: Option<&str>,
        keys: &ApiKeys,
    ) -> Result<(Arc<dyn Provider>, String), ApiError> {
        let mut requester = self.requester(user).await?;
        if !keys.is_empty() {
            let given = self.given(keys).await?;
            requester.keys.retain(|own| !given.iter().any(|once| once.provider == own.provider));
            requester.keys.extend(given);
        }
        self.providers.choose(&requester, provider, model).await
    }

    /// Checks keys that came with a message. A provider that does not allow users' own keys does not allow these either.
    async fn given(&self, keys: &ApiKeys) -> Result<Vec<RequesterKey>, ApiError> {
        let stored = self.store.providers().await?;
        let mut given = Vec::new();
        for (name, key) in &keys.0 {
            let open = stored.iter().find(|stored| stored.name == *name && stored.own_keys && !self.providers.is_reserved(name));
            let Some(provider) = open else {
                let short: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
                return Err(Reason::OwnKeysOff.with("provider", short));
            };
            if let Some(secret) = good_key(key)? {
                given.push(RequesterKey { provider: name.clone(), key: Key::Given(secret), origin: self.origin_of(provider), once: true });
            }
        }
        Ok(given)
    }

    /// Returns the models that are visible to a user, or to a visitor without an account.
    ///
    /// # Errors
    /// The store failed.
    pub async fn models(&self, user: Option<&User>) -> Result<Vec<Model>, ApiError> {
        let requester = match user {
            Some(user) => self.requester_of(user.id, user.role).await?,
            None => Requester::default(),
        };
        Ok(self.providers.models(&requester).await)
    }

    // ---- for administrators ----

    /// Returns all providers with their visibility.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self) -> Result<Vec<ProviderInfo>, ApiError> {
        let visibilities = self.providers.visibilities();
        let mut stored = self.store.providers().await?;
        let mut list = Vec::new();
        for Listed { name, models, unlisted, age, has_none, fault } in self.providers.all().await {
            let own = stored.iter().position(|stored| stored.name == name).filter(|_| !self.providers.is_reserved(&name));
            let own = own.map(|at| stored.remove(at));
            let offer = |entry: ModelEntry| ModelOffer { visible_to: visibilities.own(&name, &entry.name), model: entry.name };
            let fault = fault.map(|fault| match age {
                Some(age) => fault.with("list_age", ago(age)),
                None => fault,
            });
            let listed_at = age.map(|age| clock::now().saturating_sub(u64::try_from(age.as_millis()).unwrap_or(u64::MAX)));
            list.push(ProviderInfo {
                visible_to: visibilities.of(&name),
                models: models.into_iter().map(offer).collect(),
                unlisted,
                listed_at,
                has_no_list: has_none,
                fault,
                ..self.info(name.clone(), own)
            });
        }
        for hidden in stored {
            list.push(ProviderInfo { fault: Some(Reason::ProviderHidden.into()), ..self.info(hidden.name.clone(), Some(hidden)) });
        }
        Ok(list)
    }

    fn info(&self, name: String, stored: Option<StoredProvider>) -> ProviderInfo {
        let added = stored.is_some();
        let (url, key, own_keys) = stored.map_or((None, KeyState::None, false), |stored| {
            (stored.url, state(&self.key(&row(stored.id), stored.key.as_deref())), stored.own_keys)
        });
        ProviderInfo {
            name,
            added,
            url,
            key,
            own_keys,
            visible_to: Default::default(),
            models: Vec::new(),
            unlisted: 0,
            listed_at: None,
            has_no_list: false,
            fault: None,
        }
    }

    /// Returns one provider that was just changed. Waits a moment for its list of models.
    async fn one(&self, name: &str) -> Result<ProviderInfo, ApiError> {
        self.providers.wait_for_models(name, PATIENCE).await;
        self.list().await?.into_iter().rev().find(|info| info.name == name).ok_or_else(|| Reason::NotFound.into())
    }

    async fn stored(&self, name: &str) -> Result<Option<StoredProvider>, ApiError> {
        Ok(self.store.providers().await?.into_iter().find(|stored| stored.name == name))
    }

    /// Adds a provider.
    ///
    /// # Errors
    /// The settings are not valid, or the name is taken.
    pub async fn add(&self, new: NewProvider) -> Result<ProviderInfo, ApiError> {
        let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        if !(1..=32).contains(&new.name.len()) || !new.name.bytes().all(fits) {
            return Err(Reason::ProviderNameInvalid.into());
        }
        let _one = self.changing.lock().await;
        if self.providers.is_reserved(&new.name) {
            return Err(Reason::ProviderNameTaken.into());
        }
        let url = new.url.as_deref().map(good_url).transpose()?.flatten();
        let secret = new.key.as_deref().map(good_key).transpose()?.flatten();
        let id = clock::id();
        let key = secret.as_ref().map(|secret| self.seal(&row(id), secret)).transpose()?;
        let stored = StoredProvider { id, name: new.name, kind: new.kind, url, key, own_keys: new.own_keys };
        self.could_be(&stored)?;
        if !self.store.add_provider(&stored, clock::now()).await? {
            return Err(Reason::ProviderNameTaken.into());
        }
        self.store.offer(&stored.name, "", Some(new.visible_to)).await?;
        self.put_into_force().await?;
        self.one(&stored.name).await
    }

    /// Changes a provider or its visibility.
    ///
    /// # Errors
    /// There is no provider of that name, it comes from the configuration, or the change is not valid.
    pub async fn change(&self, name: &str, patch: ProviderPatch) -> Result<ProviderInfo, ApiError> {
        let _one = self.changing.lock().await;
        let known = self.one(name).await?;
        if patch.models.len() > MOST_MODELS || patch.models.iter().any(|offer| offer.model.is_empty() || offer.model.chars().count() > 200)
        {
            return Err(Reason::ProviderModelsInvalid.into());
        }
        if patch.url.is_some() || patch.key.is_some() || patch.own_keys.is_some() {
            let Some(mut stored) = self.stored(name).await?.filter(|_| known.added) else {
                return Err(Reason::ProviderConfigured.into());
            };
            let before = self.origin_of(&stored);
            if let Some(url) = patch.url.as_deref() {
                stored.url = good_url(url)?;
            }
            // A key is only sent to the origin that it was entered for.
            if self.origin_of(&stored) != before && stored.key.take().is_some() {
                info!(provider = stored.name, "provider moved to another origin; its key is deleted unless it was entered again");
            }
            if let Some(key) = patch.key.as_deref() {
                stored.key = good_key(key)?.map(|secret| self.seal(&row(stored.id), &secret)).transpose()?;
            }
            stored.own_keys = patch.own_keys.unwrap_or(stored.own_keys);
            self.could_be(&stored)?;
            if !self.store.change_provider(&stored).await? {
                return Err(Reason::NotFound.into());
            }
        }
        if let Some(visibility) = patch.visible_to {
            self.store.offer(name, "", Some(visibility)).await?;
        }
        for ModelOffer { model, visible_to } in patch.models {
            self.store.offer(name, &model, visible_to).await?;
        }
        self.put_into_force().await?;
        self.one(name).await
    }

    /// Removes a provider that was added on the page, with all its keys.
    ///
    /// # Errors
    /// There is no provider of that name.
    pub async fn remove(&self, name: &str) -> Result<(), ApiError> {
        let _one = self.changing.lock().await;
        if !self.store.remove_provider(name).await? {
            return Err(Reason::NotFound.into());
        }
        Ok(self.put_into_force().await?)
    }

    /// Tests the connection to a provider with the server's key.
    ///
    /// # Errors
    /// There is no provider of that name.
    pub async fn test_connection(&self, name: &str) -> Result<ConnectionTest, ApiError> {
        let admin = Requester { role: Some(Role::Admin), ..Requester::default() };
        self.providers.test_connection(&admin, name).await.ok_or_else(|| Reason::NotFound.into())
    }

    // ---- keys of one's own ----

    /// Returns the providers for which a user may add an own key.
    ///
    /// # Errors
    /// The store failed.
    pub async fn own_keys(&self, user: UserId) -> Result<Vec<OwnKey>, ApiError> {
        let keys = self.store.own_keys(Some(user)).await?;
        let open = self.store.providers().await?.into_iter().filter(|stored| stored.own_keys);
        let key = |stored: &StoredProvider| {
            let own = keys.iter().find(|own| own.provider == stored.id);
            own.map_or(KeyState::None, |own| self.own_state(stored, own))
        };
        let told = |stored: StoredProvider| {
            let key = key(&stored);
            // The owner must see the origin to confirm it.
            let origin = if key == KeyState::Unconfirmed { self.origin_of(&stored) } else { None };
            OwnKey { key, origin, provider: stored.name }
        };
        Ok(open.map(told).collect())
    }

    /// Confirms that a user's own key may be sent to the provider's current origin.
    ///
    /// # Errors
    /// The user has no key for this provider.
    pub async fn confirm_own_key(&self, user: UserId, name: &str) -> Result<(), ApiError> {
        // The lock prevents that an administrator changes the address at the same time.
        let _one = self.changing.lock().await;
        let stored = self.stored(name).await?.filter(|stored| stored.own_keys).ok_or(Reason::NotFound)?;
        let origin = self.origin_of(&stored).ok_or(Reason::NotFound)?;
        if !self.store.confirm_own_key(user, stored.id, &origin).await? {
            return Err(Reason::NotFound.into());
        }
        Ok(())
    }

    /// Stores a user's own key for the provider's current origin.
    ///
    /// # Errors
    /// The provider does not allow users' own keys, or the key is not valid.
    pub async fn store_own_key(&self, user: UserId, name: &str, key: &str) -> Result<(), ApiError> {
        let _one = self.changing.lock().await;
        let stored = self.stored(name).await?.filter(|stored| stored.own_keys).ok_or(Reason::NotFound)?;
        let origin = self.origin_of(&stored).ok_or(Reason::NotFound)?;
        let secret = good_key(key)?.ok_or(Reason::KeyEmpty)?;
        let sealed = self.seal(&own_row(user, stored.id), &secret)?;
        Ok(self.store.store_own_key(user, stored.id, &sealed, Some(&origin), clock::now()).await?)
    }

    /// Deletes a user's own key.
    ///
    /// # Errors
    /// There is no provider of that name.
    pub async fn delete_own_key(&self, user: UserId, name: &str) -> Result<(), ApiError> {
        let stored = self.stored(name).await?.ok_or(Reason::NotFound)?;
        Ok(self.store.delete_own_key(user, stored.id).await?)
    }

    /// Tests the connection to a provider with a user's own key.
    ///
    /// # Errors
    /// The user has no key for this provider.
    pub async fn test_own_key(&self, user: UserId, name: &str) -> Result<ConnectionTest, ApiError> {
        let requester = self.requester(user).await?;
        let brings = requester.keys.iter().any(|own| own.provider == name);
        let may = self.stored(name).await?.is_some_and(|stored| stored.own_keys);
        if !brings || !may {
            return Err(Reason::NotFound.into());
        }
        self.providers.test_connection(&requester, name).await.ok_or_else(|| Reason::NotFound.into())
    }

    fn seal(&self, what: &[u8], secret: &Secret) -> Result<Vec<u8>, ApiError> {
        self.sealing.seal(what, secret).map_err(|cause| {
            tracing::error!(%cause, "could not encrypt a key");
            Reason::KeyNotEncrypted.into()
        })
    }

    /// Returns the origin to which a provider's keys are sent: scheme, host and port.
    fn origin_of(&self, stored: &StoredProvider) -> Option<String> {
        self.providers.origin(stored.kind, stored.url.as_deref())
    }

    fn could_be(&self, stored: &StoredProvider) -> Result<(), ApiError> {
        self.providers.could_be(&self.opened(stored.clone())).map_err(|error| Reason::ProviderSettingsInvalid.with("detail", error))
    }
}

/// Returns the settings of a stored provider with its decrypted key. Without `sealing`, the key can't be read.
pub fn opened(stored: StoredProvider, sealing: Option<&Sealing>) -> Added {
    let key = key(sealing, &row(stored.id), stored.key.as_deref());
    Added { name: stored.name, kind: stored.kind, url: stored.url, key, own_keys: stored.own_keys }
}

fn key(sealing: Option<&Sealing>, what: &[u8], sealed: Option<&[u8]>) -> Key {
    let opened = |sealed: &[u8]| sealing.and_then(|sealing| sealing.open(what, sealed).secret());
    sealed.map_or(Key::None, |sealed| opened(sealed).map_or(Key::Unreadable, Key::Given))
}

/// Returns the encryption context of a provider's key.
fn row(provider: Uuid) -> Vec<u8> {
    [b"providers".as_slice(), provider.as_bytes()].concat()
}

/// Returns the encryption context of a user's own key.
fn own_row(user: UserId, provider: Uuid) -> Vec<u8> {
    [b"own_keys".as_slice(), user.0.as_bytes(), provider.as_bytes()].concat()
}

fn state(key: &Key) -> KeyState {
    match key {
        Key::None => KeyState::None,
        Key::Given(_) => KeyState::Stored,
        Key::Unreadable => KeyState::Unreadable,
        Key::Unconfirmed => KeyState::Unconfirmed,
    }
}

/// Checks and trims a key; `None` if it is empty.
fn good_key(text: &str) -> Result<Option<Secret>, ApiError> {
    if text.len() > LONGEST_KEY || !text.trim().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Reason::KeyInvalid.with("most", LONGEST_KEY));
    }
    Ok(Secret::new(text))
}

/// Checks and trims an address; `None` if it is empty. Addresses with a password are refused, because addresses are stored unencrypted.
fn good_url(text: &str) -> Result<Option<String>, ApiError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    // Azure's documentation shows addresses with a version.
    let (address, query) = text.split_once('?').unwrap_or((text, ""));
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let is_version = query.is_empty() || query.strip_prefix("api-version=").is_some_and(|version| version.chars().all(fits));
    if address.contains(['@', '#']) || !is_version {
        return Err(Reason::ProviderAddressHasSecrets.into());
    }
    let http = text.starts_with("http://") || text.starts_with("https://");
    if !http || text.chars().count() > LONGEST_URL || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Reason::ProviderAddressInvalid.into());
    }
    Ok(Some(text.to_owned()))
}

/// Returns how long ago a time was, for a sentence.
fn ago(age: Duration) -> String {
    match age.as_secs() {
        s @ 0..120 => format!("{s} s ago"),
        s @ 120..7_200 => format!("{} min ago", s / 60),
        s => format!("{} h ago", s / 3_600),
    }
}
