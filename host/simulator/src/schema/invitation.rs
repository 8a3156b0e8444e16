//! The properties of an invitation (graph.md 4.1).

use super::Access::{Clearable, ReadOnly, Required};
use super::Shape::{Flag, Object, Objects, Text};
use super::{Property, property};

const UNNAMED: usize = 1_024;

pub(super) const PROPERTIES: &[Property] = &[
    property("id", Text(36), ReadOnly),
    property("invitedUser", Object, Required),
    property("invitedUserDisplayName", Text(256), Clearable),
    property("invitedUserEmailAddress", Text(256), Required),
    property("invitedUserMessageInfo", Object, Clearable),
    property("invitedUserSponsors", Objects, Required),
    property("invitedUserType", Text(UNNAMED), Clearable),
    property("inviteRedeemUrl", Text(UNNAMED), ReadOnly),
    property("inviteRedirectUrl", Text(UNNAMED), Required),
    property("resetRedemption", Flag, Clearable),
    property("sendInvitationMessage", Flag, Clearable),
    property("status", Text(UNNAMED), ReadOnly),
];
