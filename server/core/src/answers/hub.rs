//! The listeners of this process, and what each listens to.
//!
//! The hub carries no messages. It wakes listeners, and they read the current state: the revision of a conversation, the watermark of an
//! answer. So no queue can overflow, nothing is replayed, and a slow listener simply reads less often.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use holdfast_protocol::{ApiError, ConversationId, MessageId, ServerFrame, SessionId, UserId, activity::Connection};
use tokio::sync::Notify;

use super::LiveAnswer;

/// Wakes a listener that should look again. Several wakes before it looks count as one.
pub type Wake = Arc<Notify>;

/// Number of a user's list changes that are kept for listeners that look late.
const KEPT_CHANGES: usize = 64;

/// The listeners and running answers of one process.
#[derive(Debug, Default)]
pub struct Hub {
    conversations: Mutex<HashMap<ConversationId, Arc<Topic>>>,
    users: Mutex<HashMap<UserId, Arc<UserTopic>>>,
}

#[derive(Debug, Default)]
struct Topic {
    /// The newest announced revision; 0 before the first.
    rev: AtomicU64,
    inner: Mutex<TopicInner>,
}

#[derive(Debug, Default)]
struct TopicInner {
    wakes: Vec<Wake>,
    answers: Vec<Arc<LiveAnswer>>,
}

#[derive(Debug, Default)]
struct UserTopic {
    inner: Mutex<UserInner>,
}

#[derive(Debug, Default)]
struct UserInner {
    sockets: Vec<Arc<SocketHandle>>,
    answers: Vec<Arc<LiveAnswer>>,
    /// Number of the newest change.
    newest: u64,
    changes: VecDeque<ServerFrame>,
}

/// A listener of a user, as seen by others.
#[derive(Debug)]
pub struct SocketHandle {
    session: SessionId,
    connection: Connection,
    wake: Wake,
    end: OnceLock<ApiError>,
}

impl SocketHandle {
    /// Returns the error with which the listener must end, or `None` if it may go on.
    pub fn ending(&self) -> Option<&ApiError> {
        self.end.get()
    }
}

// A poisoned lock is not possible, because nothing panics while holding one of these.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Topic {
    fn wake_all(&self) {
        for wake in &lock(&self.inner).wakes {
            wake.notify_one();
        }
    }
}

impl Hub {
    fn topic(&self, id: ConversationId) -> Option<Arc<Topic>> {
        lock(&self.conversations).get(&id).cloned()
    }

    /// Subscribes to a conversation until the result is dropped.
    pub fn follow(self: &Arc<Self>, id: ConversationId, wake: Wake) -> Subscription {
        let topic = {
            let mut conversations = lock(&self.conversations);
            let topic = conversations.entry(id).or_default().clone();
            lock(&topic.inner).wakes.push(wake.clone());
            topic
        };
        Subscription { hub: self.clone(), id, topic, wake }
    }

    /// Announces a conversation's new revision, and wakes its listeners.
    pub fn announce(&self, id: ConversationId, rev: u64) {
        if let Some(topic) = self.topic(id) {
            topic.rev.fetch_max(rev, Ordering::AcqRel);
            topic.wake_all();
        }
    }

    /// Wakes the listeners of a conversation for a change without a revision, such as a new watermark.
    pub(super) fn wake_all(&self, id: ConversationId) {
        if let Some(topic) = self.topic(id) {
            topic.wake_all();
        }
    }

    /// Registers a running answer. Returns false if the user already has `most`. Checking and registering are one step, so that
    /// simultaneous requests can't exceed the limit.
    #[must_use]
    pub(crate) fn add_answer(&self, answer: Arc<LiveAnswer>, most: usize) -> bool {
        {
            let mut users = lock(&self.users);
            let mut inner = lock(&users.entry(answer.user).or_default().inner);
            if inner.answers.len() >= most {
                return false;
            }
            inner.answers.push(answer.clone());
        }
        let mut conversations = lock(&self.conversations);
        let topic = conversations.entry(answer.conversation).or_default();
        lock(&topic.inner).answers.push(answer);
        true
    }

    /// Removes a running answer.
    pub(crate) fn remove_answer(&self, answer: &LiveAnswer) {
        // Another answer can have the same id, because clients can make ids.
        let is_another = |other: &Arc<LiveAnswer>| !std::ptr::eq(Arc::as_ptr(other), answer);
        if let Some(topic) = self.topic(answer.conversation) {
            lock(&topic.inner).answers.retain(is_another);
        }
        self.tidy(answer.conversation);
        let topic = self.user_topic(answer.user);
        lock(&topic.inner).answers.retain(is_another);
        self.tidy_user(answer.user);
    }

    /// Returns the running answers of a conversation.
    pub fn answers_in(&self, id: ConversationId) -> Vec<Arc<LiveAnswer>> {
        self.topic(id).map(|topic| lock(&topic.inner).answers.clone()).unwrap_or_default()
    }

    /// Returns all running answers.
    pub fn answers(&self) -> Vec<Arc<LiveAnswer>> {
        lock(&self.conversations).values().flat_map(|topic| lock(&topic.inner).answers.clone()).collect()
    }

    /// Returns a running answer of a user.
    pub fn answer(&self, user: UserId, id: MessageId) -> Option<Arc<LiveAnswer>> {
        self.answers().into_iter().find(|answer| answer.id == id && answer.user == user)
    }

    /// Returns the length of a user's running answers, bytes.
    pub(crate) fn writing(&self, user: UserId) -> u64 {
        let Some(topic) = lock(&self.users).get(&user).cloned() else { return 0 };
        lock(&topic.inner).answers.iter().map(|answer| answer.written() as u64).sum()
    }

    fn user_topic(&self, id: UserId) -> Arc<UserTopic> {
        lock(&self.users).entry(id).or_default().clone()
    }

    /// Registers a listener for everything that concerns a user, until the result is dropped. Returns `None` if there are already `most`.
    pub fn register(
        self: &Arc<Self>,
        user: UserId,
        session: SessionId,
        connection: Connection,
        wake: Wake,
        most: usize,
    ) -> Option<UserSubscription> {
        let mut users = lock(&self.users);
        let topic = users.entry(user).or_default().clone();
        let mut inner = lock(&topic.inner);
        if inner.sockets.len() >= most {
            return None;
        }
        let handle = Arc::new(SocketHandle { session, connection, wake, end: OnceLock::new() });
        inner.sockets.push(handle.clone());
        let seen = inner.newest;
        drop(inner);
        Some(UserSubscription { hub: self.clone(), user, topic, handle, seen })
    }

    /// Announces that a conversation changed in the user's list.
    pub fn list_changed(&self, user: UserId, change: ServerFrame) {
        let Some(topic) = lock(&self.users).get(&user).cloned() else { return };
        let mut inner = lock(&topic.inner);
        inner.newest += 1;
        inner.changes.push_back(change);
        if inner.changes.len() > KEPT_CHANGES {
            inner.changes.pop_front();
        }
        for socket in &inner.sockets {
            socket.wake.notify_one();
        }
    }

    /// Ends all listeners of a session.
    pub fn end_session(&self, user: UserId, session: SessionId, why: &ApiError) {
        self.end_where(user, why, |other| other == session);
    }

    /// Ends all listeners of a user, except those of the session `but`.
    pub fn end_user(&self, user: UserId, but: Option<SessionId>, why: &ApiError) {
        self.end_where(user, why, |session| Some(session) != but);
    }

    /// Ends all listeners of a user, and the answers that are being written for them.
    pub fn end_user_and_answers(&self, user: UserId, why: &ApiError) {
        self.end_user(user, None, why);
        for answer in self.answers().iter().filter(|answer| answer.user == user) {
            answer.stop.cancel();
        }
    }

    fn end_where(&self, user: UserId, why: &ApiError, fits: impl Fn(SessionId) -> bool) {
        let Some(topic) = lock(&self.users).get(&user).cloned() else { return };
        for socket in lock(&topic.inner).sockets.iter().filter(|socket| fits(socket.session)) {
            if socket.end.set(why.clone()).is_ok() {
                socket.wake.notify_one();
            }
        }
    }

    /// Returns the number of listeners.
    pub fn listeners(&self) -> usize {
        lock(&self.users).values().map(|topic| lock(&topic.inner).sockets.len()).sum()
    }

    /// Returns the users with their listeners, the oldest first.
    pub fn present(&self) -> Vec<(UserId, Vec<Connection>)> {
        let users = lock(&self.users);
        let open = users.iter().map(|(id, topic)| {
            let mut open: Vec<Connection> = lock(&topic.inner).sockets.iter().map(|socket| socket.connection.clone()).collect();
            open.sort_by_key(|connection| connection.since);
            (*id, open)
        });
        open.filter(|(_, open)| !open.is_empty()).collect()
    }

    fn tidy(&self, id: ConversationId) {
        if let Entry::Occupied(entry) = lock(&self.conversations).entry(id) {
            let empty = {
                let inner = lock(&entry.get().inner);
                inner.wakes.is_empty() && inner.answers.is_empty()
            };
            if empty {
                entry.remove();
            }
        }
    }

    fn tidy_user(&self, id: UserId) {
        if let Entry::Occupied(entry) = lock(&self.users).entry(id) {
            let empty = {
                let inner = lock(&entry.get().inner);
                inner.sockets.is_empty() && inner.answers.is_empty()
            };
            if empty {
                entry.remove();
            }
        }
    }
}

/// A subscription to a conversation.
#[derive(Debug)]
pub struct Subscription {
    hub: Arc<Hub>,
    id: ConversationId,
    topic: Arc<Topic>,
    wake: Wake,
}

impl Subscription {
    /// Returns the conversation's id.
    pub fn conversation(&self) -> ConversationId {
        self.id
    }

    /// Returns the newest announced revision; 0 if none was announced since the first listener subscribed.
    pub fn rev(&self) -> u64 {
        self.topic.rev.load(Ordering::Acquire)
    }

    /// Returns the running answer with this id.
    pub fn answer(&self, id: MessageId) -> Option<Arc<LiveAnswer>> {
        lock(&self.topic.inner).answers.iter().find(|answer| answer.id == id).cloned()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut inner = lock(&self.topic.inner);
        if let Some(at) = inner.wakes.iter().position(|wake| Arc::ptr_eq(wake, &self.wake)) {
            inner.wakes.swap_remove(at);
        }
        drop(inner);
        self.hub.tidy(self.id);
    }
}

/// A listener's registration for its user.
#[derive(Debug)]
pub struct UserSubscription {
    hub: Arc<Hub>,
    user: UserId,
    topic: Arc<UserTopic>,
    handle: Arc<SocketHandle>,
    seen: u64,
}

impl UserSubscription {
    /// Returns the error with which this listener must end, or `None` if it may go on.
    pub fn ending(&self) -> Option<&ApiError> {
        self.handle.ending()
    }

    /// Returns the list changes since the last call, at most the newest few dozen.
    pub fn changes(&mut self) -> Vec<ServerFrame> {
        let inner = lock(&self.topic.inner);
        if inner.newest == self.seen {
            return Vec::new();
        }
        let missed = usize::try_from(inner.newest - self.seen).unwrap_or(usize::MAX);
        self.seen = inner.newest;
        let skip = inner.changes.len().saturating_sub(missed);
        inner.changes.iter().skip(skip).cloned().collect()
    }
}

impl Drop for UserSubscription {
    fn drop(&mut self) {
        lock(&self.topic.inner).sockets.retain(|socket| !Arc::ptr_eq(socket, &self.handle));
        self.hub.tidy_user(self.user);
    }
}
