//! One definition for the frames of a side and for the code that reads them.

/// Defines the frames of one side: the enum, the `type` of each frame, and how a frame of that type is read.
///
/// Each frame is read as its own type. The code that serde derives for a tagged enum reads into an intermediate tree first and compiles
/// every field's reader twice; that would make the browser's program larger.
macro_rules! frames {
    (
        $(#[$meta:meta])*
        pub enum $name:ident, read with $from_str:path {
            $($(#[$about:meta])* $variant:ident = $type:tt $(($body:ty))? $({ $($(#[$of_field:meta])* $field:ident: $of:ty,)* })?,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(tag = "type")]
        pub enum $name {
            $($(#[$about])* #[serde(rename = $type)] $variant $(($body))? $({ $($(#[$of_field])* $field: $of,)* })?,)*
        }

        impl $name {
            /// The `type` of each frame.
            pub const TYPES: &[&str] = &[$($type),*];

            /// Reads a frame of a type. Returns `None` if there is no such type.
            fn read(kind: &str, text: &str) -> Option<serde_json::Result<Self>> {
                Some(match kind {
                    $($type => frames!(@read $from_str, text, $variant $(($body))? $({ $($(#[$of_field])* $field: $of,)* })?),)*
                    _ => return None,
                })
            }

            /// Returns the frame as JSON.
            pub fn to_json(&self) -> String {
                serde_json::to_string(self).expect("a frame has no maps with keys that are not text, and no failing serializer")
            }
        }
    };
    (@read $from_str:path, $text:ident, $variant:ident) => {
        Ok(Self::$variant)
    };
    (@read $from_str:path, $text:ident, $variant:ident ($body:ty)) => {
        $from_str($text).map(Self::$variant)
    };
    (@read $from_str:path, $text:ident, $variant:ident { $($(#[$of_field:meta])* $field:ident: $of:ty,)* }) => {{
        #[derive(Deserialize)]
        struct Fields {
            $($(#[$of_field])* $field: $of,)*
        }
        $from_str($text).map(|Fields { $($field),* }| Self::$variant { $($field),* })
    }};
}
