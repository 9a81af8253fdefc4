//! Converts the messages of a conversation to the turns of a prompt.
//!
//! Many servers require that roles alternate, that the user comes first, and that no turn is empty (the templates of Gemma and Mistral,
//! Anthropic, Bedrock). But a conversation may contain messages without an answer: it failed, was stopped before its first word, or was
//! empty.

use holdfast_protocol::{Author, Code, Message, MessageId};

use crate::model::{Turn, reasoning::without_reasoning};

/// First turn of a conversation whose first message is an answer.
const OPENING: &str = "(The conversation begins with your message.)";

/// How to treat messages without an answer, except for the newest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// Join them with the message that follows.
    Join,
    /// Leave them out, because one of them may be the reason why a provider fails.
    LeaveOut,
    /// Keep each as a turn of its own: for the built-in provider, which answers only the newest message.
    Apart,
}

/// Returns the turns that lead to an answer. The first is the user's, none is empty, and they alternate, except with
/// [`Unanswered::Apart`]. `path` is oldest first. The flag tells whether [`Unanswered::LeaveOut`] would leave out any messages.
pub(super) fn turns(mut path: Vec<Message>, answer: MessageId, unanswered: Unanswered) -> (Vec<Turn>, bool) {
    path.retain(|message| message.id != answer);
    for message in path.iter_mut().filter(|message| message.role == Author::Assistant) {
        let kept = without_reasoning(&message.content);
        if kept.len() < message.content.len() {
            message.content = kept.to_owned();
        }
    }
    let newest = path.iter().rposition(|message| message.role == Author::User);
    let is_open = |index: usize| path[index].role == Author::User && Some(index) != newest && is_unanswered(path.get(index + 1));
    let is_to_blame = |index: usize| path.get(index + 1).is_some_and(is_of_question);
    let open: Vec<(bool, bool)> = (0..path.len()).map(|index| (is_open(index), is_to_blame(index))).collect();
    let joins = unanswered == Unanswered::Join && open.iter().any(|(is_open, is_to_blame)| *is_open && !is_to_blame);
    let mut turns: Vec<Turn> = Vec::new();
    for (message, (is_open, is_to_blame)) in path.into_iter().zip(open) {
        let is_left_out = is_open && (is_to_blame || unanswered == Unanswered::LeaveOut);
        if message.content.trim().is_empty() || is_left_out {
            continue;
        }
        match turns.last_mut() {
            Some(last) if last.role == message.role && unanswered != Unanswered::Apart => {
                last.content.push_str("\n\n");
                last.content.push_str(&message.content);
                continue;
            }
            None if message.role == Author::Assistant => turns.push(Turn { role: Author::User, content: OPENING.to_owned() }),
            _ => {}
        }
        turns.push(Turn { role: message.role, content: message.content });
    }
    (turns, joins)
}

/// Returns whether a user's message has no answer; `next` is the message that follows it.
fn is_unanswered(next: Option<&Message>) -> bool {
    next.is_some_and(|answer| answer.role == Author::Assistant && answer.content.trim().is_empty())
}

/// Returns whether the answer failed because of the message itself, so that it would fail again.
fn is_of_question(answer: &Message) -> bool {
    use Code::{ContentFiltered, ContextFull, EmptyAnswer, ModelRefused, ToolFailed};
    let code = answer.error.as_ref().map(|fault| fault.code);
    matches!(code, Some(ContentFiltered | ContextFull | ModelRefused | EmptyAnswer | ToolFailed))
}

#[cfg(test)]
mod tests {
    use holdfast_protocol::{ApiError, Code, ConversationId, Reason, Status};
    use uuid::Uuid;

    use super::*;

    fn user(content: &str) -> Message {
        Message {
            id: MessageId(Uuid::from_u128(content.len() as u128)),
            conversation_id: ConversationId(Uuid::nil()),
            parent_id: None,
            role: Author::User,
            content: content.into(),
            status: Status::Accepted,
            provider: None,
            model: None,
            created_at: 1,
            rev: 1,
            at: 0,
            error: None,
            usage: None,
            sources: Vec::new(),
            steps: Vec::new(),
            attachments: Vec::new(),
            left_out: 0,
            ignored: Vec::new(),
        }
    }

    fn answer(content: &str) -> Message {
        Message { role: Author::Assistant, status: Status::Complete, ..user(content) }
    }

    fn failed(code: Code) -> Message {
        Message { status: Status::Failed, error: Some(ApiError { code, ..Reason::ProviderFailed.error() }), ..answer("") }
    }

    fn told(path: &[Message], unanswered: Unanswered) -> String {
        let (turns, _) = turns(path.to_vec(), MessageId(Uuid::max()), unanswered);
        let letter = |role| if role == Author::User { "u" } else { "a" };
        turns.iter().map(|turn| format!("{}:{}", letter(turn.role), turn.content.replace('\n', "|"))).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn roles_alternate_whatever_became_of_an_answer() {
        let stopped = Message { status: Status::Stopped, ..answer(" ") };
        for (path, says) in [
            (vec![user("q"), answer("a"), user("r")], "u:q a:a u:r"),
            (vec![user("q"), failed(Code::ProviderUnavailable), user("r")], "u:q||r"),
            (vec![user("q"), stopped, user("r")], "u:q||r"),
            (vec![user("q"), failed(Code::ContentFiltered), user("r")], "u:r"),
            (vec![user("q"), failed(Code::ContextFull), user("r"), failed(Code::ProviderRefused), user("s")], "u:r||s"),
            (vec![user("o"), answer("a"), user("q"), failed(Code::ContentFiltered), user("r")], "u:o a:a u:r"),
            (vec![user("q"), user("r"), answer("a"), answer("b"), user("s")], "u:q||r a:a||b u:s"),
            (vec![answer("hello"), user("q")], "u:(The conversation begins with your message.) a:hello u:q"),
            (vec![user("q"), failed(Code::ContentFiltered)], "u:q"),
            (vec![user("q")], "u:q"),
        ] {
            assert_eq!(told(&path, Unanswered::Join), says);
        }
    }

    #[test]
    fn what_has_no_answer_can_be_left_out_but_for_the_newest() {
        let path = [user("q"), failed(Code::ProviderUnavailable), user("r"), answer("a"), user("s"), failed(Code::Busy), user("t")];
        assert_eq!(told(&path, Unanswered::LeaveOut), "u:r a:a u:t");
        assert_eq!(told(&path, Unanswered::Apart), "u:q u:r a:a u:s u:t");
        let joins = |path: &[Message]| turns(path.to_vec(), MessageId(Uuid::max()), Unanswered::Join).1;
        assert!(joins(&path) && !joins(&path[2..5]));
    }
}
