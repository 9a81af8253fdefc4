//! Prices of models.

use holdfast_protocol::{
    ApiError,
    usage::{Currency, Price, Prices as PriceList, TokenPrices},
};
use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    amounts::{nanos, typed},
    calls::{get, read, tell},
    components::{
        coming::{Coming, Fetch, failed},
        field::Field,
    },
    first_load::erased::effect,
    services::Verb,
    strings::{Localized, lazy, strings},
    ui::{context, state},
};

/// The prices, and the form that adds one.
#[component]
pub(super) fn Prices() -> impl IntoView {
    let (context, state, strings, texts) = (context(), state(), strings(), &lazy().prices);
    let fetch = RwSignal::new(Fetch::default());
    let list = RwSignal::new(PriceList::default());
    let (error, done) = (RwSignal::new(None::<Localized>), RwSignal::new(""));
    // Read-only until the currency of the other prices is known, so that nothing that is typed is overwritten.
    let loading = Signal::derive(move || !matches!(fetch.get(), Fetch::Here));
    let load = move || {
        get(context, "admin/prices", move |reply: Result<PriceList, ApiError>| match reply {
            Ok(prices) => {
                if let Some(currency) = prices.currency {
                    context.browser().set_value("price-currency", currency.as_str());
                }
                list.try_set(prices);
                fetch.try_set(Fetch::Here);
            }
            Err(api_error) => failed(fetch, state, api_error),
        });
    };
    effect(load);
    let store = move |prices: PriceList, then: fn(crate::ui::AppContext)| {
        done.set("");
        error.set(None);
        tell(context, Verb::Put, "admin/prices", &prices, move |reply| match reply.and_then(|text| read::<PriceList>(&text)) {
            Ok(prices) => {
                list.try_set(prices);
                done.try_set(texts.saved);
                then(context);
            }
            Err(api_error) => _ = error.try_set(Some(strings.localized(api_error))),
        });
    };
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        let value = |id: &str| context.browser().value(id).trim().to_owned();
        let currency = Currency::parse(&value("price-currency").to_uppercase());
        let cached = value("price-cached");
        let cached_input_nanos = if cached.is_empty() { Ok(None) } else { nanos(&cached).map(Some).ok_or(()) };
        let (Some(currency), Some(input_nanos), Some(output_nanos), Ok(cached_input_nanos)) =
            (currency, nanos(&value("price-input")), nanos(&value("price-output")), cached_input_nanos)
        else {
            error.set(Some(texts.not_understood.into()));
            return;
        };
        let since = value("price-since");
        let Some(since) = (if since.is_empty() { Some(0) } else { day(&since) }) else {
            error.set(Some(texts.not_understood.into()));
            return;
        };
        let tokens = TokenPrices { input_nanos, cached_input_nanos, output_nanos };
        let model = Some(value("price-model")).filter(|model| !model.is_empty());
        let new = Price { provider: value("price-provider"), model, since, tokens };
        let mut prices = list.get_untracked();
        // A price for the same time is replaced.
        prices.prices.retain(|price| (&price.provider, &price.model, price.since) != (&new.provider, &new.model, new.since));
        prices.prices.push(new);
        store(PriceList { currency: Some(currency), ..prices }, |context| {
            for id in ["price-model", "price-since", "price-input", "price-cached", "price-output"] {
                context.browser().set_value(id, "");
            }
        });
    };
    let remove = move |gone: &Price| {
        let mut prices = list.get_untracked();
        prices.prices.retain(|price| price != gone);
        store(prices, |_| {});
    };
    let one = move |price: Price| {
        let model = price.model.clone().unwrap_or_else(|| texts.all_models.to_owned());
        let name = format!("{} · {model}", state.provider(&price.provider));
        let currency = list.read_untracked().currency.map(|currency| currency.as_str().to_owned()).unwrap_or_default();
        let TokenPrices { input_nanos, cached_input_nanos, output_nanos } = price.tokens;
        let cached = cached_input_nanos.map(typed);
        let mut detail = (texts.amounts)(&typed(input_nanos), cached.as_deref(), &typed(output_nanos), &currency);
        if price.since > 0 {
            detail = format!("{detail} · {}", (texts.from)(&(lazy().usage.day)(price.since)));
        }
        let label = (lazy().common.remove_named)(&name);
        view! {
            <li class="line">
                <span>
                    <b>{name}</b>
                    <span class="detail">{detail}</span>
                </span>
                <button type="button" class="small" aria-label=label on:click=move |_| remove(&price)>{lazy().common.remove}</button>
            </li>
        }
        .into_any()
    };
    view! {
        <h2>{texts.heading}</h2>
        <p class="lead">{texts.lead}</p>
        <Coming fetch again=load/>
        <ul class="card" aria-label=texts.heading hidden=move || list.read().prices.is_empty()>
            {move || list.get().prices.into_iter().map(one).collect::<Vec<_>>()}
        </ul>
        <form class="form" method="post" on:submit=submit>
            <Field id="price-provider" label=texts.provider maxlength="200"/>
            <Field id="price-model" label=texts.model maxlength="200"/>
            <Field id="price-currency" label=texts.currency readonly=loading maxlength="3"/>
            <Field id="price-input" label=texts.input maxlength="20"/>
            <Field id="price-cached" label=texts.cached maxlength="20"/>
            <Field id="price-output" label=texts.output maxlength="20"/>
            <Field id="price-since" label=texts.since kind="date"/>
            <p class="error" role="alert">{move || error.get().map(Localized::view)}</p>
            <p class="meta" role="status">{move || done.get()}</p>
            <button type="submit" class="primary">{texts.add}</button>
        </form>
    }
    .into_any()
}

/// Returns when a day like `2026-12-01` begins in UTC, ms since 1970. Returns `None` for another text.
fn day(text: &str) -> Option<u64> {
    let mut parts = text.split('-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || !(1970..10_000).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days since 1970, with years that begin in March, so that a leap day comes last.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    days.checked_sub(719_468).map(|days| days * 86_400_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_midnight() {
        for (text, begins) in
            [("1970-01-01", 0), ("2024-02-29", 1_709_164_800_000), ("2026-12-01", 1_796_083_200_000), ("2027-01-01", 1_798_761_600_000)]
        {
            assert_eq!(day(text), Some(begins), "{text}");
        }
        for bad in ["", "2026-13-01", "2026-1", "x-1-1", "2026-12-01-1"] {
            assert_eq!(day(bad), None, "{bad}");
        }
    }
}
