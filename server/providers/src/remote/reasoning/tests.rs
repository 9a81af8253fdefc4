#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;

fn split<'a>(habit: Habit, pieces: impl IntoIterator<Item = &'a str>) -> (String, String, Habit) {
    let (mut splitter, mut parts) = (Splitter::new(habit), Vec::new());
    for piece in pieces {
        splitter.push(piece, &mut parts);
    }
    splitter.finish(&mut parts);
    let (mut text, mut thought) = (String::new(), String::new());
    for part in parts {
        match part {
            Part::Text(part) => text.push_str(&part),
            Part::Reasoning(part) => thought.push_str(&part),
        }
    }
    (text, thought, splitter.shown())
}

const CASES: [(&str, &str, &str); 34] = [
    ("Hello!", "Hello!", ""),
    ("", "", ""),
    (" \n", "", ""),
    ("    let x;\n", "    let x;\n", ""),
    ("<think>\nHm.\n</think>\n\nHello!", "Hello!", "\nHm.\n"),
    ("\n<THINK>Hm.</Think>Hello!", "Hello!", "Hm."),
    ("<think></think>\n\nHello!", "Hello!", ""),
    ("<think>one</think>\n<think>two</think>Hello!", "Hello!", "onetwo"),
    ("<thinking>Hm.</thinking> Hello!", "Hello!", "Hm."),
    ("<thought>Hm.</thought>\nHello!", "Hello!", "Hm."),
    ("[THINK]Hm.[/THINK]Hello!", "Hello!", "Hm."),
    ("<seed:think>Hm.</seed:think>Hello!", "Hello!", "Hm."),
    ("◁think▷Hm.◁/think▷Hello!", "Hello!", "Hm."),
    ("<|START_THINKING|>Hm.<|END_THINKING|><|START_RESPONSE|>Hello!<|END_RESPONSE|>", "Hello!", "Hm."),
    (
        "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Hello!<|return|>",
        "Hello!",
        "<|message|>Hm.<|end|><|start|>assistant",
    ),
    ("<|channel|>final<|message|>Hello!", "Hello!", ""),
    ("<|channel>thought\nHm.<channel|>Hello!", "Hello!", "\nHm."),
    ("<think>I close with `</think>` later. </think>Hello!", "Hello!", "I close with `</think>` later. "),
    // Never closed.
    ("<think>Hm. And so on", "", "Hm. And so on"),
    // What only speaks of them, or looks as if.
    ("The tag <think> opens, </think> closes.", "The tag <think> opens, </think> closes.", ""),
    ("`<think>` opens.", "`<think>` opens.", ""),
    ("```\n<think>\nx\n</think>\n```\n", "```\n<think>\nx\n</think>\n```\n", ""),
    ("<thin", "<thin", ""),
    ("<thinker> is no tag", "<thinker> is no tag", ""),
    ("<b>bold</b>", "<b>bold</b>", ""),
    ("The user interface has </think> in it.", "The user interface has </think> in it.", ""),
    ("Okay, here it is.", "Okay, here it is.", ""),
    ("So", "So", ""),
    ("The user", "The user", ""),
    // Never opened.
    ("The user greets me. I greet back.\n</think>\n\nHello!", "Hello!", "The user greets me. I greet back.\n"),
    ("Okay, so the user wants 7.</think>7", "7", "Okay, so the user wants 7."),
    ("好的，用户要一个数字。\n</think>\n\n七", "七", "好的，用户要一个数字。\n"),
    ("The user is right: it closes with `</think>`.", "The user is right: it closes with `</think>`.", ""),
    (
        "Alright, the user says hi, so I say\n```\n</think>\n```\n</think>Hi",
        "Hi",
        "Alright, the user says hi, so I say\n```\n</think>\n```\n",
    ),
];

#[test]
fn reasoning_is_told_from_the_answer_however_it_is_cut() {
    for (whole, text, thought) in CASES {
        let expected = (text.to_owned(), thought.to_owned());
        let got = |pieces: Vec<&str>| {
            let (text, thought, _) = split(Habit::Unknown, pieces);
            (text, thought)
        };
        assert_eq!(got(vec![whole]), expected, "{whole:?}");
        let characters: Vec<&str> = whole.split_inclusive(|_| true).collect();
        assert_eq!(got(characters), expected, "{whole:?} by characters");
        for (at, _) in whole.char_indices() {
            let (one, two) = whole.split_at(at);
            assert_eq!(got(vec![one, two]), expected, "{one:?} {two:?}");
        }
    }
}

#[test]
fn a_model_that_does_not_open_its_reasoning_is_known_by_its_name_or_its_last_answer() {
    let whole = "Seven is prime.\n</think>\n\nYes.";
    let (text, _, shown) = split(Habit::Unknown, ["Seven is prime.\n", "</think>", "\n\nYes."]);
    assert_eq!((text.as_str(), shown), (whole, Habit::Unopened), "nothing that was shown is taken back");
    let (text, thought, shown) = split(shown, [whole]);
    assert_eq!((text.as_str(), thought.as_str(), shown), ("Yes.", "Seven is prime.\n", Habit::Unopened));
    let (text, _, shown) = split(Habit::Unopened, ["Just ", "text."]);
    assert_eq!((text.as_str(), shown), ("Just text.", Habit::Opened));
    for name in ["deepseek-r1:8b", "Qwen3-30B-A3B-Thinking-2507", "QwQ-32B", "phi-4-reasoning"] {
        assert_eq!(Habit::of_name(name), Habit::Unopened, "{name}");
    }
    for name in ["gpt-4.1", "llama3.1:8b", "qwen3:8b", "r10", "mistral-small"] {
        assert_eq!(Habit::of_name(name), Habit::Unknown, "{name}");
    }
    let habits = Habits::default();
    habits.learn("m", Habit::Unopened);
    habits.learn("qwq", Habit::Opened);
    habits.learn("m", Habit::Opened);
    assert_eq!([habits.of("m"), habits.of("qwq"), habits.of("other")], [Habit::Unopened, Habit::Opened, Habit::Unknown]);
}

#[test]
fn where_reasoning_come_apart_nothing_is_withheld() {
    let (mut splitter, mut parts) = (Splitter::new(Habit::Unopened), Vec::new());
    splitter.push("Seven", &mut parts);
    assert_eq!(parts, []);
    splitter.reasoning_is_apart(&mut parts);
    splitter.push(" is", &mut parts);
    assert_eq!(parts, [Part::Text("Seven".into()), Part::Text(" is".into())]);
    assert_eq!(splitter.shown(), Habit::Opened);
}

proptest! {
    #[test]
    fn any_cut_gives_the_same(
        whole in r"(<think>|</think>|<|>|/|think|`|\n|[ATae ]|é|The user is|<\|channel\|>|final|<\|message\|>){0,12}",
        size in 1_usize..9,
        unopened in any::<bool>(),
    ) {
        let habit = if unopened { Habit::Unopened } else { Habit::Unknown };
        let characters: Vec<char> = whole.chars().collect();
        let pieces: Vec<String> = characters.chunks(size).map(|piece| piece.iter().collect()).collect();
        let (text, thought, _) = split(habit, [whole.as_str()]);
        let (cut_text, cut_thought, _) = split(habit, pieces.iter().map(String::as_str));
        prop_assert_eq!((text, thought), (cut_text, cut_thought));
    }
}
