//! Users: the columns, and the mappings in Microsoft's order.

#[cfg(test)]
mod tests;

use syncline_sdk::{
    Absent, Change, Column, Joined, Nulls, ObjectKind, Reason, Ruleset, Shape, TargetTenant,
    column::{Boolean, Reference, Text, Texts},
    compute, constant, copy,
};

use crate::{Settings, naming, scope};

/// Whether the person may sign in.
pub const ACCOUNT_ENABLED: Column<Boolean> = Column::boolean("accountEnabled");
/// Telephone numbers; Graph keeps one at most.
pub const BUSINESS_PHONES: Column<Texts> = Column::texts("businessPhones");
/// Town.
pub const CITY: Column<Text> = Column::text("city");
/// Country or region.
pub const COUNTRY: Column<Text> = Column::text("country");
/// How the account came about; absent for an ordinary one.
pub const CREATION_TYPE: Column<Text> = Column::text("creationType");
/// Department.
pub const DEPARTMENT: Column<Text> = Column::text("department");
/// The name that people see.
pub const DISPLAY_NAME: Column<Text> = Column::text("displayName");
/// Number in the personnel system.
pub const EMPLOYEE_ID: Column<Text> = Column::text("employeeId");
/// First name.
pub const GIVEN_NAME: Column<Text> = Column::text("givenName");
/// Title.
pub const JOB_TITLE: Column<Text> = Column::text("jobTitle");
/// Address.
pub const MAIL: Column<Text> = Column::text("mail");
/// Exchange's alias.
pub const MAIL_NICKNAME: Column<Text> = Column::text("mailNickname");
/// Superior.
pub const MANAGER: Column<Reference> = Column::reference("manager");
/// Mobile number.
pub const MOBILE_PHONE: Column<Text> = Column::text("mobilePhone");
/// Office.
pub const OFFICE_LOCATION: Column<Text> = Column::text("officeLocation");
/// Postal code.
pub const POSTAL_CODE: Column<Text> = Column::text("postalCode");
/// Language, as in `en-US`.
pub const PREFERRED_LANGUAGE: Column<Text> = Column::text("preferredLanguage");
/// State or province.
pub const STATE: Column<Text> = Column::text("state");
/// Street and number.
pub const STREET_ADDRESS: Column<Text> = Column::text("streetAddress");
/// Last name.
pub const SURNAME: Column<Text> = Column::text("surname");
/// The name to sign in with.
pub const USER_PRINCIPAL_NAME: Column<Text> = Column::text("userPrincipalName");
/// Member or guest; absent counts as member.
pub const USER_TYPE: Column<Text> = Column::text("userType");

/// Returns what the rule decides about users.
pub fn users(settings: &Settings) -> Ruleset {
    let nulls = settings.nulls;
    Ruleset::of(ObjectKind::User)
        .scope((USER_TYPE, CREATION_TYPE, USER_PRINCIPAL_NAME), scope::internal_people)
        .key(0, "mail", MAIL, |mail| mail.map(str::to_owned))
        .key(1, "userPrincipalName", (USER_PRINCIPAL_NAME, TargetTenant), naming::key)
        .skip((MAIL, Joined), without_address)
        .shape(Shape::ExternalMember)
        // Where the source has nothing, Graph allows no null on the ones that are kept.
        .outputs([
            copy(ACCOUNT_ENABLED, Absent::default_on_create(true)),
            copy(STREET_ADDRESS, nulls),
            copy(CITY, nulls),
            copy(STATE, nulls),
            copy(POSTAL_CODE, nulls),
            copy(COUNTRY, nulls),
            copy(DEPARTMENT, nulls),
            copy(EMPLOYEE_ID, nulls),
            copy(DISPLAY_NAME, Absent::Keep),
            copy(GIVEN_NAME, nulls),
            copy(JOB_TITLE, nulls),
            copy(MAIL_NICKNAME, Absent::Keep),
            copy(MANAGER, nulls),
            copy(MOBILE_PHONE, nulls),
            copy(OFFICE_LOCATION, nulls),
            copy(PREFERRED_LANGUAGE, Absent::default_on_create("en-US")),
            copy(SURNAME, nulls),
            compute("businessPhones", BUSINESS_PHONES, move |phones| telephone(phones, nulls)),
            compute("userPrincipalName", (USER_PRINCIPAL_NAME, TargetTenant), naming::change),
            constant("showInAddressList", true),
            copy(MAIL, Absent::Keep),
            constant("userType", "Member").on_create(),
        ])
}

/// Nobody can be invited without an address; who is there already stays in step without one.
fn without_address((mail, joined): (Option<&str>, bool)) -> Option<Reason> {
    (mail.is_none() && !joined).then(|| {
        Reason::new(
            "MissingValues",
            "an external member needs an address, and mail has no value",
        )
    })
}

/// Microsoft's `telephoneNumber` is one number, which Graph wraps in a list of one.
fn telephone(phones: &[String], nulls: Nulls) -> Change {
    match phones.first() {
        Some(phone) => Change::set(vec![phone.clone()]),
        None => nulls.change(),
    }
}
