//! Stories of the whole server, told from outside: the real binary, real sockets, a real store.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, unreachable_pub)]

mod support;

mod accounts;
mod activity;
#[cfg(feature = "oidc")]
mod addresses;
mod administration;
mod answers;
mod behind;
mod branches;
#[cfg(feature = "oidc")]
mod certificates;
mod check;
mod chosen;
mod clients;
mod command_line;
mod conformance;
mod cost;
mod crashes;
mod cuts;
mod disk;
mod documents;
mod going_on;
mod imports;
mod in_front;
mod key_origins;
mod language;
mod large;
mod limits;
mod list;
mod llama;
mod long;
mod matrix;
mod names;
#[cfg(feature = "oidc")]
mod oidc;
mod ollama;
mod operations;
mod origins;
#[cfg(feature = "oidc")]
mod outbound;
mod own_account;
mod pages;
mod paths;
mod process;
mod provider_errors;
mod providers;
mod public_address;
mod python;
mod quotas;
mod requests;
mod restored;
mod schemathesis;
mod search;
mod second_factor;
mod secrets;
mod shares;
mod shell;
mod sockets;
mod store;
mod strangers;
mod time;
mod traceability;
mod transfer;
mod unix_socket;
mod upstreams;
mod windows;
mod wire;
