//! Groups (graph.md, section 5). A group's kind is fixed when it is made, hence read-only here.

use super::{Access::*, Attribute, AttributeType::*};

pub(super) const ATTRIBUTES: &[Attribute] = &[
    Attribute::new("createdDateTime", DateTime, None, ReadOnly),
    Attribute::new("description", Text, Some(1024), Clearable),
    Attribute::new("displayName", Text, Some(256), Required),
    Attribute::new("groupTypes", Texts, None, ReadOnly),
    Attribute::new("isAssignableToRole", Boolean, None, ReadOnly),
    Attribute::new("mail", Text, None, ReadOnly),
    Attribute::new("mailEnabled", Boolean, None, ReadOnly),
    Attribute::new("mailNickname", Text, Some(64), Required),
    Attribute::new("members", References, None, Clearable),
    Attribute::new("membershipRule", Text, Some(3072), Clearable),
    Attribute::new("onPremisesSyncEnabled", Boolean, None, ReadOnly),
    Attribute::new("owners", References, None, Clearable).at_most(100),
    Attribute::new("proxyAddresses", Texts, None, ReadOnly),
    Attribute::new("securityEnabled", Boolean, None, Required),
    Attribute::new("uniqueName", Text, None, ReadOnly),
    Attribute::new("visibility", Text, None, Clearable),
];
