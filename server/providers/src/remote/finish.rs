//! Why a model stopped writing, for all APIs.

/// Why a model stopped writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finish {
    /// The answer is complete.
    Done,
    /// The maximum output length was reached.
    Length,
    /// The context window is full.
    Window,
    /// A content filter stopped it.
    Filtered,
    /// The model declined to answer.
    Declined,
    /// The model waits for the result of a tool.
    Tool,
    /// An error occurred.
    Broken,
}

impl Finish {
    /// Parses a reason. Returns `None` if the text contains none: servers write "" or "null" while there is nothing to report.
    ///
    /// Reasons are recognized by what they contain, because gateways extend them (`content_filter: SAFETY`) and each vendor has its own.
    /// An unknown reason means that the answer is complete.
    pub(super) fn read(reason: &str) -> Option<Self> {
        const NONE: [&str; 8] = ["", "null", "none", "nil", "undefined", "unspecified", "finish_reason_unspecified", "in_progress"];
        const KINDS: [(Finish, &[&str]); 6] = [
            // Before tools, because of Gemini's MALFORMED_FUNCTION_CALL.
            (
                Finish::Broken,
                &[
                    "malformed",
                    "error",
                    "fail",
                    "abort",
                    "cancel",
                    "insufficient",
                    "timeout",
                    "time_limit",
                    "rate_limit",
                    "overload",
                    "unavailable",
                    "disconnect",
                    "interrupt",
                    "incomplete",
                ],
            ),
            (
                Finish::Filtered,
                &[
                    "filter",
                    "safety",
                    "recitation",
                    "prohibited",
                    "blocklist",
                    "block",
                    "spii",
                    "sensitive",
                    "moderation",
                    "guardrail",
                    "policy",
                    "violat",
                    "censor",
                    "language",
                    "flagged",
                    "risk",
                ],
            ),
            (Finish::Declined, &["refus", "declin"]),
            (Finish::Window, &["context", "window"]),
            (Finish::Tool, &["tool", "function"]),
            (Finish::Length, &["length", "max_", "maxtokens", "limit", "truncat", "pause_turn", "budget"]),
        ];
        let reason = reason.trim().to_ascii_lowercase().replace(['-', ' '], "_");
        if NONE.contains(&reason.as_str()) {
            return None;
        }
        // Gemini's reason for an incomplete answer.
        if reason == "other" {
            return Some(Self::Broken);
        }
        let kind = KINDS.iter().find(|(_, words)| words.iter().any(|word| reason.contains(word)));
        Some(kind.map_or(Self::Done, |(finish, _)| *finish))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reasons_of_all_dialects_are_known() {
        for (finish, reasons) in [
            (None, "|null|NULL| |none|FINISH_REASON_UNSPECIFIED"),
            (Some(Finish::Done), "stop|STOP|end_turn|eos|eos_token|stop_sequence|stop_token|COMPLETE|complete|finished|done|end"),
            (
                Some(Finish::Length),
                "length|max_tokens|MAX_TOKENS|model_length|max_output_tokens|MaxTokens|max tokens|token_limit|pause_turn",
            ),
            (Some(Finish::Window), "model_context_window_exceeded|context_length|context-window"),
            (
                Some(Finish::Filtered),
                "content_filter|content-filter|SAFETY|RECITATION|PROHIBITED_CONTENT|BLOCKLIST|SPII|IMAGE_SAFETY|content_filter: OTHER|sensitive|guardrail_intervened|content_filtered|LANGUAGE",
            ),
            (Some(Finish::Declined), "refusal|REFUSED"),
            (Some(Finish::Tool), "tool_calls|function_call|tool_use|UNEXPECTED_TOOL_CALL"),
            (
                Some(Finish::Broken),
                "error|insufficient_system_resource|abort|cancelled|MALFORMED_FUNCTION_CALL|network_error|OTHER|timeout|server_error",
            ),
        ] {
            for reason in reasons.split('|') {
                assert_eq!(Finish::read(reason), finish, "{reason:?}");
            }
        }
    }
}
