//! People as directories have them: most attributes set, some of them on some people only.

use syncline_directory::Value;

/// Returns the values of these attributes of a person; the number says which one.
pub(crate) fn person<'a>(columns: impl Iterator<Item = &'a str>, number: usize) -> Vec<Value> {
    let pick = |list: &[&'static str]| list[number % list.len()];
    let given = pick(&[
        "Alice",
        "Zofia",
        "Jörg",
        "Anna-Karin",
        "Bo",
        "Chidinma",
        "Li",
    ]);
    let last = pick(&[
        "Doe",
        "Łukasik",
        "Müller",
        "Lindström",
        "Okonkwo",
        "Wang",
        "van der Berg",
        "Ito",
        "Fernández",
        "Nguyen",
        "Smith",
    ]);
    let alias = format!("person{number:06}");
    let one_in = |count: usize| number.is_multiple_of(count);
    let value = |name: &str| match name {
        "accountEnabled" => Value::Boolean(!one_in(9)),
        "businessPhones" if !one_in(3) => {
            Value::texts([format!("+1 425 555 {:04}", number % 10_000)])
        }
        "city" => Value::text(pick(&["Redmond", "Gdańsk", "København", "São Paulo"])),
        "country" => Value::text(pick(&["United States", "Polska", "Danmark", "Brasil"])),
        "department" => Value::text(pick(&[
            "Sales",
            "Research and Development",
            "Finance",
            "Legal",
            "Customer Success",
        ])),
        "displayName" => Value::text(format!("{given} {last}")),
        "employeeId" if !one_in(5) => Value::text(format!("{:06}", 100_000 + number)),
        "givenName" => Value::text(given),
        "jobTitle" => Value::text(pick(&[
            "Account Executive",
            "Engineer",
            "Controller",
            "Senior Counsel",
        ])),
        "mail" if !one_in(50) => Value::text(format!("{alias}@contoso.com")),
        "mailNickname" => Value::text(&alias),
        "manager" if !one_in(20) => {
            Value::Reference(format!("5f1a1f9e-0000-4000-8000-{:012}", number / 8))
        }
        "mobilePhone" if one_in(2) => Value::text(format!("+45 20 {:06}", number % 1_000_000)),
        "officeLocation" => Value::text(format!("{}/{}", number % 90, 1000 + number % 3000)),
        "postalCode" => Value::text(format!("{:05}", number % 100_000)),
        "preferredLanguage" if one_in(4) => Value::text("da-DK"),
        "state" if !one_in(4) => Value::text("WA"),
        "streetAddress" => Value::text(format!("{} Towne Center Dr.", number % 10_000)),
        "surname" => Value::text(last),
        "userPrincipalName" => Value::text(format!("{alias}@contoso.com")),
        "userType" => Value::text("Member"),
        _ => Value::Absent,
    };
    columns.map(value).collect()
}
