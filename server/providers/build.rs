//! Copies the Markdown of the manual, without its images, to where the built-in provider embeds it from.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    const DOCS: &str = "../../docs";
    println!("cargo:rerun-if-changed={DOCS}");
    let manual = PathBuf::from(env::var("OUT_DIR")?).join("manual");
    fs::create_dir_all(&manual)?;
    for file in fs::read_dir(DOCS)? {
        let path = file?.path();
        if let (Some(name), Some("md")) = (path.file_name(), path.extension().and_then(|extension| extension.to_str())) {
            fs::copy(&path, manual.join(name))?;
        }
    }
    Ok(())
}
