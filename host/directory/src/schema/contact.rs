//! Organizational contacts: Graph reads them and writes none (graph.md, section 6).

use super::{Access::*, Attribute, AttributeType::*};

pub(super) const ATTRIBUTES: &[Attribute] = &[
    Attribute::new("companyName", Text, None, ReadOnly),
    Attribute::new("department", Text, None, ReadOnly),
    Attribute::new("displayName", Text, None, ReadOnly),
    Attribute::new("givenName", Text, None, ReadOnly),
    Attribute::new("jobTitle", Text, None, ReadOnly),
    Attribute::new("mail", Text, None, ReadOnly),
    Attribute::new("mailNickname", Text, None, ReadOnly),
    Attribute::new("manager", Reference, None, ReadOnly),
    Attribute::new("onPremisesSyncEnabled", Boolean, None, ReadOnly),
    Attribute::new("proxyAddresses", Texts, None, ReadOnly),
    Attribute::new("surname", Text, None, ReadOnly),
];
