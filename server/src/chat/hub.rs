//! Who listens to what, in this process.
//!
//! The hub carries no messages. It rings a bell, and whoever hears it looks at *what is* now: the
//! revision of a conversation, the watermark of an answer. So nothing can overflow, nothing is
//! replayed, and a slow listener simply looks less often.

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

/// Rung when a listener should look again. Many rings before a look are one.
pub type Wake = Arc<Notify>;

/// How many of a user's list changes are kept for listeners that look late.
const KEPT_CHANGES: usize = 64;

/// The listeners and running answers of one process.
#[derive(Debug, Default)]
pub struct Hub {
    conversations: Mutex<HashMap<ConversationId, Arc<Topic>>>,
    users: Mutex<HashMap<UserId, Arc<UserTopic>>>,
}

#[derive(Debug, Default)]
struct Topic {
    /// The newest revision that was announced; 0 before the first.
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

/// A listener of a user, as others can reach it.
#[derive(Debug)]
pub struct SocketHandle {
    session: SessionId,
    connection: Connection,
    wake: Wake,
    end: OnceLock<ApiError>,
}

impl SocketHandle {
    /// Why the listener has to end, if it has to.
    pub fn ending(&self) -> Option<&ApiError> {
        self.end.get()
    }
}

// Nothing panics while it holds one of these locks.
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

    /// Follows a conversation until the result is dropped.
    pub fn follow(self: &Arc<Self>, id: ConversationId, wake: Wake) -> Subscription {
        let topic = {
            let mut conversations = lock(&self.conversations);
            let topic = conversations.entry(id).or_default().clone();
            lock(&topic.inner).wakes.push(wake.clone());
            topic
        };
        Subscription { hub: self.clone(), id, topic, wake }
    }

    /// A conversation is at this revision now.
    pub fn announce(&self, id: ConversationId, rev: u64) {
        if let Some(topic) = self.topic(id) {
            topic.rev.fetch_max(rev, Ordering::AcqRel);
            topic.wake_all();
        }
    }

    /// Something about a conversation moved that is no revision: a watermark.
    pub(super) fn wake_all(&self, id: ConversationId) {
        if let Some(topic) = self.topic(id) {
            topic.wake_all();
        }
    }

    /// An answer is being written from now on. False where `most` are already for this user: it is looked and counted in one
    /// step, so that those who ask at once are not all let in.
    #[must_use]
    pub(super) fn add_answer(&self, answer: Arc<LiveAnswer>, most: usize) -> bool {
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

    /// It is no more.
    pub(super) fn remove_answer(&self, answer: &LiveAnswer) {
        // This one, and not another that goes by the same id: its id may be one that a client made.
        let is_another = |other: &Arc<LiveAnswer>| !std::ptr::eq(Arc::as_ptr(other), answer);
        if let Some(topic) = self.topic(answer.conversation) {
            lock(&topic.inner).answers.retain(is_another);
        }
        self.tidy(answer.conversation);
        let topic = self.user_topic(answer.user);
        lock(&topic.inner).answers.retain(is_another);
        self.tidy_user(answer.user);
    }

    /// The running answers of a conversation.
    pub fn answers_in(&self, id: ConversationId) -> Vec<Arc<LiveAnswer>> {
        self.topic(id).map(|topic| lock(&topic.inner).answers.clone()).unwrap_or_default()
    }

    /// All running answers.
    pub fn answers(&self) -> Vec<Arc<LiveAnswer>> {
        lock(&self.conversations).values().flat_map(|topic| lock(&topic.inner).answers.clone()).collect()
    }

    /// A running answer of a user.
    pub fn answer(&self, user: UserId, id: MessageId) -> Option<Arc<LiveAnswer>> {
        self.answers().into_iter().find(|answer| answer.id == id && answer.user == user)
    }

    /// Bytes of the texts that are being written for a user.
    pub(super) fn writing(&self, user: UserId) -> u64 {
        let Some(topic) = lock(&self.users).get(&user).cloned() else { return 0 };
        lock(&topic.inner).answers.iter().map(|answer| answer.len() as u64).sum()
    }

    fn user_topic(&self, id: UserId) -> Arc<UserTopic> {
        lock(&self.users).entry(id).or_default().clone()
    }

    /// Listens to what concerns a user until the result is dropped. None where `most` listen already.
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

    /// One of a user's conversations changed in what the list shows.
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

    /// Ends all listeners of a user, but for those of one session where one is to stay.
    pub fn end_user(&self, user: UserId, but: Option<SessionId>, why: &ApiError) {
        self.end_where(user, why, |session| Some(session) != but);
    }

    fn end_where(&self, user: UserId, why: &ApiError, fits: impl Fn(SessionId) -> bool) {
        let Some(topic) = lock(&self.users).get(&user).cloned() else { return };
        for socket in lock(&topic.inner).sockets.iter().filter(|socket| fits(socket.session)) {
            if socket.end.set(why.clone()).is_ok() {
                socket.wake.notify_one();
            }
        }
    }

    /// Open listeners, in all.
    pub fn listeners(&self) -> usize {
        lock(&self.users).values().map(|topic| lock(&topic.inner).sockets.len()).sum()
    }

    /// Who listens, and over what, the oldest first.
    pub fn present(&self) -> Vec<(UserId, Vec<Connection>)> {
        let users = lock(&self.users);
        let open = users.iter().map(|(id, topic)| {
            let mut open: Vec<Connection> = lock(&topic.inner).sockets.iter().map(|socket| socket.connection.clone()).collect();
            open.sort_by_key(|connection| connection.since);
            (*id, open)
        });
        open.filter(|(_, open)| !open.is_empty()).collect()
    }

    /// Rings everybody, as at the end of the process.
    pub fn wake_everybody(&self) {
        for topic in lock(&self.users).values() {
            for socket in &lock(&topic.inner).sockets {
                socket.wake.notify_one();
            }
        }
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

/// A conversation that is followed.
#[derive(Debug)]
pub struct Subscription {
    hub: Arc<Hub>,
    id: ConversationId,
    topic: Arc<Topic>,
    wake: Wake,
}

impl Subscription {
    /// Which conversation.
    pub fn conversation(&self) -> ConversationId {
        self.id
    }

    /// The newest revision that was announced; 0 where none was since somebody listens.
    pub fn rev(&self) -> u64 {
        self.topic.rev.load(Ordering::Acquire)
    }

    /// The running answer with this id.
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

/// A listener's view of its user.
#[derive(Debug)]
pub struct UserSubscription {
    hub: Arc<Hub>,
    user: UserId,
    topic: Arc<UserTopic>,
    handle: Arc<SocketHandle>,
    seen: u64,
}

impl UserSubscription {
    /// Why this listener has to end, if it has to.
    pub fn ending(&self) -> Option<&ApiError> {
        self.handle.ending()
    }

    /// List changes since the last look, at most the newest few dozen.
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
