//! Puts the site that the frontend's build has made into the binary, compressed beforehand.
//!
//! Only in release builds, and where the site is there: otherwise the server reads it from disk.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::Write as _,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-env-changed=LEPTOS_SITE_ROOT");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let workspace = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("..");
    let mut assets = String::new();
    let mut count = 0;
    let mut version = String::new();
    let site = env::var("LEPTOS_SITE_ROOT").ok().map(|site| workspace.join(site)).filter(|site| site.is_dir());
    if let (Some(site), "release") = (site, env::var("PROFILE")?.as_str()) {
        println!("cargo:rerun-if-changed={}", site.display());
        let parts = parts(&site)?;
        version = hash(parts.iter().map(|part| &part.bytes));
        count = parts.len();
        for part in parts {
            embed(&mut assets, &out, &part)?;
        }
    }
    // A static, since the compiler copies a constant, with what it refers to, into every unit that uses it.
    let mut code = format!("static ASSETS: [Asset; {count}] = [\n{assets}");
    writeln!(code, "];\n/// Hash of all files; empty if none are embedded.\nconst VERSION: &str = {version:?};")?;
    fs::write(out.join("assets.rs"), code)?;
    Ok(())
}

/// A file of the site.
struct Part {
    path: String,
    bytes: Vec<u8>,
    /// Its content's, and that of what it refers to.
    hash: String,
}

impl Part {
    /// The path with the hash in its name.
    fn hashed(&self) -> String {
        let (stem, extension) = self.path.rsplit_once('.').unwrap_or((&self.path, "bin"));
        format!("{stem}.{}.{extension}", self.hash)
    }

    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// Folders of modules that import each other: the program, and what is loaded when it is needed.
const TOGETHER: [&str; 2] = ["pkg/", "lib/"];

/// What a browser may ask for.
fn parts(site: &Path) -> Result<Vec<Part>, Box<dyn Error>> {
    let mut parts = Vec::new();
    for file in files(site)? {
        let path = file.strip_prefix(site)?.to_string_lossy().replace('\\', "/");
        if !path.ends_with(".d.ts") && !path.ends_with("_manifest.json") {
            let bytes = fs::read(&file)?;
            parts.push(Part { hash: hash([&bytes]), path, bytes });
        }
    }
    put_loaders_in(&mut parts)?;
    name_fonts(&mut parts)?;
    for folder in TOGETHER {
        join(&mut parts, folder)?;
    }
    Ok(parts)
}

/// What loads the parts of a program that was split is a module of its own, beside the one that wasm-bindgen made. Each page would ask
/// for both, so the first goes into the second. Where they look otherwise than expected, they stay as they are.
fn put_loaders_in(parts: &mut Vec<Part>) -> Result<(), Box<dyn Error>> {
    const LOADERS: &str = "pkg/__wasm_split.js";
    let place = |path: &str| parts.iter().position(|part| part.path == path);
    let (Some(loaders), Some(program)) = (place(LOADERS), place("pkg/holdfast.js")) else { return Ok(()) };
    let text = |at: usize| std::str::from_utf8(&parts[at].bytes);
    if let Some(joined) = with_loaders(text(program)?, text(loaders)?) {
        parts[program].bytes = joined.into_bytes();
        parts.remove(loaders);
    }
    Ok(())
}

fn with_loaders(program: &str, loaders: &str) -> Option<String> {
    const FROM: &str = "from\"./__wasm_split.js\";";
    let mut program = program.to_owned();
    let mut names = Vec::new();
    while let Some(end) = program.find(FROM) {
        let start = program[..end].rfind("import*as ")?;
        names.push(program[start + "import*as ".len()..end].trim().to_owned());
        program.replace_range(start..end + FROM.len(), "");
    }
    let init = program.rsplit_once("export{")?.1.split([',', '}']).find_map(|it| it.trim().strip_suffix(" as initSync"))?;
    let init = format!("const initSync=(...given)=>{init}(...given);");
    let body = loaders.trim_start().strip_prefix("import { initSync } from \"./holdfast.js\";")?;
    let exported: Vec<&str> = body.split("export const ").skip(1).filter_map(|rest| rest.split_whitespace().next()).collect();
    if names.is_empty() || exported.is_empty() {
        return None;
    }
    let lines = body.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    let body = lines.collect::<Vec<_>>().join("\n").replace("export const ", "const ");
    let all: String = names.iter().map(|name| format!("const {name}={{{}}};", exported.join(","))).collect();
    Some(format!("{program}\n{init}{body}\n{all}"))
}

/// A style sheet names fonts by the names with their hash.
fn name_fonts(parts: &mut [Part]) -> Result<(), Box<dyn Error>> {
    let fonts: Vec<(String, String)> =
        parts.iter().filter(|part| part.path.ends_with(".woff2")).map(|part| (part.path.clone(), part.hashed())).collect();
    for part in parts.iter_mut().filter(|part| part.path.ends_with(".css")) {
        let mut text = std::str::from_utf8(&part.bytes)?.to_owned();
        for (plain, hashed) in &fonts {
            text = text.replace(&format!("../{plain}"), &format!("../{hashed}"));
        }
        part.bytes = text.into_bytes();
        part.hash = hash([&part.bytes]);
    }
    Ok(())
}

/// The modules of a folder may import each other in a circle, so that they have one hash together, and import each other by
/// the names with it. The styles in `lib` belong to modules there.
fn join(parts: &mut [Part], folder: &str) -> Result<(), Box<dyn Error>> {
    let is_module = |part: &Part| {
        let is_style = folder.starts_with("lib") && part.path.ends_with(".css");
        part.path.starts_with(folder) && (is_style || part.path.ends_with(".js") || part.path.ends_with(".wasm"))
    };
    let all = hash(parts.iter().filter(|part| is_module(part)).map(|part| &part.bytes));
    parts.iter_mut().filter(|part| is_module(part)).for_each(|part| part.hash.clone_from(&all));
    let names: Vec<(String, String)> = parts
        .iter()
        .filter(|part| is_module(part))
        .map(|part| (part.name().to_owned(), part.hashed().rsplit('/').next().unwrap_or_default().to_owned()))
        .collect();
    for part in parts.iter_mut().filter(|part| is_module(part) && part.path.ends_with(".js")) {
        let mut text = std::str::from_utf8(&part.bytes)?.to_owned();
        for (plain, hashed) in &names {
            // Not where it names an import of the program's own, which is no address.
            for before in ["from\"./", "from \"./", "new URL(\"./", "import(\"./"] {
                text = text.replace(&format!("{before}{plain}\""), &format!("{before}{hashed}\""));
            }
        }
        part.bytes = text.into_bytes();
    }
    Ok(())
}

fn hash<'a>(contents: impl IntoIterator<Item = &'a Vec<u8>>) -> String {
    let mut hasher = DefaultHasher::new();
    contents.into_iter().for_each(|bytes| bytes.hash(&mut hasher));
    format!("{:016x}", hasher.finish())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn embed(code: &mut String, out: &Path, part: &Part) -> Result<(), Box<dyn Error>> {
    let Part { path, bytes, .. } = part;
    let hash = hash([bytes]);
    let (_, extension) = path.rsplit_once('.').unwrap_or((path, "bin"));
    let content_type = match extension {
        // Modules are UTF-8 always, and style sheets what their page is.
        "js" => "text/javascript",
        "css" => "text/css",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    };
    let place = |suffix: &str| out.join(format!("{hash}{suffix}"));
    fs::write(place(""), bytes)?;
    let mut variants = [("None".to_owned()), ("None".to_owned())];
    if !matches!(extension, "png" | "woff2") {
        let mut brotli = Vec::new();
        brotli::BrotliCompress(
            &mut bytes.as_slice(),
            &mut brotli,
            // Larger blocks than it chooses itself: the program becomes half a kilobyte smaller.
            &brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, lgblock: 20, ..Default::default() },
        )?;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(bytes)?;
        for (variant, (compressed, suffix)) in variants.iter_mut().zip([(brotli, ".br"), (gzip.finish()?, ".gz")]) {
            if compressed.len() < bytes.len() {
                fs::write(place(suffix), compressed)?;
                *variant = format!("Some(include_bytes!({:?}))", place(suffix));
            }
        }
    }
    let [brotli, gzip] = variants;
    writeln!(
        code,
        "Asset {{ path: {path:?}, hashed: {:?}, content_type: {content_type:?}, etag: {:?}, plain: include_bytes!({:?}), brotli: {brotli}, gzip: {gzip} }},",
        part.hashed(),
        format!("\"{hash}\""),
        place("")
    )?;
    Ok(())
}
