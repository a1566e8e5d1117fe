//! Values that both generations read alike, where no standard mapping does.

use crate::gateway::epp::decode::{Fault, check_attributes, token_of};
use crate::gateway::xml::Element;
use crate::model::name::{DomainName, HostName};

/// A name without the dot at its end that older answers showed.
pub(crate) fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// A domain's name; a dot may end it.
pub(crate) fn domain_name(element: Element<'_>) -> Result<DomainName, Fault> {
    check_attributes(element, &[])?;
    let text = token_of(element, 1, NAME_CHARACTERS_MAX)?;
    DomainName::parse(without_dot(&text)).map_err(|error| Fault::malformed(element, error))
}

/// A host's name; a dot may end it.
pub(crate) fn host_name(element: Element<'_>) -> Result<HostName, Fault> {
    check_attributes(element, &[])?;
    let text = token_of(element, 1, NAME_CHARACTERS_MAX)?;
    HostName::parse(without_dot(&text)).map_err(|error| Fault::malformed(element, error))
}

const NAME_CHARACTERS_MAX: usize = 255;
