//! The client's own tables: read with the rules, kept with them, and wrong without harm.

use crate::{examples::adopt, support::Rehearsal};

/// The Contoso merger with its table, a run every second, everybody in scope.
fn merger() -> Rehearsal {
    let rehearsal = Rehearsal::start(30, 5);
    adopt(&rehearsal, "contoso-merger");
    rehearsal.edit_project(|text| {
        text.lines()
            .map(|line| match line.split_once(" = ") {
                Some(("users", _)) => "users = { scope = \"all\" }\n".to_owned(),
                Some(("every", _)) => "every = \"1s\"\n".to_owned(),
                Some(("activation", _)) => "activation = \"automatic\"\n".to_owned(),
                _ => format!("{line}\n"),
            })
            .collect()
    });
    rehearsal
}

fn write_table(rehearsal: &Rehearsal, lines: &str) {
    std::fs::write(rehearsal.file("tables/exceptions.csv"), lines).expect("it can be written");
}

/// Returns how many people of the target have this company.
fn people_of(rehearsal: &Rehearsal, company: &str) -> usize {
    let target = rehearsal.holdings("fabrikam");
    let company = serde_json::json!(company);
    target
        .users
        .values()
        .filter(|user| user["companyName"] == company)
        .count()
}

#[test]
fn a_table_that_is_wrong_is_told_with_its_line_and_the_last_good_one_goes_on() {
    let rehearsal = merger();
    write_table(
        &rehearsal,
        "who,company,department\nSales,Fabrikam Sales,\n",
    );
    rehearsal.expect(0, &["sync"]);
    let of_sales = people_of(&rehearsal, "Fabrikam Sales");
    assert!(of_sales > 0);

    write_table(
        &rehearsal,
        "who,company,department\nSales,Other,\nSales,Twice,\n",
    );
    let told = rehearsal.refuses(0, &["sync"]);
    assert!(
        told.contains(
            "exceptions.csv:3: the key `Sales` stands in line 2 already; keep one of them"
        ),
        "{told}"
    );
    std::fs::remove_file(rehearsal.file("tables/exceptions.csv")).expect("it can be removed");
    let told = rehearsal.refuses(0, &["sync"]);
    assert!(
        told.contains("gives its rules the table `exceptions`, but there is no "),
        "{told}"
    );
    assert_eq!(people_of(&rehearsal, "Fabrikam Sales"), of_sales);
    // What is new is decided by the table that the store has.
    let target = rehearsal.holdings("fabrikam");
    let counting = |user: &&serde_json::Value| user["department"] == "Contoso Finance";
    let mail = &target
        .users
        .values()
        .find(counting)
        .expect("somebody counts")["mail"];
    let somebody = rehearsal.user("contoso", "mail", mail.as_str().expect("it is text"));
    let somebody = somebody["id"].as_str().expect("an id").to_owned();
    rehearsal.change(
        "contoso",
        &somebody,
        serde_json::json!({ "department": "Sales" }),
    );
    rehearsal.expect(0, &["sync"]);
    assert_eq!(people_of(&rehearsal, "Fabrikam Sales"), of_sales + 1);
}

#[test]
fn a_table_that_changes_while_it_runs_is_taken_up_as_changed_rules_are() {
    let rehearsal = merger();
    write_table(
        &rehearsal,
        "who,company,department\nSales,Fabrikam Sales,\n",
    );
    let mut run = rehearsal.start_command(&["run"]);
    run.says("run 1 done");
    let of_sales = people_of(&rehearsal, "Fabrikam Sales");
    write_table(
        &rehearsal,
        "who,company,department\nSales,Fabrikam Trade,\n",
    );
    run.says("changed rules");
    run.says("are active: contoso-merger");
    run.says("updated (");
    run.says("done, 0 failed");
    assert_eq!(people_of(&rehearsal, "Fabrikam Trade"), of_sales);
    assert_eq!(people_of(&rehearsal, "Fabrikam Sales"), 0);
}

#[test]
fn tables_that_rules_and_project_do_not_agree_about_are_named() {
    let rehearsal = merger();
    let name = |given: &'static str| {
        move |text: String| text.replace("exceptions = \"tables", &format!("{given} = \"tables"))
    };
    rehearsal.edit_project(name("exception"));
    let misspelt = rehearsal.refuses(2, &["plan"]);
    rehearsal.edit_project(|text| text.replace("exception = \"tables", "exceptions = \"tables"));
    std::fs::write(rehearsal.file("contoso-merger.toml"), "").expect("settings can be written");
    let unused = rehearsal.refuses(2, &["plan"]);
    std::fs::remove_dir_all(rehearsal.file("tables")).expect("the folder can be removed");
    let missing = rehearsal.refuses(2, &["run"]);
    insta::assert_snapshot!(format!("{misspelt}\n{unused}\n{missing}"));
}
