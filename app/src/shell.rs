//! The HTML document around the page, as the server sends it.

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

/// Paths of the page's files, including the base path.
#[derive(Clone, Debug, Default)]
pub struct Assets {
    /// The stylesheet.
    pub css: String,
    /// The JavaScript module that wasm-bindgen generates.
    pub js: String,
    /// The WebAssembly program.
    pub wasm: String,
    /// Further parts of the program that the page needs before it is hydrated.
    pub parts: Vec<String>,
    /// The icon (SVG).
    pub favicon: String,
    /// The icon for the home screen of phones that read no manifest (PNG).
    pub touch_icon: String,
    /// The manifest for installing the page as an app.
    pub manifest: String,
    /// The service worker, which opens the page without a network; `None` if files can't be stored.
    pub worker: Option<String>,
    /// The module that enhances finished content. It is loaded when there is something to enhance.
    pub enhance: String,
    /// The module that sends messages if the program does not run. It is loaded only then.
    pub rescue: String,
}

/// What the server knows about the page.
#[derive(Clone, Debug)]
pub struct Page {
    /// The page's data.
    pub page_data: PageData,
    /// Its files.
    pub assets: Assets,
    /// Path and query of the request, including the base path.
    pub url: String,
    /// Options of `cargo leptos watch`, under which the page reloads itself; `None` otherwise.
    pub options: Option<LeptosOptions>,
}

/// Sets the chosen appearance before anything is painted.
const THEME: &str =
    r#"try{var t=localStorage.getItem("holdfast.theme");if(t==="dark"||t==="light")document.documentElement.dataset.theme=t}catch(e){}"#;

/// Watches whether the page starts, and shows an error if it does not.
const EARLY: &str = include_str!("../../browser/inline/early.js");

/// Delays the program until the page was painted. If nothing is painted, as in a hidden tab, the program starts after 100 ms.
const AFTER_PAINT: &str = "new Promise(r=>{requestAnimationFrame(()=>setTimeout(r));setTimeout(r,100)})";

/// Stores the page for times without a network.
const REGISTER_WORKER: &str = include_str!("../../browser/inline/register-worker.js");

/// Scrolls a conversation to its end before anything else runs. This forces a layout, so other pages do without.
const TO_END: &str = r#"var l=document.getElementById("log");if(l)l.scrollTop=l.scrollHeight"#;

/// Returns the whole document. Its scripts carry the nonce from the context. As soon as `is_late` returns true, no further text is
/// rendered: the page is then sent without the messages, and the browser receives them over the connection.
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
                // Set as HTML, because a hydration marker would become part of the title.
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
                {assets.worker.map(|worker| view! { <script nonce=nonce.clone() data-worker=worker data-cfasync="false" inner_html=script(REGISTER_WORKER)/> })}
                <script type="application/json" id="page-data" inner_html=json(&page_data)/>
                <script type="module" id="start" nonce=nonce data-cfasync="false" inner_html=start/>
            </body>
        </html>
    }
}

/// The error of a page that does not start. It is outside the hydrated part, and in the document from the beginning because scripts may
/// not run.
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

/// Placeholder for the number of nodes, until it is known.
const NODES: &str = "?";

/// Returns the document as it is sent: with its number of nodes, and without anything that looks like an e-mail address.
pub fn as_sent(html: &str) -> String {
    let nodes = format!("data-nodes=\"{}\"", intact::nodes(html));
    intact::without_addresses(&html.replacen(&format!("data-nodes=\"{NODES}\""), &nodes, 1))
}
