//! Generates the translation module from `locales/*.json`, so that the compiler checks the keys.

use leptos_i18n_build::{Config, ParseOptions, TranslationsInfos};
use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join("i18n");
    let options = ParseOptions::default().interpolate_display(true);
    let config = Config::new("en")?.add_locale("de")?.parse_options(options);
    let texts = TranslationsInfos::parse(config)?;
    texts.emit_diagnostics();
    texts.rerun_if_locales_changed();
    texts.generate_i18n_module(out.clone())?;
    leave_out_macro_t(&out.join("mod.rs"))
}

/// Removes the macro `t!` from the module: `lib.rs` has its own, whose views are all of one type.
fn leave_out_macro_t(module: &Path) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(module)?;
    let exports = "leptos_i18n :: { t , ";
    if !text.contains(exports) {
        return Err("leptos_i18n generates its module in another way now: see `lib.rs`".into());
    }
    fs::write(module, text.replace(exports, "leptos_i18n :: { "))?;
    Ok(())
}
