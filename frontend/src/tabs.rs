//! Communication with other tabs of this browser.

use gloo_timers::callback::Timeout;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent, StorageEvent};

use crate::{driver::Driver, lifecycle::on, storage};

const CHANNEL: &str = "holdfast";
const SIGNED_IN: &str = "signed in";
const SIGNED_OUT: &str = "signed out";
/// Time after which this tab sends another tab's stored message, if that tab has not, ms.
const TAKEOVER_AFTER: u32 = 1_500;

thread_local! {
    static TABS: Option<BroadcastChannel> = BroadcastChannel::new(CHANNEL).ok();
}

/// Reports the actions of other tabs to the driver.
pub(crate) fn watch(driver: &Driver) {
    // One channel for both directions, because a second one would receive this tab's own messages.
    if let Some(channel) = TABS.with(Option::clone) {
        let it = driver.clone();
        on(&channel, "message", move |event| {
            let data = event.dyn_ref::<MessageEvent>().and_then(|event| event.data().as_string()).unwrap_or_default();
            match data.split_once(':') {
                Some((SIGNED_IN, user)) => it.other_tab_signed_in(user),
                _ if data == SIGNED_OUT => it.other_tab_signed_out(),
                _ => {}
            }
        });
    }
    let Some(window) = web_sys::window() else { return };
    let it = driver.clone();
    on(&window, "storage", move |event| {
        let Some(event) = event.dyn_ref::<StorageEvent>() else { return };
        let Some(key) = event.key() else { return };
        let Some(id) = storage::outbox_message(&key, it.user_id()) else { return };
        if event.new_value().is_none() {
            // A tab whose user has just signed in stores nobody's message again, as that user's, and removes the old entry.
            if !storage::has_entry(id) {
                it.other_tab_sent(id);
            }
        } else if event.old_value().is_none() {
            let it = it.clone();
            Timeout::new(TAKEOVER_AFTER, move || {
                if let Some(entry) = storage::entry(&key) {
                    it.adopt(key, entry);
                }
            })
            .forget();
        }
    });
}

fn tell(text: &str) {
    TABS.with(|channel| {
        if let Some(channel) = channel {
            _ = channel.post_message(&JsValue::from_str(text));
        }
    });
}

/// Tells other tabs that a user signed in here.
pub(crate) fn tell_signed_in(user: &str) {
    tell(&format!("{SIGNED_IN}:{user}"));
}

/// Tells other tabs that the user signed out here.
pub(crate) fn tell_signed_out() {
    tell(SIGNED_OUT);
}
