//! The vendors' names and hints in sentences.

/// A vendor's names, settings and hints.
#[derive(Debug)]
pub(crate) struct Vendor {
    /// Name of the provider in the protocol.
    pub(crate) name: &'static str,
    /// Its name in sentences.
    pub(crate) title: &'static str,
    /// Environment variable of its key.
    pub(crate) key: &'static str,
    /// Environment variable of its address.
    pub(crate) url: &'static str,
    /// What to do if it does not answer.
    pub(crate) fix: &'static str,
    /// What to do if it lacks a model.
    pub(crate) models: &'static str,
}

impl Vendor {
    /// Returns whether it usually runs on the user's own machine.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self.name, "ollama" | "llamacpp" | "lmstudio")
    }
}

const CHOOSE: &str = "Choose one that it lists";

pub(crate) const OPENAI: Vendor = Vendor {
    name: "openai",
    title: "OpenAI",
    key: "OPENAI_API_KEY",
    url: "OPENAI_BASE_URL",
    fix: "Check the network and OPENAI_BASE_URL.",
    models: CHOOSE,
};
pub(crate) const ANTHROPIC: Vendor = Vendor {
    name: "anthropic",
    title: "Anthropic",
    key: "ANTHROPIC_API_KEY",
    url: "ANTHROPIC_BASE_URL",
    fix: "Check the network and ANTHROPIC_BASE_URL.",
    models: CHOOSE,
};
pub(crate) const GEMINI: Vendor = Vendor {
    name: "gemini",
    title: "Gemini",
    key: "GEMINI_API_KEY",
    url: "GEMINI_BASE_URL",
    fix: "Check the network and GEMINI_BASE_URL.",
    models: CHOOSE,
};
pub(crate) const OLLAMA: Vendor = Vendor {
    name: "ollama",
    title: "Ollama",
    key: "OPENAI_API_KEY",
    url: "OLLAMA_HOST",
    fix: "Start it with `ollama serve`, or set OLLAMA_HOST to where it runs.",
    models: "Get it with `ollama pull`, or choose one that it lists",
};
pub(crate) const AZURE: Vendor = Vendor {
    name: "azure",
    title: "Azure OpenAI",
    key: "AZURE_OPENAI_API_KEY",
    url: "AZURE_OPENAI_ENDPOINT",
    fix: "Check the network and AZURE_OPENAI_ENDPOINT.",
    models: "Give the name of one of its deployments",
};
// These two have no variables of their own: with a key or another address, they are configured like OpenAI.
pub(crate) const LLAMACPP: Vendor = Vendor {
    name: "llamacpp",
    title: "llama.cpp",
    key: "OPENAI_API_KEY",
    url: "OPENAI_BASE_URL",
    fix: "Start `llama-server` on its usual port 8080, or set OPENAI_BASE_URL to where it runs.",
    models: CHOOSE,
};
pub(crate) const LMSTUDIO: Vendor = Vendor {
    name: "lmstudio",
    title: "LM Studio",
    key: "OPENAI_API_KEY",
    url: "OPENAI_BASE_URL",
    fix: "Start its server with `lms server start` on its usual port 1234, or set OPENAI_BASE_URL to where it runs.",
    models: "Download it in LM Studio, or choose one that it lists",
};

/// Returns the vendor with this name.
pub(crate) fn vendor(name: &str) -> Option<&'static Vendor> {
    [&OPENAI, &ANTHROPIC, &GEMINI, &AZURE, &OLLAMA, &LLAMACPP, &LMSTUDIO].into_iter().find(|vendor| vendor.name == name)
}
