#![allow(clippy::unwrap_used)]
use holdfast_core::accounts::stored::{
    Change, Claimed, CookieRotation, Joined, NewAdmin, NewInvitation, NewSession, Rotation, SessionState,
};
use holdfast_protocol::{
    ConversationId, InvitationId, Message, MessageId, SessionId, UserId,
    api::{Role, User},
    people::InvitationState,
    step::{Step, StepKind},
};
use uuid::Uuid;

use super::*;
use holdfast_core::{
    answers::Ending,
    conversations::{NewConversation, NewMessage},
};

const DAY: u64 = 24 * 3_600_000;
const SEARCH: Duration = Duration::from_secs(60);

async fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("holdfast.db")).await.unwrap();
    (folder, store)
}

fn id(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

/// Runs each property of the conformance suite on a store of its own.
macro_rules! conforms {
    ($($property:ident)*) => {
        $(
            #[tokio::test]
            async fn $property() {
                let (_folder, store) = store().await;
                store.add_guest(holdfast_conformance::USER, 0).await.unwrap();
                store.add_guest(holdfast_conformance::OTHER, 0).await.unwrap();
                holdfast_conformance::$property(&store).await;
            }
        )*
    };
}

mod conformance {
    use super::*;

    holdfast_conformance::properties!(conforms);
}

async fn used(store: &Store, user: u128, now: u64) {
    let hash = [u8::try_from(user).unwrap(); 32];
    let id_ = SessionId(Uuid::from_u128(user));
    let session = NewSession {
        id: id_,
        user: id(user),
        cookie_hash: hash,
        family_hash: hash,
        expires_at: now + 30 * DAY,
        device: String::new(),
        proved: true,
    };
    store.add_session(&session, now).await.unwrap();
}

#[tokio::test]
async fn guests_whom_nobody_uses_go_with_all_that_is_theirs_and_nobody_else_does() {
    let (_folder, store) = store().await;
    for n in 1..=3 {
        store.add_guest(id(n), 0).await.unwrap();
        let new = NewConversation {
            id: ConversationId(Uuid::from_u128(n)),
            user: id(n),
            title: String::new(),
            settings: Default::default(),
            project: None,
        };
        assert!(store.add_conversation(&new, 0).await.unwrap());
    }
    store.add_member(id(4), "Ada", "x", 0).await.unwrap();
    used(&store, 1, 0).await;
    used(&store, 2, 20 * DAY).await;
    store.add_guest(id(5), 29 * DAY).await.unwrap();
    assert_eq!(store.remove_idle_guests(DAY, 0).await.unwrap(), []);
    let mut gone = store.remove_idle_guests(DAY, 100).await.unwrap();
    gone.sort();
    assert_eq!(gone, [id(1), id(3)]);
    store.erase_all().await.unwrap();
    assert!(store.conversation(id(1), ConversationId(Uuid::from_u128(1))).await.unwrap().is_none());
    assert!(store.conversation(id(2), ConversationId(Uuid::from_u128(2))).await.unwrap().is_some());
    assert!(store.user(id(4)).await.unwrap().is_some() && store.user(id(5)).await.unwrap().is_some());
    assert_eq!(store.remove_idle_guests(21 * DAY, 100).await.unwrap(), [id(2)]);
}

#[tokio::test]
async fn a_message_that_is_its_own_ancestor_is_told_once() {
    let (_folder, store) = store().await;
    store.add_guest(id(1), 0).await.unwrap();
    let conversation = Uuid::from_u128(7);
    let new = NewConversation {
        id: ConversationId(conversation),
        user: id(1),
        title: String::new(),
        settings: Default::default(),
        project: None,
    };
    assert!(store.add_conversation(&new, 0).await.unwrap());
    for (n, parent) in [(1_u128, 3_u128), (2, 1), (3, 2), (4, 3)] {
        sqlx::query(
            "INSERT INTO messages (id, owner_id, conversation_id, parent_id, role, content, status, created_at, rev)
             VALUES (?, ?, ?, ?, 'user', 'hi', 'accepted', 0, 1)",
        )
        .bind(Uuid::from_u128(n))
        .bind(id(1).0)
        .bind(conversation)
        .bind(Uuid::from_u128(parent))
        .execute(&store.writer)
        .await
        .unwrap();
    }
    let path = store.path_to(id(1), MessageId(Uuid::from_u128(4))).await.unwrap();
    assert_eq!(path.iter().map(|message| message.id.0.as_u128()).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[tokio::test]
async fn of_a_path_that_is_longer_than_any_the_newest_messages_are_read() {
    let (_folder, store) = store().await;
    store.add_guest(id(1), 0).await.unwrap();
    let conversation = Uuid::from_u128(7);
    let new = NewConversation {
        id: ConversationId(conversation),
        user: id(1),
        title: String::new(),
        settings: Default::default(),
        project: None,
    };
    assert!(store.add_conversation(&new, 0).await.unwrap());
    sqlx::query("INSERT INTO conversations (id, user_id, title, rev, created_at, updated_at) VALUES (?, ?, '', 1, 0, 0)")
        .bind(Uuid::from_u128(8))
        .bind(id(1).0)
        .execute(&store.writer)
        .await
        .unwrap();
    // The first is in another conversation, the third is very long.
    for (n, conversation, bytes) in [(1_i64, 8, 1), (2, 7, 1), (3, 7, 17 << 20), (4, 7, 1 << 20), (5, 7, 1)] {
        sqlx::query(
            "INSERT INTO messages (id, owner_id, conversation_id, parent_id, role, content, status, created_at, rev)
             VALUES (?, ?, ?, ?, 'user', printf('%.*c', ?, 'x'), 'accepted', ?, 1)",
        )
        .bind(Uuid::from_u128(n as u128))
        .bind(id(1).0)
        .bind(Uuid::from_u128(conversation))
        .bind(Uuid::from_u128(n as u128 - 1))
        .bind(bytes)
        .bind(n)
        .execute(&store.writer)
        .await
        .unwrap();
    }
    let path = async |n| store.path_to(id(1), MessageId(Uuid::from_u128(n))).await.unwrap();
    let ids = |path: Vec<Message>| path.iter().map(|message| message.id.0.as_u128()).collect::<Vec<_>>();
    assert_eq!(ids(path(5).await), [4, 5]);
    assert_eq!(ids(path(3).await), [2, 3], "itself in any case, and none of another conversation");
}

#[tokio::test]
async fn a_claim_is_good_once_and_only_while_nobody_is_in_charge() {
    let (_folder, store) = store().await;
    store.keep_claim(&[1; 32], 0).await.unwrap();
    store.keep_claim(&[2; 32], 0).await.unwrap();
    let made = |n| NewAdmin::Made { id: id(n), username: "Ada", password_hash: "x" };
    assert_eq!(store.claim(&[1; 32], &made(1), 0).await.unwrap(), Claimed::BadLink, "an older start's");
    store.add_member(id(9), "ADA", "x", 0).await.unwrap();
    assert_eq!(store.claim(&[2; 32], &made(1), 0).await.unwrap(), Claimed::NameTaken);
    assert!(!store.has_admin().await.unwrap());
    let admin = User { id: id(9), username: "ADA".into(), role: Role::Admin };
    assert_eq!(store.claim(&[2; 32], &NewAdmin::Raised(id(9)), 0).await.unwrap(), Claimed::Admin(admin));
    assert_eq!(store.claim(&[2; 32], &made(1), 0).await.unwrap(), Claimed::BadLink);
    store.keep_claim(&[3; 32], 0).await.unwrap();
    assert_eq!(store.claim(&[3; 32], &NewAdmin::Raised(id(9)), 0).await.unwrap(), Claimed::BadLink);
}

#[tokio::test]
async fn an_invitation_is_good_for_its_uses_and_its_time() {
    let (_folder, store) = store().await;
    let new = NewInvitation { id: InvitationId(Uuid::from_u128(1)), hash: [1; 32], note: "x".into(), uses: 2, expires_at: 100 };
    store.add_invitation(&new, 0).await.unwrap();
    let join = |n: u128, name: &'static str, now| {
        let store = store.clone();
        async move { store.join(&[1; 32], id(n), name, "x", now).await.unwrap() }
    };
    assert!(matches!(join(1, "Ada", 1).await, Joined::Member(_)));
    assert_eq!(join(2, "ada", 1).await, Joined::NameTaken);
    assert_eq!(store.invitations(1).await.unwrap()[0].used, 1);
    assert_eq!(join(2, "Bob", 100).await, Joined::BadInvitation(InvitationState::Expired));
    assert!(matches!(join(2, "Bob", 99).await, Joined::Member(_)));
    assert_eq!(join(3, "Cy", 1).await, Joined::BadInvitation(InvitationState::UsedUp));
    assert!(store.invitations(1).await.unwrap().is_empty());
}

#[tokio::test]
async fn somebody_stays_in_charge() {
    let (_folder, store) = store().await;
    for (n, name) in [(1, "Ada"), (2, "Bob")] {
        store.add_member(id(n), name, "x", 0).await.unwrap();
    }
    assert_eq!(store.set_role(id(1), Role::Admin).await.unwrap(), Change::Done);
    assert_eq!(store.set_role(id(1), Role::Member).await.unwrap(), Change::LastAdmin);
    assert_eq!(store.set_suspended(id(1), Some("x"), 0).await.unwrap(), Change::LastAdmin);
    assert_eq!(store.remove_user(id(1)).await.unwrap(), Change::LastAdmin);
    assert_eq!(store.set_role(id(2), Role::Admin).await.unwrap(), Change::Done);
    assert_eq!(store.set_suspended(id(2), Some("x"), 0).await.unwrap(), Change::Done);
    assert_eq!(store.remove_user(id(1)).await.unwrap(), Change::LastAdmin, "the other one can't come in");
    assert_eq!(store.set_suspended(id(2), None, 0).await.unwrap(), Change::Done);
    assert_eq!(store.remove_user(id(1)).await.unwrap(), Change::Done);
    assert_eq!(store.remove_user(id(1)).await.unwrap(), Change::Missing);
}

#[tokio::test]
async fn of_a_session_s_cookies_the_newest_counts_the_one_before_for_a_minute_and_an_older_one_is_theft() {
    const MINUTE: u64 = 60_000;
    let (_folder, store) = store().await;
    store.add_member(id(1), "Ada", "x", 0).await.unwrap();
    let begin = async |family: u8| {
        let session_id = SessionId(Uuid::from_u128(family.into()));
        let hashes = ([family + 1; 32], [family; 32]);
        let session = NewSession {
            id: session_id,
            user: id(1),
            cookie_hash: hashes.0,
            family_hash: hashes.1,
            expires_at: DAY,
            device: String::new(),
            proved: true,
        };
        store.add_session(&session, 0).await.unwrap();
    };
    let turn = async |old: u8, new: u8, now: u64| {
        let cookies = CookieRotation { old: [old; 32], new: [new; 32], family: [old / 10 * 10; 32] };
        match store.rotate_session(&cookies, now, None).await.unwrap() {
            Rotation::Rotated(_) => "rotated",
            Rotation::Recent(_) => "recent",
            Rotation::Stolen(..) => "stolen",
            Rotation::Expired => "expired",
            Rotation::Gone => "gone",
        }
    };
    begin(10).await;
    assert_eq!(turn(11, 12, 1).await, "rotated");
    // Many tabs wake up at once, with either cookie.
    for n in 0..10 {
        assert_eq!(turn(11 + n % 2, 13, 2).await, "recent");
    }
    assert_eq!(turn(12, 13, 2 + MINUTE).await, "rotated");
    assert_eq!(turn(11, 14, 3 + MINUTE).await, "stolen", "two rotations old");
    assert_eq!(turn(13, 14, 4 + MINUTE).await, "gone", "for both of them");

    begin(20).await;
    assert_eq!(turn(21, 22, 1).await, "rotated");
    assert_eq!(turn(21, 23, 1 + MINUTE).await, "stolen", "one rotation old, a minute later");
    begin(30).await;
    assert_eq!(turn(99, 98, 1).await, "gone", "nobody's cookie ends nobody's session");
    assert_eq!(turn(31, 32, 1).await, "rotated");
}

#[tokio::test]
async fn barring_burns_no_cookie() {
    const MINUTE: u64 = 60_000;
    let (_folder, store) = store().await;
    store.add_member(id(1), "Ada", "x", 0).await.unwrap();
    used(&store, 1, 0).await;
    let turn = async |now| store.rotate_session(&CookieRotation { old: [1; 32], new: [2; 32], family: [1; 32] }, now, None).await.unwrap();
    store.set_suspended(id(1), Some("Spam"), 1).await.unwrap();
    for n in 1..4 {
        let rotation = turn(n * 2 * MINUTE).await;
        assert!(matches!(rotation, Rotation::Recent(session) if session.suspended.as_deref() == Some("Spam")), "{n}");
    }
    store.set_suspended(id(1), None, 1).await.unwrap();
    assert!(matches!(turn(8 * MINUTE).await, Rotation::Rotated(_)));
}

#[tokio::test]
async fn a_cookie_that_nobody_gave_does_not_wait_for_the_turn_to_write() {
    let (_folder, store) = store().await;
    let _writing = store.write().await.unwrap();
    let cookies = CookieRotation { old: [1; 32], new: [2; 32], family: [3; 32] };
    let looked = tokio::time::timeout(std::time::Duration::from_secs(20), store.rotate_session(&cookies, 1, None)).await;
    assert!(matches!(looked.unwrap().unwrap(), Rotation::Gone));
}

#[tokio::test]
async fn a_session_lasts_as_long_as_it_may_and_a_guest_s_as_long_as_it_is_used() {
    const MOST: u64 = 90 * DAY;
    let (_folder, store) = store().await;
    store.add_member(id(1), "Ada", "x", 0).await.unwrap();
    store.add_guest(id(2), 0).await.unwrap();
    for user in [1, 2] {
        let session = NewSession {
            id: SessionId(Uuid::from_u128(user)),
            user: id(user),
            cookie_hash: [1; 32].map(|n| n * user as u8),
            family_hash: [user as u8 + 100; 32],
            expires_at: 30 * DAY,
            device: String::new(),
            proved: true,
        };
        store.add_session(&session, 0).await.unwrap();
    }
    // Used every third week.
    let turn = async |user: u8, n: u8| {
        let cookies = CookieRotation { old: [user + 10 * n; 32], new: [user + 10 * (n + 1); 32], family: [user + 100; 32] };
        let rotation = store.rotate_session(&cookies, u64::from(n + 1) * 21 * DAY, Some(MOST)).await.unwrap();
        (matches!(rotation, Rotation::Rotated(_)), matches!(rotation, Rotation::Expired))
    };
    let holds = async |user: u128, day: u64| {
        let seen = store.session(SessionId(Uuid::from_u128(user)), day * DAY).await.unwrap().unwrap();
        seen.open().is_some()
    };
    for n in 0..4 {
        assert_eq!((turn(1, n).await, turn(2, n).await), ((true, false), (true, false)), "{n}");
    }
    assert!(holds(1, 89).await && !holds(1, 90).await, "the longest life of an account's");
    assert!(holds(2, 113).await && !holds(2, 114).await, "30 days after a guest's last use");
    assert_eq!((turn(1, 4).await, turn(2, 4).await), ((false, true), (true, false)));
}

#[tokio::test]
async fn what_an_earlier_version_kept_in_scripts_without_spaces_is_found_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("holdfast.db");
    let before = Migrator::with_migrations(MIGRATIONS.iter().filter(|step| step.version < 11).cloned().collect());
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options(&path)).await.unwrap();
    before.run(&pool).await.unwrap();
    let user = id(1);
    sqlx::query("INSERT INTO users (id, username, role, created_at) VALUES (?, 'ada', 'user', 0)")
        .bind(user.0)
        .execute(&pool)
        .await
        .unwrap();
    let conversation = Uuid::from_u128(2);
    sqlx::query("INSERT INTO conversations (id, user_id, title, rev, created_at, updated_at) VALUES (?, ?, '週末の計画', 1, 1, 1)")
        .bind(conversation)
        .bind(user.0)
        .execute(&pool)
        .await
        .unwrap();
    // More than are written separately at once, and some that only look as if they had to be.
    for n in 0..450_u128 {
        let content = if n % 3 == 0 { format!("plain 🦀 {n}") } else { format!("今日は公園を散歩しました {n}") };
        sqlx::query(
            "INSERT INTO messages (id, owner_id, conversation_id, role, content, status, created_at, rev)
             VALUES (?, ?, ?, 'user', ?, 'accepted', ?, 1)",
        )
        .bind(Uuid::from_u128(n))
        .bind(user.0)
        .bind(conversation)
        .bind(content)
        .bind(i64::try_from(n).unwrap())
        .execute(&pool)
        .await
        .unwrap();
    }
    pool.close().await;

    let store = Store::open(&path).await.unwrap();
    let found = store.search(user, "散歩", None, 10, SEARCH).await.unwrap();
    assert_eq!(found.results.len(), 1);
    assert!(found.results[0].place.iter().any(|piece| piece.found && piece.text == "散歩"), "{found:?}");
    let found = store.search(user, "計画", None, 10, SEARCH).await.unwrap();
    assert!(found.results[0].title.iter().any(|piece| piece.found && piece.text == "計画"), "{found:?}");
    assert!(!found.building);
    // Index the rest of the rows, too.
    while store.index_piece().await.unwrap() {}
    let count = "SELECT count(*) FROM search_index WHERE search_index MATCH ?";
    let count = async |query: &str| sqlx::query_scalar::<_, i64>(count).bind(query).fetch_one(&store.readers).await.unwrap();
    assert_eq!((count("\"散 歩\"").await, count("plain").await, count("計画").await), (300, 150, 0));
    assert_eq!(count("\"計 画\"").await, 1);
}

#[tokio::test]
async fn the_search_index_follows_what_changes() {
    let (_folder, store) = store().await;
    let (user, other) = (id(1), id(2));
    for user in [user, other] {
        store.add_guest(user, 0).await.unwrap();
    }
    let conversation = ConversationId(Uuid::from_u128(7));
    store
        .add_conversation(
            &NewConversation { id: conversation, user, title: "Häfen".into(), settings: Default::default(), project: None },
            0,
        )
        .await
        .unwrap();
    let add = "INSERT INTO messages (id, owner_id, conversation_id, role, content, status, created_at, rev)
        VALUES (?1, ?2, ?3, 'user', ?4, ?5, 1, 1)";
    for (n, text, status) in [(1_u128, "one tide", "accepted"), (2, "two tides", "streaming"), (3, "three", "complete")] {
        sqlx::query(add)
            .bind(Uuid::from_u128(n))
            .bind(user.0)
            .bind(conversation.0)
            .bind(text)
            .bind(status)
            .execute(&store.writer)
            .await
            .unwrap();
    }
    let found = async |query: &str| store.search(user, query, None, 10, SEARCH).await.unwrap().results.into_iter().next();
    let message = async |query: &str| found(query).await.and_then(|result| result.message_id).map(|id| id.0.as_u128());
    assert_eq!((message("tide").await, message("two").await, message("three").await), (Some(1), None, Some(3)));
    assert!(found("hafen").await.is_some() && found("haefen").await.is_some());
    assert!(store.search(other, "tide", None, 10, SEARCH).await.unwrap().results.is_empty());
    let change = async |sql: &'static str| sqlx::query(sql).execute(&store.writer).await.unwrap();
    change("UPDATE messages SET status = 'complete' WHERE content = 'two tides'").await;
    assert_eq!((message("two").await, message("tide").await), (Some(2), Some(2)));
    change("UPDATE messages SET content = 'two boats' WHERE content = 'two tides'").await;
    assert_eq!((message("boats").await, message("tides").await, message("tide").await), (Some(2), None, Some(1)));
    change("UPDATE messages SET status = 'streaming' WHERE content = 'two boats'").await;
    assert_eq!(message("boats").await, None);
    // What changed while the text was read is indexed again, and not lost.
    change("UPDATE messages SET content = 'one boat' WHERE content = 'one tide'").await;
    change("UPDATE messages SET content = 'one ship' WHERE content = 'one boat'").await;
    assert_eq!((message("ship").await, message("boat").await, message("tide").await), (Some(1), None, None));
    // A reused row number leads to no old data.
    change("DELETE FROM messages").await;
    sqlx::query(add)
        .bind(Uuid::from_u128(9))
        .bind(other.0)
        .bind(conversation.0)
        .bind("three others")
        .bind("complete")
        .execute(&store.writer)
        .await
        .unwrap();
    assert_eq!((message("ship").await, message("three").await, message("others").await), (None, None, None));
    while store.index_piece().await.unwrap() {}
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM search_index_docsize").fetch_one(&store.readers).await.unwrap();
    assert_eq!(rows, 2, "the title and the one message");
}

/// The clock is 40 days ahead, and these days are known not to count.
#[tokio::test]
async fn time_that_does_not_count_makes_nobody_old() {
    let (_folder, store) = store().await;
    store.add_guest(id(1), 0).await.unwrap();
    used(&store, 1, 0).await;
    let (cookie, session) = ([1; 32], SessionId(Uuid::from_u128(1)));
    let now = 41 * DAY;
    let is_open = async || {
        let by_cookie = store.session_by_cookie(&cookie, now).await.unwrap().and_then(SessionState::open).is_some();
        assert_eq!(by_cookie, store.session(session, now).await.unwrap().and_then(SessionState::open).is_some());
        by_cookie
    };
    let jump = holdfast_core::age::ClockJump::between(DAY, now);
    store.note_time(now, jump.as_slice()).await.unwrap();
    assert_eq!((store.seen_at().await.unwrap(), store.clock_jumps().await.unwrap()), (Some(now), jump.into_iter().collect()));
    store.set_uncounted(holdfast_core::age::uncounted(&store.clock_jumps().await.unwrap(), now));
    assert!(is_open().await);
    let old = store.age_now(now).saturating_sub(holdfast_core::age::KEPT);
    assert_eq!(store.remove_idle_guests(old, 10).await.unwrap(), []);
    assert_eq!(store.forget_sessions(old).await.unwrap(), 0);
    store.set_uncounted(0);
    assert!(!is_open().await);
    assert_eq!(store.remove_idle_guests(now - holdfast_core::age::KEPT, 10).await.unwrap(), [id(1)]);
}

/// Returns whether counting again changes nothing.
async fn counts_are_right(store: &Store) -> bool {
    store.repair_storage().await.unwrap() == 0
}

#[tokio::test]
async fn what_users_store_is_counted_with_each_change_and_counted_anew_where_it_is_wrong() {
    let (_folder, store) = store().await;
    let conversation = |n| ConversationId(Uuid::from_u128(n));
    for n in 1..=2 {
        store.add_guest(id(n), 0).await.unwrap();
        used(&store, n, 0).await;
        let new = NewConversation {
            id: conversation(n),
            user: id(n),
            title: "Gezeiten für alle".into(),
            settings: Default::default(),
            project: None,
        };
        assert!(store.add_conversation(&new, 0).await.unwrap());
    }
    let answer = MessageId(Uuid::from_u128(50));
    let new = NewMessage {
        user: id(1),
        conversation: conversation(1),
        begin: false,
        title: "x".into(),
        id: MessageId(Uuid::from_u128(49)),
        content: "潮".repeat(1_000),
        attachments: Vec::new(),
        parent: None,
        edits: None,
        answer,
        provider: "p".into(),
        model: "m".into(),
        settings: Default::default(),
        project: None,
    };
    let bytes = async || store.storage(id(1)).await.unwrap().unwrap().used_bytes;
    let before = bytes().await;
    store.accept_message(&new, 1).await.unwrap();
    assert_eq!(bytes().await, before + 3_000 + 2 * 512 + 64);
    assert!(counts_are_right(&store).await);
    let ending = Ending {
        answer,
        user: id(1),
        conversation: conversation(1),
        content: "x".repeat(5_000),
        steps: vec![Step { content: "y".repeat(2_000), ..Step::started(0, StepKind::Reasoning, 0, 1) }],
        status: holdfast_protocol::Status::Interrupted,
        error: None,
        usage: None,
        spent: None,
        sources: Vec::new(),
        left_out: 0,
        ignored: Vec::new(),
    };
    store.save_answers(&[], &[], std::slice::from_ref(&ending), None, 2).await.unwrap();
    let whole = bytes().await;
    assert!(whole > before + 11_000 && counts_are_right(&store).await);
    store.reopen_answer(id(1), answer, 3).await.unwrap().unwrap();
    assert!(bytes().await < whole - 6_900 && counts_are_right(&store).await, "what is being written is counted in memory");
    store.save_answers(&[], &[], &[ending], None, 4).await.unwrap();
    assert!(store.remove_conversation(id(1), conversation(1), 5).await.unwrap());
    assert_eq!(bytes().await, 512, "the session");
    assert!(store.restore_conversation(id(1), conversation(1)).await.unwrap().is_some());
    assert!(bytes().await > whole && counts_are_right(&store).await);

    for tampered in [
        "UPDATE conversations SET stored_bytes = 7, stored_rows = 0",
        "UPDATE storage SET bytes = -5",
        "DELETE FROM storage",
        "UPDATE storage_total SET bytes = 1",
    ] {
        let right = bytes().await;
        sqlx::query(tampered).execute(&store.writer).await.unwrap();
        assert!(!counts_are_right(&store).await, "{tampered}");
        assert!(counts_are_right(&store).await && bytes().await == right, "{tampered}");
    }
    store.remove_user(id(1)).await.unwrap();
    assert!(store.storage(id(1)).await.unwrap().is_none() && counts_are_right(&store).await);
}

#[tokio::test]
async fn more_than_a_quota_is_refused_whole() {
    let (_folder, store) = store().await;
    store.add_guest(id(1), 0).await.unwrap();
    store.set_quotas(Quotas { guest: Some(2_000), ..Quotas::default() });
    let new = |n, title: &str| NewConversation {
        id: ConversationId(Uuid::from_u128(n)),
        user: id(1),
        title: title.into(),
        settings: Default::default(),
        project: None,
    };
    assert!(store.add_conversation(&new(1, "small"), 0).await.unwrap());
    let refused = store.add_conversation(&new(2, &"large".repeat(300)), 0).await.unwrap_err();
    assert!(matches!(refused, SqliteError::OverQuota(full) if full.used > 2_000 && full.quota == 2_000), "{refused}");
    assert!(store.conversation(id(1), ConversationId(Uuid::from_u128(2))).await.unwrap().is_none());
    assert!(store.add_conversation(&new(3, "small"), 0).await.unwrap());
    store.set_quotas(Quotas { guest: Some(10), ..Quotas::default() });
    let change = holdfast_protocol::api::ConversationPatch { pinned: Some(true), ..Default::default() };
    assert!(store.change_conversation(id(1), ConversationId(Uuid::from_u128(1)), &change).await.unwrap(), "it takes nothing more");
}

#[tokio::test]
async fn a_user_has_so_many_sessions_and_those_that_have_ended_go_first() {
    let (_folder, store) = store().await;
    store.add_guest(id(1), 0).await.unwrap();
    for n in 0..250_u128 {
        let hash: [u8; 32] = std::array::from_fn(|at| if at < 16 { n.to_be_bytes()[at] } else { 0 });
        let session = NewSession {
            id: SessionId(Uuid::from_u128(n)),
            user: id(1),
            cookie_hash: hash,
            family_hash: hash,
            expires_at: DAY,
            device: String::new(),
            proved: true,
        };
        let now = u64::try_from(n).unwrap();
        store.add_session(&session, now).await.unwrap();
        if n >= 20 && n % 2 == 0 {
            store.revoke_session(session.id, now).await.unwrap();
        }
    }
    let open = store.sessions_of(id(1), SessionId(Uuid::nil()), 250).await.unwrap();
    assert_eq!((open.len(), store.storage(id(1)).await.unwrap().unwrap().rows), (20 + 115, 200));
}
