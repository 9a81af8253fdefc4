//! Settings of answers: instructions and parameters for the model, and the levels that they come from.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};
use serde_json::{Map, Value, value::RawValue};

use crate::{
    error::{ApiError, shorten},
    id::{FileId, MessageId, ProjectId},
    reason::Reason,
    strict,
    usage::BudgetUse,
};

/// Maximum length of instructions, characters.
pub const LONGEST_INSTRUCTIONS: usize = 16_000;
/// Maximum number of texts that end an answer.
pub const MOST_STOPS: usize = 4;
/// Maximum length of a text that ends an answer, characters.
pub const LONGEST_STOP: usize = 100;
/// Maximum temperature.
pub const HOTTEST: f64 = 2.0;
/// Maximum length of an answer that can be set, tokens.
pub const MOST_OUTPUT_TOKENS: u32 = 1_000_000;
/// Smallest context window that can be set, tokens.
pub const LEAST_CONTEXT_TOKENS: u32 = 512;
/// Largest context window that can be set, tokens.
pub const MOST_CONTEXT_TOKENS: u32 = 10_000_000;

/// Maximum number of files that answers can be narrowed to.
pub const MOST_MATERIALS: usize = 100;
/// Maximum number of passages that can be switched off.
pub const MOST_PASSAGES_OFF: usize = 200;

/// A passage that an earlier answer was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PassageRef {
    /// That answer.
    pub answer_id: MessageId,
    /// Number of the passage in the answer's `sources`, from 1.
    #[cfg_attr(feature = "openapi", schema(value_type = i64, minimum = 0, maximum = 4_294_967_295_u32))]
    pub n: u32,
}

/// How much a model reasons before it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// Not at all, if the model allows that.
    Off,
    /// A little.
    Low,
    /// Moderately.
    Medium,
    /// A lot.
    High,
}

/// Settings of answers at one level. An absent field is inherited from the next level: message, conversation, project, user, server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Settings {
    /// Instructions for the model, at most 16 000 characters. An empty text means that there are none, whatever the next level has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 16_000))]
    pub instructions: Option<String>,
    /// Randomness of the answer, from 0 (always the likeliest word) to 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 2))]
    pub temperature: Option<f64>,
    /// Share of the likeliest words among which the model chooses, from 0 to 1 (all words).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1))]
    pub top_p: Option<f64>,
    /// Maximum length of the answer, tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000))]
    pub max_output_tokens: Option<u32>,
    /// How much the model reasons before it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<Effort>,
    /// Maximum length of what is sent to the model together with its answer, tokens. It only ever lowers the model's own window, except
    /// for a server that loads its models with the window that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 512, maximum = 10_000_000))]
    pub context_tokens: Option<u32>,
    /// Texts that end the answer when the model writes one of them; at most 4, each of 1 to 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(schema_with = stops))]
    pub stop: Option<Vec<String>>,
    /// Start value of the random choice. The same value with the same prompt gives the same answer, if the provider keeps to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<i64>, minimum = 0, maximum = 4_294_967_295_u32))]
    pub seed: Option<u32>,
    /// The files that answers use, of those that are attached to the conversation or belong to its project; at most 100. All of them if
    /// absent. None if empty: the model then answers from what it knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub materials: Option<Vec<FileId>>,
    /// Passages of these files that answers are not given; at most 200. The same words elsewhere in a file are left out as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_items = 200))]
    pub without_passages: Option<Vec<PassageRef>>,
}

/// The schema of the texts that end an answer.
#[cfg(feature = "openapi")]
fn stops() -> utoipa::openapi::schema::Array {
    use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type};
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(LONGEST_STOP));
    ArrayBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Array, Type::Null]))
        .description(Some("Texts that end the answer when the model writes one of them; at most 4, each of 1 to 100 characters."))
        .items(text)
        .max_items(Some(MOST_STOPS))
        .build()
}

impl Settings {
    /// Names of all fields, as in JSON.
    pub const NAMES: [&str; 10] = [
        "instructions",
        "temperature",
        "top_p",
        "max_output_tokens",
        "reasoning_effort",
        "context_tokens",
        "stop",
        "seed",
        "materials",
        "without_passages",
    ];

    /// Names of the fields that the server applies itself, whatever the model accepts.
    pub const OF_SERVER: [&str; 2] = ["materials", "without_passages"];

    /// Returns whether no field is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the settings after a change: fields that are `null` there are removed, others are replaced, absent ones stay.
    ///
    /// # Errors
    /// A field has another type, or is out of bounds.
    pub fn patched(&self, patch: &RawSettings) -> Result<Self, ApiError> {
        let invalid = |error: serde_json::Error| Reason::SettingsInvalid.with("detail", shorten(&error.to_string(), 200));
        let mut fields = self.fields();
        for (name, value) in strict::from_str::<Map<String, Value>>(patch.as_str()).map_err(invalid)? {
            match value {
                Value::Null => drop(fields.remove(&name)),
                value => drop(fields.insert(name, value)),
            }
        }
        let settings: Self = strict::from_str(&Value::Object(fields).to_string()).map_err(invalid)?;
        settings.check()?;
        Ok(settings)
    }

    /// Checks the bounds of all fields.
    fn check(&self) -> Result<(), ApiError> {
        let bounds = |setting: &str, least: f64, most: f64, value: Option<f64>| match value {
            Some(value) if !(least..=most).contains(&value) => {
                Err(Reason::SettingBounds.with("setting", setting).with("least", least.to_string()).with("most", most.to_string()))
            }
            _ => Ok(()),
        };
        if self.instructions.as_ref().is_some_and(|text| text.chars().count() > LONGEST_INSTRUCTIONS) {
            return Err(Reason::InstructionsTooLong.with("most", LONGEST_INSTRUCTIONS));
        }
        bounds("temperature", 0.0, HOTTEST, self.temperature)?;
        bounds("top_p", 0.0, 1.0, self.top_p)?;
        bounds("max_output_tokens", 1.0, f64::from(MOST_OUTPUT_TOKENS), self.max_output_tokens.map(f64::from))?;
        bounds("context_tokens", f64::from(LEAST_CONTEXT_TOKENS), f64::from(MOST_CONTEXT_TOKENS), self.context_tokens.map(f64::from))?;
        let fits = |text: &String| (1..=LONGEST_STOP).contains(&text.chars().count());
        if self.stop.as_ref().is_some_and(|stop| stop.len() > MOST_STOPS || !stop.iter().all(fits)) {
            return Err(Reason::StopInvalid.with("most", MOST_STOPS).with("longest", LONGEST_STOP));
        }
        let most = |setting: &str, length: usize, most: usize| match length > most {
            true => Err(Reason::SettingsInvalid.with("detail", format!("{setting} has more than {most} entries"))),
            false => Ok(()),
        };
        most("materials", self.materials.as_ref().map_or(0, Vec::len), MOST_MATERIALS)?;
        most("without_passages", self.without_passages.as_ref().map_or(0, Vec::len), MOST_PASSAGES_OFF)?;
        Ok(())
    }

    /// Returns the fields that are set, by name.
    fn fields(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        }
    }

    /// Returns the names of the fields that are set.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let fields = self.fields();
        Self::NAMES.into_iter().filter(move |name| fields.contains_key(*name))
    }
}

/// A level at which settings are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// One message, or one answer that is generated again.
    Message,
    /// A conversation.
    Conversation,
    /// The project of the conversation.
    Project,
    /// Everything that the user writes.
    User,
    /// Everybody on the server.
    Server,
}

/// The settings that apply, each field from the nearest level that sets it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effective {
    /// The settings.
    pub settings: Settings,
    /// The level that each field comes from, by the field's name.
    pub from: BTreeMap<String, Level>,
}

/// Resolves settings field by field. `levels` has the nearest level first.
pub fn resolve<'a>(levels: impl IntoIterator<Item = (Level, &'a Settings)>) -> Effective {
    let (mut fields, mut from) = (Map::new(), BTreeMap::new());
    for (level, settings) in levels {
        for (name, value) in settings.fields() {
            if !fields.contains_key(&name) {
                from.insert(name.clone(), level);
                fields.insert(name, value);
            }
        }
    }
    let settings = serde_json::from_value(Value::Object(fields)).expect("each value is what the same type wrote");
    Effective { settings, from }
}

/// Settings as JSON, not read yet: in a message and in changes, where `null` removes a field. The browser's program only passes them on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawSettings(String);

impl RawSettings {
    /// Takes settings as JSON. Returns `None` if the text is not JSON.
    pub fn new(json: String) -> Option<Self> {
        RawValue::from_string(json).ok().map(|raw| Self(raw.get().to_owned()))
    }

    /// Returns the JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads settings that stand alone.
    ///
    /// # Errors
    /// The same as [`Settings::patched`].
    pub fn read(&self) -> Result<Settings, ApiError> {
        Settings::default().patched(self)
    }
}

impl Serialize for RawSettings {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.clone()).map_err(S::Error::custom)?.serialize(writer)
    }
}

impl<'de> Deserialize<'de> for RawSettings {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(reader)?;
        match raw.get().trim_start().as_bytes().first() {
            Some(b'{') => {}
            Some(b'[') => return Err(D::Error::custom("an array stands where an object with named fields belongs")),
            _ => return Err(D::Error::custom("settings must be an object")),
        }
        Ok(Self(raw.get().to_owned()))
    }
}

/// The reply of calls that read or change settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SettingsInfo {
    /// The settings of the level that was asked for. Absent fields are inherited.
    pub own: Settings,
    /// The settings that apply there: each field from the nearest level that sets it.
    pub effective: Settings,
    /// The level that each field of `effective` comes from, by the field's name.
    pub from: BTreeMap<String, Level>,
    /// The project of the conversation; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// Name of that project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Names of the fields that the model does not accept. They are left out of requests. Absent if no model was named, or if it accepts
    /// all as far as is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<String>,
    /// Largest context window of the named model, tokens; absent if no model was named, or if its window is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<u32>,
    /// Context window that the named model has under these settings, tokens; absent if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_tokens: Option<u32>,
    /// How much of the user's budget of this month is used; absent if there is no budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetUse>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn raw(json: &str) -> RawSettings {
        RawSettings::new(json.to_owned()).unwrap()
    }

    #[test]
    fn each_field_comes_from_the_nearest_level_that_sets_it() {
        let message = raw(r#"{"temperature":0}"#).read().unwrap();
        let conversation = raw(r#"{"instructions":"","temperature":1}"#).read().unwrap();
        let server = raw(r#"{"instructions":"Be brief.","seed":7}"#).read().unwrap();
        let Effective { settings, from } =
            resolve([(Level::Message, &message), (Level::Conversation, &conversation), (Level::Server, &server)]);
        assert_eq!(settings, raw(r#"{"instructions":"","temperature":0,"seed":7}"#).read().unwrap());
        let of = |name: &str| from.get(name).copied();
        assert_eq!(of("temperature"), Some(Level::Message));
        assert_eq!((of("instructions"), of("seed"), of("stop")), (Some(Level::Conversation), Some(Level::Server), None));
    }

    #[test]
    fn null_removes_and_absent_stays() {
        let before = raw(r#"{"temperature":0.5,"stop":["END"],"max_output_tokens":7.0}"#).read().unwrap();
        let after = before.patched(&raw(r#"{"temperature":null,"top_p":0.9,"reasoning_effort":"off","unknown":[1]}"#)).unwrap();
        assert_eq!(after, raw(r#"{"top_p":0.9,"stop":["END"],"max_output_tokens":7,"reasoning_effort":"off"}"#).read().unwrap());
        assert_eq!(after.names().collect::<Vec<_>>(), ["top_p", "max_output_tokens", "reasoning_effort", "stop"]);
    }

    #[test]
    fn bounds_and_types_are_checked() {
        let long = format!(r#"{{"instructions":"{}"}}"#, "ä".repeat(LONGEST_INSTRUCTIONS + 1));
        let many = serde_json::json!({"materials": vec![ProjectId(uuid::Uuid::nil()); MOST_MATERIALS + 1]}).to_string();
        for (bad, reason) in [
            (r#"{"temperature":2.1}"#, Reason::SettingBounds),
            (r#"{"temperature":-0.1}"#, Reason::SettingBounds),
            (r#"{"top_p":1.5}"#, Reason::SettingBounds),
            (r#"{"max_output_tokens":0}"#, Reason::SettingBounds),
            (r#"{"context_tokens":511}"#, Reason::SettingBounds),
            (r#"{"stop":["a","b","c","d","e"]}"#, Reason::StopInvalid),
            (r#"{"stop":[""]}"#, Reason::StopInvalid),
            (r#"{"temperature":"hot"}"#, Reason::SettingsInvalid),
            (r#"{"reasoning_effort":"huge"}"#, Reason::SettingsInvalid),
            (r#"{"seed":-1}"#, Reason::SettingsInvalid),
            ("[]", Reason::SettingsInvalid),
            (&many, Reason::SettingsInvalid),
            (r#"{"materials":["x"]}"#, Reason::SettingsInvalid),
            (r#"{"without_passages":[{"n":1}]}"#, Reason::SettingsInvalid),
            (&long, Reason::InstructionsTooLong),
        ] {
            assert_eq!(raw(bad).read().unwrap_err().reason, reason.as_str(), "{bad:.40}");
        }
        let longest = format!(r#"{{"instructions":"{}"}}"#, "ä".repeat(LONGEST_INSTRUCTIONS));
        assert!(raw(&longest).read().is_ok());
    }

    #[test]
    fn the_list_of_names_has_every_field() {
        let all = r#"{"instructions":"x","temperature":1,"top_p":1,"max_output_tokens":1,"reasoning_effort":"low","context_tokens":1000,"stop":["x"],"seed":1,
            "materials":[],"without_passages":[{"answer_id":"00000000-0000-0000-0000-000000000001","n":1}]}"#;
        let settings = raw(all).read().unwrap();
        let Settings {
            instructions: _,
            temperature: _,
            top_p: _,
            max_output_tokens: _,
            reasoning_effort: _,
            context_tokens: _,
            stop: _,
            seed: _,
            materials: _,
            without_passages: _,
        } = &settings;
        assert_eq!(settings.names().count(), settings.fields().len());
        assert_eq!(settings.fields().len(), Settings::NAMES.len());
    }
}
