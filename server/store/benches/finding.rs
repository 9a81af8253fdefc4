//! Measures how well passages are found: the questions of published collections of questions and answers are searched among their answers.
//! Each JSON file in the folder `HOLDFAST_QUESTIONS` is a set: questions `q`, passages `p`, and for each question the index of the passage
//! that answers it, `rel`. Tune nothing on these sets. `make bench` makes them (`tools/questions.py`) and runs this.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods, missing_docs)]

use std::{path::Path, time::Instant};

use holdfast_core::{
    fulltext::{Document, any_word},
    materials::{ContentId, NewFile, NewPassage, Progress},
};
use holdfast_protocol::{FileId, UserId};
use holdfast_store::Store;
use serde::Deserialize;
use uuid::Uuid;

/// Number of passages that are looked at for the reciprocal rank.
const RANKED: u32 = 10;
/// Number of passages among which the right one must be for recall.
const RECALLED: usize = 5;
/// The smallest mean reciprocal rank that is aimed at, by set.
const AIMS: [(&str, f64); 3] = [("python-faq", 0.54), ("debian-faq-en", 0.46), ("debian-faq-de", 0.45)];

#[derive(Deserialize)]
struct Set {
    q: Vec<String>,
    p: Vec<String>,
    rel: Vec<usize>,
}

#[tokio::main]
async fn main() {
    let Some(folder) = std::env::var_os("HOLDFAST_QUESTIONS").filter(|folder| Path::new(folder).is_dir()) else {
        println!("no question sets: HOLDFAST_QUESTIONS is not a folder");
        return;
    };
    println!("| questions | passages | number | MRR@{RANKED} | aim | recall@{RECALLED} | ms a search |\n|---|---|---|---|---|---|---|");
    let mut sets: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    sets.sort();
    for path in sets {
        let set: Set = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        measure(path.file_stem().unwrap().to_str().unwrap(), &set).await;
    }
}

async fn measure(name: &str, set: &Set) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("holdfast.db")).await.unwrap();
    let content = fill(&store, &set.p).await;
    let scopes = [content.0.to_string()];
    let (mut ranks, mut recalled, began) = (0.0, 0, Instant::now());
    for (question, right) in set.q.iter().zip(&set.rel) {
        let Some(query) = any_word(question, &scopes) else { continue };
        let found = store.find_passages(&query, RANKED).await.unwrap();
        // The page of a passage is its index, from 1.
        if let Some(place) = found.iter().position(|passage| passage.page as usize == right + 1) {
            ranks += 1.0 / (place + 1) as f64;
            recalled += usize::from(place < RECALLED);
        }
    }
    let count = set.q.len() as f64;
    let aim = AIMS.iter().find(|(aimed, _)| *aimed == name).map_or(String::new(), |(_, aim)| format!("{aim:.2}"));
    println!(
        "| {name} | {} | {} | {:.2} | {aim} | {:.2} | {:.1} |",
        set.p.len(),
        set.q.len(),
        ranks / count,
        f64::from(u32::try_from(recalled).unwrap()) / count,
        began.elapsed().as_secs_f64() * 1_000.0 / count
    );
}

/// Stores the passages as the pages of one file.
async fn fill(store: &Store, passages: &[String]) -> ContentId {
    let (user, id) = (UserId(Uuid::from_u128(1)), FileId(Uuid::from_u128(2)));
    store.add_member(user, "ada", "", 0).await.unwrap();
    let file = NewFile { id, user, name: "questions.txt".into(), media_type: "text/plain".into(), bytes: 1, expires_at: 0 };
    assert!(store.add_file(&file, 1).await.unwrap());
    store.complete_file(user, id, &[1; 32], 0).await.unwrap();
    let content = store.file(user, id).await.unwrap().unwrap().content.unwrap();
    for (first, part) in passages.chunks(100).enumerate() {
        let passage = |(at, text): (usize, &String)| {
            let page = u32::try_from(first * 100 + at + 1).unwrap();
            NewPassage { page, location: String::new(), heading: None, text: text.clone(), boxes: Vec::new(), document: Document::of(text) }
        };
        let passages = part.iter().enumerate().map(passage).collect();
        store.add_progress(content, &Progress { passages, ..Progress::default() }).await.unwrap();
    }
    content
}
