//! What the store promises about generations of rules.

use syncline_directory::{
    AttributeName, Attributes, GenerationDigest, JobName, ObjectKind, Side, SourceId, TargetId,
    Value, Verdict,
};
use syncline_planner::{Standing, plan::State};
use syncline_store::{
    Considered, Entering, Fit, Listing, Marks, PageChange, PageItem, PageNext,
    RememberedGeneration, RunId, Store, StoredVerdict,
};

const NOW: &str = "2026-03-01T09:00:00Z";
const USER: ObjectKind = ObjectKind::User;
const SOURCES: [&str; 4] = ["s1", "s2", "s3", "s4"];

/// A store with one job of four people, of whom the last is linked.
struct People {
    _folder: tempfile::TempDir,
    store: Store,
    job: JobName,
}

impl People {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let store = Store::open(&folder.path().join("syncline.db")).expect("a store can be made");
        let people = Self {
            _folder: folder,
            store,
            job: JobName::new("contoso-to-fabrikam"),
        };
        for source in SOURCES {
            people.listed(Side::Source, source, "Sales");
        }
        people.listed(Side::Target, "t4", "Sales");
        let (source, target) = (SourceId::new("s4"), TargetId::new("t4"));
        let written = Attributes::new();
        people
            .store
            .link_made(&people.job, USER, &source, &target, &written, NOW)
            .expect("a link can be made");
        people.settle();
        people
    }

    fn listed(&self, side: Side, id: &str, department: &str) {
        let columns = [AttributeName::new("department")];
        let listing = Listing {
            job: &self.job,
            side,
            kind: USER,
            columns: &columns,
            ids: &[],
            subjects: side == Side::Source,
            fit: Fit::Exact,
        };
        let (mirror, _) = self
            .store
            .open_mirror(&listing)
            .expect("a mirror can be opened");
        let item = PageItem {
            id: id.to_owned(),
            change: PageChange::Present {
                attributes: Attributes::from([(columns[0].clone(), Value::text(department))]),
                members: Vec::new(),
            },
        };
        let next = PageNext::Complete("delta".to_owned());
        self.store
            .record_page(mirror, &[item], &next)
            .expect("a page can be remembered");
    }

    /// Decides and plans everybody, as a run does.
    fn settle(&self) {
        let verdicts = SOURCES.map(|source| StoredVerdict {
            source: SourceId::new(source),
            verdict: Verdict::InScope,
            keys: Vec::new(),
            again: false,
        });
        let considered = SOURCES.map(|source| Considered {
            source: SourceId::new(source),
            standing: Standing::new(State::InStep, "RedundantExport", "as wanted"),
            findings: Vec::new(),
            references: Vec::new(),
            claims: Vec::new(),
        });
        let (store, job) = (&self.store, &self.job);
        let run = store
            .begin_run(job, "test", "cycle", NOW)
            .expect("a run can begin");
        store
            .record_verdicts(job, USER, &verdicts)
            .expect("verdicts can be remembered");
        let plan = store
            .begin_plan(job, run, "generation")
            .expect("a plan can begin");
        store
            .consider(job, USER, run, &considered)
            .expect("standings can be remembered");
        let settled = store
            .settled(job, USER, run, plan, None, 100)
            .expect("the store answers");
        store
            .tell(job, USER, run, &settled, &[])
            .expect("the log can be told");
        assert!(self.unplanned().is_empty());
    }

    fn undecided(&self) -> Vec<String> {
        let rows = self.store.undecided(&self.job, USER, None, 100);
        let rows = rows.expect("the store answers").into_iter();
        rows.map(|row| row.source.to_string()).collect()
    }

    fn unplanned(&self) -> Vec<String> {
        let rows = self.store.unplanned(&self.job, USER, RunId(0), None, 100);
        let rows = rows.expect("the store answers").into_iter();
        rows.map(|row| row.source.to_string()).collect()
    }

    fn weigh(&self) -> i64 {
        self.store.begin_weighing().expect("the store answers")
    }

    fn activate(&self, digest: &str, weighing: i64, objects: &[(SourceId, bool)]) {
        let generation = RememberedGeneration {
            digest: GenerationDigest::new(digest),
            layers: Vec::new(),
            activated: NOW.to_owned(),
        };
        let entering = Entering {
            cause: "guarded",
            effect: None,
            marks: Marks::Affected {
                weighing,
                kind: USER,
                objects,
            },
            declines: None,
        };
        self.store
            .activate(&self.job, &generation, &[], &entering)
            .expect("a generation can be remembered");
    }
}

#[test]
fn a_generation_marks_whom_it_affects_in_scope_or_only_in_mapping() {
    let people = People::new();
    let affected = [(SourceId::new("s1"), true), (SourceId::new("s2"), false)];
    people.activate("a", people.weigh(), &affected);
    assert_eq!(people.undecided(), ["s1"]);
    assert_eq!(people.unplanned(), ["s1", "s2"]);
}

#[test]
fn whoever_was_touched_since_the_weighing_is_marked_although_a_run_took_the_mark_off() {
    let people = People::new();
    let weighing = people.weigh();
    people.listed(Side::Source, "s3", "Legal");
    people.listed(Side::Target, "t4", "Legal");
    people.settle();
    people.activate("a", weighing, &[]);
    assert_eq!(people.unplanned(), ["s3", "s4"]);
    assert_eq!(people.undecided(), ["s3", "s4"]);

    people.settle();
    people.activate("b", people.weigh(), &[]);
    assert!(
        people.unplanned().is_empty(),
        "what was touched before counts no more"
    );
}

#[test]
fn old_activations_are_forgotten_with_their_components_and_the_active_one_is_not() {
    let people = People::new();
    for number in 0..60 {
        people.activate(&format!("{number}"), people.weigh(), &[]);
    }
    let activations = people
        .store
        .activations(&people.job)
        .expect("the store answers");
    assert_eq!(activations.len(), 50);
    assert_eq!(activations[0].generation.digest.as_str(), "59");
    let active = people
        .store
        .active_digest(&people.job)
        .expect("the store answers");
    assert_eq!(active, Some(GenerationDigest::new("59")));
}
