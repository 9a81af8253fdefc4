//! Outgoing HTTP connections.

use holdfast_core::Secret;
use reqwest::Url;

use super::{ConfigError, Values, network};
use holdfast_core::web_address::HostName;
use holdfast_outbound::OutboundSettings;

/// Environment variables from which other programs take a proxy. Some use only the lower-case form, some only the upper-case form.
const VARIABLES: [&str; 3] = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"];

pub(super) fn read(values: &Values) -> Result<OutboundSettings, ConfigError> {
    let proxy = values.optional("outbound_proxy", "the address of an HTTP proxy, such as http://proxy:3128", proxy)?;
    let direct = values.list("outbound_direct", "hosts, domains, addresses or networks, such as .example.com or 10.0.0.0/8", direct)?;
    Ok(OutboundSettings { proxy, direct })
}

fn proxy(text: &str) -> Option<Secret> {
    let url = Url::parse(text).ok()?;
    let is_plain = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    let is_http = matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty());
    if is_plain && is_http { Secret::new(text) } else { None }
}

/// Parses one entry of the list of hosts to reach without a proxy. A name stands for itself and all names below it.
fn direct(text: &str) -> Option<String> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if network(bare).is_some() {
        return Some(bare.to_owned());
    }
    let name = text.strip_prefix("*.").or_else(|| text.strip_prefix('.')).unwrap_or(text);
    HostName::parse(name).map(|name| name.to_string())
}

/// Returns a warning if variables name a proxy that is not used. Only this server's own setting counts, because a proxy that happens to
/// be set in a shell or image would see which servers are contacted.
pub fn unused_proxies(settings: &OutboundSettings, variables: impl Iterator<Item = (String, String)>) -> Option<String> {
    if settings.proxy.is_some() {
        return None;
    }
    let is_proxy = |name: &str| VARIABLES.contains(&name.to_uppercase().as_str());
    let mut names: Vec<String> =
        variables.filter(|(name, value)| is_proxy(name) && !value.trim().is_empty()).map(|(name, _)| name).collect();
    names.sort();
    let (which, is) = match names.as_slice() {
        [] => return None,
        [one] => (format!("the variable {one}"), "is"),
        several => (format!("the variables {}", several.join(", ")), "are"),
    };
    Some(format!(
        "{which} {is} not used: other servers are asked without a proxy. To ask them through one, set HOLDFAST_OUTBOUND_PROXY (outbound_proxy, --outbound-proxy); HOLDFAST_OUTBOUND_DIRECT stands for NO_PROXY."
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::Origin;

    fn settings(pairs: &[(&'static str, &str)]) -> Result<OutboundSettings, ConfigError> {
        let mut values = Values::defaults();
        for (name, text) in pairs {
            values.set(name, text, Origin::Flag);
        }
        read(&values)
    }

    #[test]
    fn what_is_no_proxy_is_refused() {
        for good in ["http://proxy:3128", "https://proxy.example/", "http://me:p%40ss@[::1]:3128"] {
            assert_eq!(settings(&[("outbound_proxy", good)]).unwrap().proxy.unwrap().reveal(), good);
        }
        for bad in ["proxy:3128", "proxy", "socks5://proxy:1080", "http://", "http://proxy/path", "http://proxy?a"] {
            assert!(settings(&[("outbound_proxy", bad)]).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_asked_directly_is_read_as_people_write_it() {
        let read = settings(&[("outbound_direct", "localhost, .Example.com, *.lan,10.0.0.0/8, [fd00::1], 192.0.2.1")]).unwrap();
        assert_eq!(read.direct, ["localhost", "example.com", "lan", "10.0.0.0/8", "fd00::1", "192.0.2.1"]);
        for bad in ["*", "host:80", "http://host", "10.0.0.0/99", "a b"] {
            assert!(settings(&[("outbound_direct", bad)]).is_err(), "{bad}");
        }
    }

    #[test]
    fn variables_that_name_a_proxy_are_told_without_their_values() {
        let tell = |settings: &OutboundSettings, pairs: &[(&str, &str)]| {
            unused_proxies(settings, pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
        };
        let set = [("https_proxy", "http://me:p4ss@proxy"), ("HTTP_PROXY", "http://proxy"), ("NO_PROXY", "*"), ("ALL_PROXY", "")];
        let told = tell(&OutboundSettings::default(), &set).unwrap();
        assert!(told.contains("HTTP_PROXY, https_proxy are not used") && !told.contains("p4ss") && !told.contains("ALL_PROXY"), "{told}");
        assert!(told.contains("HOLDFAST_OUTBOUND_PROXY") && told.contains("outbound_proxy"), "{told}");
        assert_eq!(tell(&OutboundSettings::default(), &[("NO_PROXY", "*")]), None);
        assert_eq!(tell(&settings(&[("outbound_proxy", "http://proxy:3128")]).unwrap(), &set), None);
    }
}
