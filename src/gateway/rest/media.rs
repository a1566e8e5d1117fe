//! Media types of the token login: JSON or XML, in and out (doc/adv_auth.md).

use axum::http::{HeaderMap, HeaderValue, header};

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `application/json`, `text/json`
    Json,
    /// `application/xml`, `text/xml`
    Xml,
}

impl Format {
    /// The format of a request's body; none when it is of another media type, or in a character set other than UTF-8 and UTF-16.
    pub fn of_request(head: &HeaderMap) -> Option<Self> {
        let value = head.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let mut parts = value.split(';').map(str::trim);
        let format = Self::named(parts.next()?)?;
        let charset = parts.filter_map(|part| part.split_once('=')).find_map(|(name, value)| {
            name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
        });
        let read = |charset: &str| match format {
            Self::Json => charset.eq_ignore_ascii_case("utf-8"),
            Self::Xml => ["utf-8", "utf-16"].iter().any(|known| charset.eq_ignore_ascii_case(known)),
        };
        charset.is_none_or(read).then_some(format)
    }

    /// The format that `Accept` prefers, of two alike the one named first; `otherwise` where it leaves the choice.
    pub fn of_answer(head: &HeaderMap, otherwise: Self) -> Self {
        let mut best: Option<(Self, f32)> = None;
        for range in head.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()) {
            for range in range.split(',').take(RANGES_MAX) {
                let mut parts = range.split(';').map(str::trim);
                let format = match parts.next() {
                    Some("*/*") => otherwise,
                    Some(name) => match Self::named(name) {
                        Some(format) => format,
                        None => continue,
                    },
                    None => continue,
                };
                let quality = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
                if quality > best.map_or(0.0, |(_, best)| best) {
                    best = Some((format, quality));
                }
            }
        }
        best.map_or(otherwise, |(format, _)| format)
    }

    /// The media type of an answer.
    pub fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json; charset=utf-8",
            Self::Xml => "application/xml; charset=utf-8",
        })
    }

    fn named(media_type: &str) -> Option<Self> {
        let is = |known: &&str| media_type.eq_ignore_ascii_case(known);
        if ["application/json", "text/json"].iter().any(is) {
            Some(Self::Json)
        } else if ["application/xml", "text/xml"].iter().any(is) {
            Some(Self::Xml)
        } else {
            None
        }
    }
}

/// Of an `Accept` field.
const RANGES_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn head(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn requests() {
        for (value, format) in [
            ("application/json", Some(Format::Json)),
            ("Text/JSON; charset=\"UTF-8\"", Some(Format::Json)),
            ("application/xml;charset=utf-16", Some(Format::Xml)),
            ("text/xml", Some(Format::Xml)),
            ("application/json; charset=latin1", None),
            ("application/json; charset=utf-16", None),
            ("text/xml; charset=koi8-r", None),
            ("text/plain", None),
            ("application/x-www-form-urlencoded", None),
            ("", None),
        ] {
            assert_eq!(Format::of_request(&head(header::CONTENT_TYPE, value)), format, "{value}");
        }
        assert_eq!(Format::of_request(&HeaderMap::new()), None);
    }

    #[test]
    fn answers() {
        for (value, format) in [
            ("*/*", Format::Json),
            ("application/xml", Format::Xml),
            ("text/html, application/xml;q=0.9, */*;q=0.8", Format::Xml),
            ("application/xml;q=0.5, application/json", Format::Json),
            ("application/xml;q=0", Format::Json),
            ("text/html", Format::Json),
        ] {
            assert_eq!(Format::of_answer(&head(header::ACCEPT, value), Format::Json), format, "{value}");
        }
    }
}
