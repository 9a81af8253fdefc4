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
    println!("cargo:rerun-if-changed=migrations");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    copy_manual(&out)?;
    let workspace = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("..");
    let mut code = String::from("static ASSETS: &[Asset] = &[\n");
    let site = env::var("LEPTOS_SITE_ROOT").ok().map(|site| workspace.join(site)).filter(|site| site.is_dir());
    if let (Some(site), "release") = (site, env::var("PROFILE")?.as_str()) {
        println!("cargo:rerun-if-changed={}", site.display());
        for file in files(&site)? {
            let path = file.strip_prefix(&site)?.to_string_lossy().replace('\\', "/");
            embed(&mut code, &out, &file, &path)?;
        }
    }
    code.push_str("];\n");
    fs::write(out.join("assets.rs"), code)?;
    Ok(())
}

/// The manual is what the built-in provider quotes from.
fn copy_manual(out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=../docs");
    let manual = out.join("manual");
    fs::create_dir_all(&manual)?;
    for file in fs::read_dir("../docs")? {
        let path = file?.path();
        if let (Some(name), Some("md")) = (path.file_name(), path.extension().and_then(|extension| extension.to_str())) {
            fs::copy(&path, manual.join(name))?;
        }
    }
    Ok(())
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

fn embed(code: &mut String, out: &Path, file: &Path, path: &str) -> Result<(), Box<dyn Error>> {
    let bytes = fs::read(file)?;
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    let hash = format!("{:016x}", hasher.finish());
    let (stem, extension) = path.rsplit_once('.').unwrap_or((path, "bin"));
    let content_type = match extension {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    };
    let place = |suffix: &str| out.join(format!("{hash}{suffix}"));
    fs::write(place(""), &bytes)?;
    let mut variants = [("None".to_owned()), ("None".to_owned())];
    if !matches!(extension, "png") {
        let mut brotli = Vec::new();
        brotli::BrotliCompress(
            &mut bytes.as_slice(),
            &mut brotli,
            &brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() },
        )?;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&bytes)?;
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
        format!("{stem}.{hash}.{extension}"),
        format!("\"{hash}\""),
        place("")
    )?;
    Ok(())
}
