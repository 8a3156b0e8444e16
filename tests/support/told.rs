//! What the command tells: its log, its plan, where things stand.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{
    Rehearsal,
    graph::{id, text},
};

impl Rehearsal {
    /// Returns the log's records, newest first, narrowed by these options.
    #[track_caller]
    pub(crate) fn log(&self, options: &[&str]) -> Vec<Json> {
        let arguments: Vec<&str> = ["log", "--output", "json"]
            .into_iter()
            .chain(options.iter().copied())
            .collect();
        values(&self.expect(0, &arguments))
    }

    /// Returns how many objects stand where, by `state/code`.
    #[track_caller]
    pub(crate) fn standing(&self) -> Vec<(String, u64)> {
        let jobs = values(&self.expect(0, &["status", "--output", "json"]));
        let standing = jobs[0]["standing"]
            .as_array()
            .expect("a list of standings")
            .clone();
        standing
            .iter()
            .map(|row| {
                let part = |name| text(row, name).expect("a standing has a state and a code");
                let count = row["count"].as_u64().expect("a standing has a count");
                (format!("{}/{}", part("state"), part("code")), count)
            })
            .collect()
    }

    /// Returns the newest reason code that the log has for a source object.
    #[track_caller]
    pub(crate) fn reason(&self, source: &str) -> String {
        let records = self.log(&["--object", source, "--limit", "1"]);
        let record = records
            .first()
            .unwrap_or_else(|| panic!("the log does not know {source}"));
        let information = &record["provisioningStatusInfo"]["errorInformation"];
        text(information, "errorCode")
            .unwrap_or("success")
            .to_owned()
    }

    /// Returns what the log found out about a source object, newest record first, as
    /// `attribute/code`.
    #[track_caller]
    pub(crate) fn findings(&self, source: &str) -> Vec<String> {
        let records = self.log(&["--object", source]);
        let findings = records.iter().flat_map(|record| {
            record["syncline"]["findings"]
                .as_array()
                .into_iter()
                .flatten()
        });
        findings
            .map(|finding| {
                let attribute = text(finding, "attribute").unwrap_or_default();
                format!(
                    "{attribute}/{}",
                    finding["reason"]["code"].as_str().unwrap_or_default()
                )
            })
            .collect()
    }

    /// Returns the target object that the log says was made for a source object.
    #[track_caller]
    pub(crate) fn made_for(&self, source: &str) -> String {
        let options = [
            "--object", source, "--action", "create", "--status", "success",
        ];
        let records = self.log(&options);
        let record = records
            .first()
            .unwrap_or_else(|| panic!("nothing was made for {source}"));
        id(&record["targetIdentity"]).to_owned()
    }

    /// Returns the source objects for which the log says that something was made.
    #[track_caller]
    pub(crate) fn invited(&self) -> Vec<String> {
        let records = self.log(&["--action", "create", "--status", "success"]);
        records
            .iter()
            .map(|record| id(&record["sourceIdentity"]).to_owned())
            .collect()
    }

    /// Returns the operations that a run would carry out now.
    #[track_caller]
    pub(crate) fn planned(&self) -> Vec<Json> {
        let told = self.expect(0, &["plan", "--output", "json"]);
        let told: Json = serde_json::from_str(&told).expect("the command tells JSON");
        told["operations"]
            .as_array()
            .expect("a list of operations")
            .clone()
    }

    /// Returns how many writes a tenant was asked for by anybody.
    pub(crate) fn writes(&self, tenant: &str) -> u64 {
        self.stats(tenant)["writes"]
            .as_u64()
            .expect("writes are counted")
    }

    /// Returns source users for whom something was made and who manage nobody.
    #[track_caller]
    pub(crate) fn simple_people(&self) -> Vec<Json> {
        let source = self.holdings("contoso");
        let managers: BTreeSet<&str> = source
            .users
            .values()
            .filter_map(super::graph::manager)
            .collect();
        let invited: BTreeSet<String> = self.invited().into_iter().collect();
        source
            .users
            .iter()
            .filter(|(id, user)| {
                invited.contains(*id)
                    && !managers.contains(id.as_str())
                    && user["accountEnabled"] == true
                    && text(user, "department").is_some()
                    && text(user, "officeLocation").is_some()
            })
            .map(|(_, user)| user.clone())
            .collect()
    }
}

fn values(told: &str) -> Vec<Json> {
    let told: Json = serde_json::from_str(told).expect("the command tells JSON");
    told["value"].as_array().expect("a list of values").clone()
}
