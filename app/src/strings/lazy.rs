//! Texts of the lazily loaded pages.

use holdfast_protocol::transfer::ImportReport;

use super::Errors;
use crate::amounts::NumberFormat;

/// All texts of these pages.
pub(crate) struct LazyStrings {
    /// Sentences of all other errors.
    pub(crate) errors: Errors,
    pub(crate) common: Common,
    pub(crate) sign: Sign,
    pub(crate) archived: Archived,
    pub(crate) projects: Projects,
    pub(crate) nowhere: Nowhere,
    pub(crate) account: Account,
    pub(crate) storage: Storage,
    pub(crate) details: Details,
    pub(crate) linked: Linked,
    pub(crate) two_factor: TwoFactor,
    pub(crate) account_removal: AccountRemoval,
    pub(crate) sessions: Sessions,
    pub(crate) data: Data,
    pub(crate) models: Models,
    pub(crate) keys: OwnKeys,
    pub(crate) connection: Connection,
    pub(crate) users: Users,
    pub(crate) invitations: Invitations,
    pub(crate) providers: Providers,
    pub(crate) prices: Prices,
    pub(crate) usage: Usage,
    pub(crate) limits: Limits,
    pub(crate) activity: Activity,
}

/// Texts that are used in several places.
pub(crate) struct Common {
    pub(crate) for_admins: &'static str,
    pub(crate) looking: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) change: &'static str,
    pub(crate) changed: &'static str,
    pub(crate) keep: &'static str,
    pub(crate) remove: &'static str,
    pub(crate) remove_named: fn(&str) -> String,
    pub(crate) withdraw: &'static str,
    pub(crate) test_connection: &'static str,
    pub(crate) test_named: fn(&str) -> String,
    pub(crate) testing: &'static str,
    pub(crate) answered: fn(&str, u64, &str) -> String,
    pub(crate) not_answered: fn(&str, &str) -> String,
    pub(crate) ago: fn(u64) -> String,
    pub(crate) sign_in_with: &'static str,
    pub(crate) sign_in_again_with: &'static str,
    pub(crate) show_who: &'static str,
}

/// Signing in, and creating an account.
pub(crate) struct Sign {
    pub(crate) needs_both: &'static str,
    pub(crate) needs_password: &'static str,
    pub(crate) by_invitation: &'static str,
    pub(crate) closed: &'static str,
    pub(crate) used_up: &'static str,
    pub(crate) expired: &'static str,
    pub(crate) no_invitation: &'static str,
    pub(crate) about_claim: &'static str,
    pub(crate) stays_yours: &'static str,
    pub(crate) username: &'static str,
    pub(crate) password: &'static str,
    pub(crate) code: &'static str,
    pub(crate) code_rule: &'static str,
    pub(crate) rule: &'static str,
    pub(crate) moment: &'static str,
    pub(crate) have_account: &'static str,
    pub(crate) new_here: &'static str,
    pub(crate) as_guest: &'static str,
    pub(crate) needs_script: &'static str,
}

/// The archive.
pub(crate) struct Archived {
    pub(crate) lead: &'static str,
    pub(crate) loading: &'static str,
    pub(crate) empty: &'static str,
    pub(crate) label: &'static str,
    pub(crate) bring_back: fn(&str) -> String,
    pub(crate) delete: fn(&str) -> String,
}

/// The pages of projects.
pub(crate) struct Projects {
    pub(crate) lead: &'static str,
    pub(crate) name: &'static str,
    pub(crate) create: &'static str,
    pub(crate) empty: &'static str,
    pub(crate) conversations: fn(u64) -> String,
    pub(crate) archived: &'static str,
    pub(crate) nothing_in_it: &'static str,
    pub(crate) take_out: &'static str,
    pub(crate) take_out_named: fn(&str) -> String,
    pub(crate) settings: &'static str,
    pub(crate) about_settings: &'static str,
    pub(crate) model: &'static str,
    pub(crate) default_model: &'static str,
    pub(crate) end: &'static str,
    pub(crate) about_end: &'static str,
}

/// An address that does not exist.
pub(crate) struct Nowhere {
    pub(crate) heading: &'static str,
    pub(crate) about: &'static str,
}

/// The account, and the appearance of the page.
pub(crate) struct Account {
    pub(crate) nobody: &'static str,
    pub(crate) guest: &'static str,
    pub(crate) leave: &'static str,
    pub(crate) signed_in_as: &'static str,
    pub(crate) as_admin: &'static str,
    pub(crate) as_member: &'static str,
    pub(crate) sign_out: &'static str,
    pub(crate) appearance: &'static str,
    pub(crate) writing: &'static str,
    pub(crate) enter_breaks: &'static str,
    pub(crate) shift_enter_breaks: &'static str,
    pub(crate) language: &'static str,
}

/// Storage.
pub(crate) struct Storage {
    pub(crate) heading: &'static str,
    pub(crate) used: fn(&str) -> String,
    pub(crate) used_of: fn(&str, &str) -> String,
    pub(crate) about: &'static str,
}

/// Name and password.
pub(crate) struct Details {
    pub(crate) nothing_given: &'static str,
    pub(crate) changed_password: &'static str,
    pub(crate) heading: &'static str,
    pub(crate) and: &'static str,
    pub(crate) through: &'static str,
    pub(crate) through_end: &'static str,
    pub(crate) no_password: &'static str,
    pub(crate) new_name: &'static str,
    pub(crate) new_password: &'static str,
    pub(crate) current_password: &'static str,
}

/// Linked sign-in providers.
pub(crate) struct Linked {
    pub(crate) heading: &'static str,
    pub(crate) label: &'static str,
    pub(crate) linked: &'static str,
    pub(crate) unlinked: &'static str,
    pub(crate) link: &'static str,
    pub(crate) link_named: fn(&str) -> String,
    pub(crate) link_question: fn(&str) -> String,
    pub(crate) about_link: &'static str,
    pub(crate) unlink: &'static str,
    pub(crate) unlink_named: fn(&str) -> String,
    pub(crate) unlink_question: fn(&str) -> String,
    pub(crate) about_unlink: &'static str,
    pub(crate) needs_other: &'static str,
    pub(crate) password: &'static str,
}

/// Two-factor authentication.
pub(crate) struct TwoFactor {
    pub(crate) heading: &'static str,
    pub(crate) about_off: &'static str,
    pub(crate) about_on: &'static str,
    pub(crate) open_on: &'static str,
    pub(crate) open_off: &'static str,
    pub(crate) on_question: &'static str,
    pub(crate) about_on_question: &'static str,
    pub(crate) next: &'static str,
    pub(crate) scan: &'static str,
    pub(crate) about_scan: &'static str,
    pub(crate) picture: &'static str,
    pub(crate) typed: &'static str,
    pub(crate) code: &'static str,
    pub(crate) code_or_recovery: &'static str,
    pub(crate) turn_on: &'static str,
    pub(crate) keep: &'static str,
    pub(crate) about_keep: &'static str,
    pub(crate) off_question: &'static str,
    pub(crate) about_off_question: &'static str,
    pub(crate) turn_off: &'static str,
    pub(crate) is_off: &'static str,
}

/// Removal of the account.
pub(crate) struct AccountRemoval {
    pub(crate) removed: &'static str,
    pub(crate) heading: &'static str,
    pub(crate) open: &'static str,
    pub(crate) question: &'static str,
    pub(crate) about: &'static str,
    pub(crate) keep: &'static str,
}

/// Sessions.
pub(crate) struct Sessions {
    pub(crate) heading: &'static str,
    pub(crate) label: &'static str,
    pub(crate) used: fn(&str) -> String,
    pub(crate) current: &'static str,
    pub(crate) sign_out: fn(&str) -> String,
    pub(crate) everywhere: &'static str,
}

/// Export, import and sharing.
pub(crate) struct Data {
    pub(crate) nothing: &'static str,
    pub(crate) export_heading: &'static str,
    pub(crate) about_export: &'static str,
    pub(crate) exporting: &'static str,
    pub(crate) export: &'static str,
    pub(crate) choose: &'static str,
    pub(crate) which: fn(&str, usize, usize) -> String,
    pub(crate) sending: fn(&str, u64) -> String,
    pub(crate) reading: fn(&str, usize) -> String,
    pub(crate) cut: &'static str,
    pub(crate) import_heading: &'static str,
    pub(crate) about_import: &'static str,
    pub(crate) files: &'static str,
    pub(crate) import: &'static str,
    pub(crate) left_out: &'static str,
    pub(crate) localized: fn(&ImportReport) -> String,
    pub(crate) links_heading: &'static str,
    pub(crate) no_links: &'static str,
    pub(crate) links: &'static str,
    pub(crate) withdraw: fn(&str) -> String,
    pub(crate) ends: fn(u64) -> String,
}

/// Models.
pub(crate) struct Models {
    pub(crate) lead: &'static str,
    pub(crate) default: &'static str,
    pub(crate) look_again: &'static str,
    pub(crate) connect: &'static str,
    pub(crate) about_connect: &'static str,
    pub(crate) ollama: &'static str,
    pub(crate) compatible: &'static str,
    pub(crate) quote: &'static str,
    pub(crate) echo: &'static str,
}

/// The user's own API keys.
pub(crate) struct OwnKeys {
    pub(crate) heading: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) none: &'static str,
    pub(crate) stored: &'static str,
    pub(crate) unreadable: &'static str,
    pub(crate) unconfirmed: fn(&str) -> String,
    pub(crate) confirm: &'static str,
    pub(crate) confirm_for: fn(&str) -> String,
    pub(crate) forget: &'static str,
    pub(crate) forget_for: fn(&str) -> String,
    pub(crate) key_for: fn(&str) -> String,
    pub(crate) label: fn(&str) -> String,
}

/// The connection.
pub(crate) struct Connection {
    pub(crate) not_now: &'static str,
    pub(crate) over: fn(&str) -> String,
    pub(crate) not_measured: &'static str,
    pub(crate) round_trip: fn(u64) -> String,
    pub(crate) token_for: fn(u64) -> String,
    pub(crate) token_renewed: &'static str,
    pub(crate) no_token: &'static str,
    pub(crate) state: &'static str,
    pub(crate) transport: &'static str,
    pub(crate) latency: &'static str,
    pub(crate) token: &'static str,
    pub(crate) origin: &'static str,
    pub(crate) measure: &'static str,
    pub(crate) idle: fn(u64) -> String,
}

/// Users.
pub(crate) struct Users {
    pub(crate) heading: &'static str,
    pub(crate) find: &'static str,
    pub(crate) more: &'static str,
    pub(crate) why: &'static str,
    pub(crate) reset_two_factor: &'static str,
    pub(crate) reset_two_factor_named: fn(&str) -> String,
    pub(crate) reset_two_factor_question: fn(&str) -> String,
    pub(crate) about_reset_two_factor: &'static str,
    pub(crate) suspend: &'static str,
    pub(crate) suspend_named: fn(&str) -> String,
    pub(crate) suspend_question: fn(&str) -> String,
    pub(crate) about_suspend: &'static str,
    pub(crate) remove_question: fn(&str) -> String,
    pub(crate) about_remove: fn(usize) -> String,
    pub(crate) password_heading: fn(&str) -> String,
    pub(crate) password_link: &'static str,
    pub(crate) done: &'static str,
    pub(crate) never_here: &'static str,
    pub(crate) here: fn(&str) -> String,
    pub(crate) stores: fn(&str) -> String,
    pub(crate) administrator: &'static str,
    pub(crate) you: &'static str,
    pub(crate) suspended: &'static str,
    pub(crate) make_member: &'static str,
    pub(crate) make_member_named: fn(&str) -> String,
    pub(crate) make_admin: &'static str,
    pub(crate) make_admin_named: fn(&str) -> String,
    pub(crate) password: &'static str,
    pub(crate) password_named: fn(&str) -> String,
    pub(crate) lift_suspension: &'static str,
    pub(crate) lift_suspension_named: fn(&str) -> String,
    pub(crate) sessions: &'static str,
    pub(crate) sessions_named: fn(&str) -> String,
    pub(crate) sessions_heading: fn(&str) -> String,
    pub(crate) nowhere: &'static str,
}

/// Invitations.
pub(crate) struct Invitations {
    pub(crate) heading: &'static str,
    pub(crate) open: &'static str,
    pub(crate) invited: &'static str,
    pub(crate) closed: &'static str,
    pub(crate) for_whom: &'static str,
    pub(crate) for_how_many: &'static str,
    pub(crate) for_days: &'static str,
    pub(crate) make: &'static str,
    pub(crate) made: &'static str,
    pub(crate) unnamed: &'static str,
    pub(crate) used: fn(u32, u32) -> String,
    pub(crate) left: fn(u64) -> String,
    pub(crate) withdraw: fn(&str) -> String,
}

/// Providers.
pub(crate) struct Providers {
    pub(crate) lead: &'static str,
    pub(crate) everyone: &'static str,
    pub(crate) accounts: &'static str,
    pub(crate) administrators: &'static str,
    pub(crate) inherited: &'static str,
    pub(crate) own_keys: &'static str,
    pub(crate) compatible: &'static str,
    pub(crate) add_heading: &'static str,
    pub(crate) speaks: &'static str,
    pub(crate) name: &'static str,
    pub(crate) address: &'static str,
    pub(crate) key: &'static str,
    pub(crate) visible_to: &'static str,
    pub(crate) add: &'static str,
    pub(crate) at_vendor: &'static str,
    pub(crate) configured: &'static str,
    pub(crate) key_stored: &'static str,
    pub(crate) without_key: &'static str,
    pub(crate) unreadable: &'static str,
    pub(crate) models: fn(usize) -> String,
    pub(crate) unlisted: fn(usize) -> String,
    pub(crate) no_list: &'static str,
    pub(crate) list_model: fn(&str) -> String,
    pub(crate) list_it: &'static str,
    pub(crate) who_may: fn(&str) -> String,
    pub(crate) change: fn(&str) -> String,
    pub(crate) its_address: &'static str,
    pub(crate) new_key: &'static str,
    pub(crate) bound: &'static str,
    pub(crate) forget: &'static str,
    pub(crate) forget_named: fn(&str) -> String,
}

/// Limits.
pub(crate) struct Limits {
    pub(crate) on: &'static str,
    pub(crate) off: &'static str,
    pub(crate) messages: &'static str,
    pub(crate) answers: &'static str,
    pub(crate) sockets: &'static str,
    pub(crate) sign_in: &'static str,
    pub(crate) unauthenticated: &'static str,
    pub(crate) conversations: &'static str,
    pub(crate) shares: &'static str,
    pub(crate) changes: &'static str,
    pub(crate) files: &'static str,
    pub(crate) file_size: &'static str,
    pub(crate) guest_storage: &'static str,
    pub(crate) user_storage: &'static str,
    pub(crate) server_storage: &'static str,
    pub(crate) usually: fn(&str, u32) -> String,
    pub(crate) set_by: fn(&str) -> String,
    pub(crate) fixed: &'static str,
    pub(crate) about_fixed: &'static str,
}

/// Activity.
pub(crate) struct Activity {
    pub(crate) heading: &'static str,
    pub(crate) lead: fn(usize, usize) -> String,
    pub(crate) old: &'static str,
    pub(crate) present: &'static str,
    pub(crate) nobody: &'static str,
    pub(crate) answers: &'static str,
    pub(crate) no_answers: &'static str,
    pub(crate) refusals: &'static str,
    pub(crate) no_refusals: &'static str,
    pub(crate) sockets: fn(usize) -> String,
    pub(crate) streams: fn(usize) -> String,
    pub(crate) polls: fn(usize) -> String,
    pub(crate) on: fn(&str) -> String,
    pub(crate) administrator: &'static str,
    pub(crate) oldest: fn(&str) -> String,
    pub(crate) begun: fn(&str) -> String,
    pub(crate) times: fn(u64) -> String,
    pub(crate) page_of: fn(&str) -> String,
    pub(crate) from: fn(&str) -> String,
}

/// Documents without scripts: read-only links, the offline page, and the error of a page that does not start; and texts that come with
/// the page's data. Only the server has them.
#[cfg(feature = "ssr")]
pub(crate) struct Plain {
    /// First messages for the built-in provider, which knows the manual.
    pub(crate) about_holdfast: [&'static str; 3],
    /// First messages for other models.
    pub(crate) general: [&'static str; 3],
    pub(crate) away: &'static str,
    pub(crate) why_away: &'static str,
    pub(crate) these: &'static str,
    pub(crate) not_here: &'static str,
    pub(crate) shown: &'static str,
    pub(crate) nothing: &'static str,
    pub(crate) why_nothing: &'static str,
    pub(crate) question: &'static str,
    pub(crate) still_written: &'static str,
    pub(crate) unformatted: &'static str,
    pub(crate) busy: &'static str,
    pub(crate) why_busy: &'static str,
    /// The page was changed on its way.
    pub(crate) altered: &'static str,
    /// A part of the page could not be loaded.
    pub(crate) held: &'static str,
    /// The page's program has crashed.
    pub(crate) stopped: &'static str,
    pub(crate) load_again: &'static str,
}

/// Prices of models.
pub(crate) struct Prices {
    pub(crate) heading: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) provider: &'static str,
    pub(crate) model: &'static str,
    pub(crate) all_models: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) input: &'static str,
    pub(crate) cached: &'static str,
    pub(crate) output: &'static str,
    pub(crate) since: &'static str,
    pub(crate) from: fn(&str) -> String,
    /// Prices of input, stored input and output, and their currency.
    pub(crate) amounts: fn(&str, Option<&str>, &str, &str) -> String,
    pub(crate) add: &'static str,
    pub(crate) saved: &'static str,
    pub(crate) not_understood: &'static str,
}

/// What users used, and their budgets.
pub(crate) struct Usage {
    pub(crate) numbers: NumberFormat,
    /// A day, ms since 1970.
    pub(crate) day: fn(u64) -> String,
    pub(crate) lead: &'static str,
    pub(crate) month: &'static str,
    pub(crate) own_table: &'static str,
    pub(crate) nothing: &'static str,
    pub(crate) user: &'static str,
    pub(crate) model: &'static str,
    pub(crate) answers: &'static str,
    pub(crate) read: &'static str,
    pub(crate) written: &'static str,
    pub(crate) cost: &'static str,
    pub(crate) total: &'static str,
    pub(crate) about: fn(&str) -> String,
    pub(crate) why_about: &'static str,
    pub(crate) of: fn(&str, &str) -> String,
    pub(crate) of_tokens: fn(&str, &str) -> String,
    pub(crate) tokens: fn(&str) -> String,
    /// Percent used, the amounts, and the day on which it starts again.
    pub(crate) budget: fn(u32, &str, &str) -> String,
    pub(crate) budget_meter: &'static str,
    /// What a conversation used.
    pub(crate) of_conversation: fn(&str) -> String,
    pub(crate) all_heading: &'static str,
    pub(crate) save_csv: &'static str,
    pub(crate) budgets_heading: &'static str,
    pub(crate) budgets_lead: &'static str,
    pub(crate) account_money: &'static str,
    pub(crate) account_tokens: &'static str,
    pub(crate) guest_money: &'static str,
    pub(crate) guest_tokens: &'static str,
    pub(crate) user_heading: &'static str,
    pub(crate) user_name: &'static str,
    pub(crate) money: &'static str,
    pub(crate) tokens_label: &'static str,
    pub(crate) unlimited: &'static str,
    pub(crate) set_budget: &'static str,
    pub(crate) use_default: &'static str,
    pub(crate) no_user: &'static str,
    pub(crate) budget_set: fn(&str) -> String,
}
