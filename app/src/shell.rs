//! The document around the page: what the server sends.

use leptos::{config::LeptosOptions, hydration::AutoReload, nonce::use_nonce, prelude::*};

use crate::{
    App,
    intact::{self, json, script},
    markdown::escaped,
    page_data::PageData,
    route::Route,
    services::Services,
    state::AppState,
    strings::Language,
};

/// Where the page's files are: whole paths, the base included.
#[derive(Clone, Debug, Default)]
pub struct Assets {
    /// The stylesheet.
    pub css: String,
    /// The module that wasm-bindgen made.
    pub js: String,
    /// The program.
    pub wasm: String,
    /// The further parts of the program that the page needs before it is awake.
    pub parts: Vec<String>,
    /// The icon (SVG).
    pub favicon: String,
    /// The same for the first screen of a phone that reads no manifest (PNG).
    pub touch_icon: String,
    /// By what the page is installed.
    pub manifest: String,
    /// What opens the page where there is no network; where the files can be kept.
    pub worker: Option<String>,
    /// The module that dresses what is finished, loaded when there is something.
    pub enhance: String,
    /// The module that sends what is written where the program does not run, loaded then.
    pub rescue: String,
}

/// What the server knows of the page it is to send.
#[derive(Clone, Debug)]
pub struct Page {
    /// What the page shows.
    pub page_data: PageData,
    /// Where its files are.
    pub assets: Assets,
    /// Path and query that were asked for, the base included.
    pub url: String,
    /// Where given, and the server runs under `cargo leptos watch`, the page reloads itself.
    pub options: Option<LeptosOptions>,
}

/// Sets the chosen scheme before anything is painted.
const THEME: &str =
    r#"try{var t=localStorage.getItem("holdfast.theme");if(t==="dark"||t==="light")document.documentElement.dataset.theme=t}catch(e){}"#;

/// Watches whether the page wakes, and says so where it does not.
const EARLY: &str = include_str!("early.js");

/// What can be read is painted before anything is done to it; where nothing is painted, as in a hidden tab, soon.
const AFTER_PAINT: &str = "new Promise(r=>{requestAnimationFrame(()=>setTimeout(r));setTimeout(r,100)})";

/// What is read is kept for when there is no network.
const CACHED: &str = include_str!("cached.js");

/// A conversation is read from its end, and that before anything else runs. It has the page laid out at once, so other pages go
/// without.
const TO_END: &str = r#"var l=document.getElementById("log");if(l)l.scrollTop=l.scrollHeight"#;

/// The whole document. Its scripts are allowed by the nonce that is in the context. From the moment that `is_late` says so, no text is
/// formatted any more: the page then comes without the messages, and the browser gets them over the connection.
pub fn document(page: &Page, is_late: &dyn Fn() -> bool) -> impl IntoView + use<> {
    let Page { mut page_data, assets, url, options } = page.clone();
    let route = Route::parse(&page_data.base, &url);
    let state = AppState::unless_late(&page_data, route, is_late).unwrap_or_else(|| {
        page_data.leave_out();
        AppState::new(&page_data, route)
    });
    let nonce = use_nonce();
    let start = format!(
        "import init,{{hydrate}} from {};early.begin();\
         for(const what of [\"enhance\",\"mark\"])addEventListener(what,()=>import({}).then(it=>it[what](),()=>{{}}));\
         const painted={AFTER_PAINT};init({{module_or_path:{}}}).then(()=>painted.then(()=>hydrate(early.isAltered()))\
         .then(early.wake,()=>early.stop(\"altered\")),()=>early.stop(\"held\"));",
        json(&assets.js),
        json(&assets.enhance),
        json(&assets.wasm)
    );
    let plain = page_data.language.plain();
    let user = page_data.user.as_ref().map(|user| user.id.to_string());
    view! {
        <!DOCTYPE html>
        <html lang=page_data.language.tag()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover"/>
                // A mark beside a text would be read as a part of it here.
                <title inner_html=escaped(&page_data.title(&route))/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" content="#fbfaf7" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#10181b" media="(prefers-color-scheme: dark)"/>
                <script nonce=nonce.clone() data-cfasync="false" inner_html=THEME/>
                <script
                    nonce=nonce.clone()
                    data-cfasync="false"
                    data-nodes=NODES
                    data-base=page_data.base.clone()
                    data-user=user
                    data-rescue=assets.rescue
                    data-altered=plain.altered
                    data-held=plain.held
                    data-stopped=plain.stopped
                    data-again=plain.load_again
                    inner_html=script(EARLY)
                />
                <link rel="stylesheet" href=assets.css/>
                <link rel="modulepreload" href=assets.js/>
                {std::iter::once(assets.wasm).chain(assets.parts)
                    .map(|href| view! { <link rel="preload" href=href r#as="fetch" type="application/wasm" crossorigin=""/> })
                    .collect_view()}
                <link rel="icon" href=assets.favicon type="image/svg+xml"/>
                <link rel="apple-touch-icon" href=assets.touch_icon/>
                <link rel="manifest" href=assets.manifest/>
                {options.map(|options| view! { <AutoReload options/> })}
            </head>
            <body>
                <App state services=Services::none()/>
                <Altered language=page_data.language/>
                {page_data.conversation.is_some().then(|| view! { <script nonce=nonce.clone() data-cfasync="false" inner_html=TO_END/> })}
                {assets.worker.map(|worker| view! { <script nonce=nonce.clone() data-worker=worker data-cfasync="false" inner_html=script(CACHED)/> })}
                <script type="application/json" id="page-data" inner_html=json(&page_data)/>
                <script type="module" id="start" nonce=nonce data-cfasync="false" inner_html=start/>
            </body>
        </html>
    }
}

/// What is said of a page that does not wake: outside of what is taken over, and in the document, for maybe no script runs.
#[component]
fn Altered(language: Language) -> impl IntoView {
    let strings = language.plain();
    view! {
        <div class="altered" id="altered" role="alert">
            <span>{strings.altered}</span>
            <form>
                <button class="link">{strings.load_again}</button>
            </form>
        </div>
    }
}

/// Stands for the number of nodes, until that is known.
const NODES: &str = "?";

/// The document as it is sent: it tells the browser how much of it there is, and holds nothing that looks like an e-mail address.
pub fn as_sent(html: &str) -> String {
    let nodes = format!("data-nodes=\"{}\"", intact::nodes(html));
    intact::without_addresses(&html.replacen(&format!("data-nodes=\"{NODES}\""), &nodes, 1))
}
