//! Why a model stopped writing, in the words of all dialects.

/// Why a model stopped writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finish {
    /// It was done.
    Done,
    /// It had reached the longest output that it may make.
    Length,
    /// Its window was full.
    Window,
    /// A filter ended it.
    Filtered,
    /// It would not answer.
    Declined,
    /// It waits for the result of a tool.
    Tool,
    /// Something broke.
    Broken,
}

impl Finish {
    /// Reads a reason. Returns `None` where the text gives none: servers that have nothing to say yet write "" or "null".
    ///
    /// Reasons are recognized by what they contain, since gateways decorate them (`content_filter: SAFETY`) and each vendor
    /// invents its own. A reason that contains nothing known says that the model came to an end.
    pub(super) fn read(reason: &str) -> Option<Self> {
        const NONE: [&str; 8] = ["", "null", "none", "nil", "undefined", "unspecified", "finish_reason_unspecified", "in_progress"];
        const KINDS: [(Finish, &[&str]); 6] = [
            // Before the tools: Gemini's MALFORMED_FUNCTION_CALL.
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
        // Gemini's, for an answer that did not come to its end.
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
