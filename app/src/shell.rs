//! The document around the page: what the server sends.

use leptos::{config::LeptosOptions, hydration::AutoReload, nonce::use_nonce, prelude::*};

use crate::{App, boot::Boot, live::Live, markdown::escaped, place::Place, services::Services};

/// Where the page's files are: whole paths, the base included.
#[derive(Clone, Debug, Default)]
pub struct Assets {
    /// The stylesheet.
    pub css: String,
    /// The module that wasm-bindgen made.
    pub js: String,
    /// The program.
    pub wasm: String,
    /// The module that joins the files of a program that was split.
    pub split: Option<String>,
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
    pub dress: String,
}

/// What the server knows of the page it is to send.
#[derive(Clone, Debug)]
pub struct Page {
    /// What the page shows.
    pub boot: Boot,
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

/// A button that is pressed before the page is awake is pressed again when it is: its last one.
const EARLY: &str = r#"addEventListener("click",window.early=function(e){early.button=e.target.closest("button")},true)"#;

/// What can be read is painted before anything is done to it; where nothing is painted, as in a hidden tab, soon.
const AFTER_PAINT: &str = "new Promise(r=>{requestAnimationFrame(()=>setTimeout(r));setTimeout(r,100)})";

/// What is read is kept for when there is no network.
const KEPT: &str = include_str!("kept.js");

/// A conversation is read from its end, and that before anything else runs. It has the page laid out at once, so other pages go
/// without.
const TO_END: &str = r#"var l=document.getElementById("log");if(l)l.scrollTop=l.scrollHeight"#;

/// The whole document. Its scripts are allowed by the nonce that is in the context. From the moment that `is_late` says so, no text is
/// formatted any more: the page then comes without the messages, and the browser gets them over the connection.
pub fn document(page: &Page, is_late: &dyn Fn() -> bool) -> impl IntoView + use<> {
    let Page { mut boot, assets, url, options } = page.clone();
    let place = Place::parse(&boot.base, &url);
    let live = Live::unless_late(&boot, place, is_late).unwrap_or_else(|| {
        boot.leave_out();
        Live::new(&boot, place)
    });
    let nonce = use_nonce();
    let start = format!(
        "import init,{{hydrate}} from {};for(const what of [\"dress\",\"mark\"])addEventListener(what,()=>import({}).then(it=>it[what](),()=>{{}}));\
         const painted={AFTER_PAINT};init({{module_or_path:{}}}).then(()=>painted).then(hydrate).then(()=>{{\
         removeEventListener(\"click\",early,true);if(early.button&&early.button.isConnected)early.button.click()}});",
        json(&assets.js),
        json(&assets.dress),
        json(&assets.wasm)
    );
    view! {
        <!DOCTYPE html>
        <html lang=boot.language.tag()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover"/>
                // A mark beside a text would be read as a part of it here.
                <title inner_html=escaped(&boot.title(&place))/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" content="#fbfaf7" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#10181b" media="(prefers-color-scheme: dark)"/>
                <script nonce=nonce.clone() inner_html=THEME/>
                <script nonce=nonce.clone() inner_html=EARLY/>
                <link rel="stylesheet" href=assets.css/>
                <link rel="modulepreload" href=assets.js/>
                {assets.split.map(|href| view! { <link rel="modulepreload" href=href/> })}
                {std::iter::once(assets.wasm).chain(assets.parts)
                    .map(|href| view! { <link rel="preload" href=href r#as="fetch" type="application/wasm" crossorigin=""/> })
                    .collect_view()}
                <link rel="icon" href=assets.favicon type="image/svg+xml"/>
                <link rel="apple-touch-icon" href=assets.touch_icon/>
                <link rel="manifest" href=assets.manifest/>
                {options.map(|options| view! { <AutoReload options/> })}
            </head>
            <body>
                <App live services=Services::none()/>
                {boot.conversation.is_some().then(|| view! { <script nonce=nonce.clone() inner_html=TO_END/> })}
                {assets.worker.map(|worker| view! { <script nonce=nonce.clone() data-worker=worker inner_html=KEPT/> })}
                <script type="application/json" id="boot" inner_html=json(&boot)/>
                <script type="module" nonce=nonce inner_html=start/>
            </body>
        </html>
    }
}

/// A value as JSON that can stand inside a script element.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("maps with text keys and no failing serializer").replace('<', "\\u003c")
}
