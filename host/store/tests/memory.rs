//! What the store promises to the service, each promise by name.

use syncline_directory::{
    AttributeName, Attributes, GenerationDigest, JobName, MatchKey, ObjectKind, ObjectState,
    Reason, Side, SourceId, TargetId, Value, Verdict,
};
use syncline_planner::{
    Action, Census, Joined, Operation, PlanHasher, Standing, join, plan::State,
};
use syncline_store::{
    Answer, Fit, Listing, LogFilter, LogRecord, MemberChange, Mirror, MirrorProgress, Nesting,
    OperationState, PageChange, PageItem, PageNext, PlanId, PlanState, RunId, Store, StoreError,
    StoredVerdict,
};
use tempfile::TempDir;

const NOW: &str = "2026-03-01T09:00:00Z";
const USER: ObjectKind = ObjectKind::User;

/// A store with one job, whose mirrors are open.
struct Memory {
    folder: TempDir,
    store: Store,
    job: JobName,
    columns: Vec<AttributeName>,
}

impl Memory {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let store = Store::open(&folder.path().join("syncline.db")).expect("a store can be made");
        let columns = ["department", "displayName", "mail", "manager"].map(AttributeName::new);
        let memory = Self {
            folder,
            store,
            job: JobName::new("contoso-to-fabrikam"),
            columns: columns.to_vec(),
        };
        memory.open(Side::Source);
        memory.open(Side::Target);
        memory
    }

    fn listing(&self, side: Side, kind: ObjectKind) -> Listing<'_> {
        Listing {
            job: &self.job,
            side,
            kind,
            columns: &self.columns,
            ids: &[],
            subjects: side == Side::Source && kind == USER,
            fit: Fit::Exact,
        }
    }

    fn open(&self, side: Side) -> (Mirror, MirrorProgress) {
        self.store
            .open_mirror(&self.listing(side, USER))
            .expect("a mirror can be opened")
    }

    fn page(&self, side: Side, items: Vec<PageItem>, next: PageNext) {
        let (mirror, _) = self.open(side);
        self.store
            .record_page(mirror, &items, &next)
            .expect("a page can be remembered");
    }

    fn listed(&self, side: Side, items: Vec<PageItem>) {
        self.page(side, items, PageNext::Complete("delta".to_owned()));
    }

    fn decide(&self, source: &str, keys: &[(&str, &str)]) {
        let keys = keys
            .iter()
            .map(|(attribute, value)| MatchKey {
                attribute: AttributeName::new(attribute),
                value: (*value).to_owned(),
                tier: 0,
            })
            .collect();
        let verdict = StoredVerdict {
            source: SourceId::new(source),
            verdict: Verdict::InScope,
            keys,
            again: false,
        };
        self.store
            .record_verdicts(&self.job, USER, &[verdict])
            .expect("a verdict can be remembered");
    }

    fn undecided(&self) -> Vec<String> {
        let rows = self
            .store
            .undecided(&self.job, USER, None, 100)
            .expect("the store answers");
        rows.into_iter().map(|row| row.source.to_string()).collect()
    }

    fn unplanned(&self) -> Vec<String> {
        let rows = self
            .store
            .unplanned(&self.job, USER, RunId(0), None, 100)
            .expect("the store answers");
        rows.into_iter().map(|row| row.source.to_string()).collect()
    }

    /// Marks objects as having nothing left to do.
    fn settle(&self, sources: &[&str]) {
        let run = self.run();
        let considered: Vec<_> = sources
            .iter()
            .map(|source| syncline_store::Considered {
                source: SourceId::new(*source),
                standing: Standing::new(State::InStep, "RedundantExport", "as wanted"),
                findings: Vec::new(),
                references: Vec::new(),
                claims: Vec::new(),
            })
            .collect();
        let plan = self
            .store
            .begin_plan(&self.job, run, "generation")
            .expect("a plan can begin");
        self.store
            .consider(&self.job, USER, run, &considered)
            .expect("a standing can be remembered");
        let settled = self
            .store
            .settled(&self.job, USER, run, plan, None, 100)
            .expect("the store answers");
        self.store
            .tell(&self.job, USER, run, &settled, &[])
            .expect("the mark can be taken off");
    }

    fn joined(&self, source: &str) -> Joined {
        let tiers = self.store.tiers(&self.job, USER, &SourceId::new(source));
        join::join(USER, &tiers.expect("the store answers"))
    }

    fn run(&self) -> RunId {
        self.store
            .begin_run(&self.job, "test", "cycle", NOW)
            .expect("a run can begin")
    }

    fn mirrored(&self, side: Side, id: &str) -> Option<Attributes> {
        let object = self
            .store
            .mirrored(&self.job, side, USER, id)
            .expect("the store answers");
        object.map(|object| object.attributes)
    }

    /// Plans the invitation of one person and answers it.
    fn invite(&self, source: &str, target: &str) -> Result<(), StoreError> {
        let run = self.run();
        let (plan, planned) = self.planned(run, source);
        let attributes = person(&[("mail", "alice@contoso.com")]);
        let answer = Answer::Made {
            target: TargetId::new(target),
            attributes,
        };
        let standing = Standing::new(State::InStep, "Written", "written as wanted");
        let record = LogRecord {
            at: NOW.to_owned(),
            source: source.to_owned(),
            target: Some(target.to_owned()),
            action: "create".to_owned(),
            status: "success".to_owned(),
            body: serde_json::json!({}),
        };
        self.store.record_answer(
            &self.job,
            plan,
            &planned,
            &answer,
            OperationState::Done,
            &standing,
            Some((run, &record)),
            NOW,
        )
    }

    fn planned(&self, run: RunId, source: &str) -> (PlanId, syncline_store::PlannedOperation) {
        let plan = self
            .store
            .begin_plan(&self.job, run, "generation")
            .expect("a plan can begin");
        let operation = Operation {
            kind: USER,
            source: SourceId::new(source),
            action: Action::Invite {
                address: "alice@contoso.com".to_owned(),
                display_name: None,
                member: true,
                then: Default::default(),
            },
            cause: Reason::new("NewInScope", "rules"),
        };
        self.store
            .add_operations(plan, &[operation])
            .expect("operations can be added");
        let mut planned = self
            .store
            .operations(plan, None, 10)
            .expect("the store answers");
        (plan, planned.remove(0))
    }

    fn log(&self) -> usize {
        let mut count = 0;
        let counting = self.store.read_log(&LogFilter::default(), |_| {
            count += 1;
            true
        });
        counting.expect("the store answers");
        count
    }
}

fn person(attributes: &[(&str, &str)]) -> Attributes {
    let named = |(name, value): &(&str, &str)| (AttributeName::new(name), Value::text(*value));
    attributes.iter().map(named).collect()
}

fn present(id: &str, attributes: &[(&str, &str)]) -> PageItem {
    PageItem {
        id: id.to_owned(),
        change: PageChange::Present {
            attributes: person(attributes),
            members: Vec::new(),
        },
    }
}

fn group(id: &str, members: &[&str]) -> PageItem {
    let members = members
        .iter()
        .map(|member| MemberChange {
            id: (*member).to_owned(),
            added: true,
        })
        .collect();
    PageItem {
        id: id.to_owned(),
        change: PageChange::Present {
            attributes: Attributes::new(),
            members,
        },
    }
}

#[test]
fn a_store_of_a_newer_version_is_refused_with_both_versions() {
    let memory = Memory::new();
    let path = memory.folder.path().join("newer.db");
    let connection = rusqlite::Connection::open(&path).expect("a file can be made");
    connection
        .pragma_update(None, "user_version", 99)
        .expect("a version can be set");
    drop(connection);
    let error = Store::open(&path)
        .err()
        .expect("the store is refused")
        .to_string();
    assert!(
        error.contains("schema version 99, this program knows up to 3"),
        "{error}"
    );
}

#[test]
fn a_file_that_is_no_store_is_refused_by_name() {
    let memory = Memory::new();
    let path = memory.folder.path().join("letter.db");
    std::fs::write(
        &path,
        "Dear Sir, this is not a database, whatever it is called.".repeat(50),
    )
    .expect("a file can be written");
    let error = Store::open(&path)
        .err()
        .expect("the store is refused")
        .to_string();
    assert!(error.contains("letter.db"), "{error}");
}

#[test]
fn law_04_a_round_goes_on_where_the_last_page_was_saved() {
    let memory = Memory::new();
    assert_eq!(memory.open(Side::Source).1, MirrorProgress::Fresh);
    memory.page(
        Side::Source,
        vec![present("a", &[])],
        PageNext::Page("page 2".to_owned()),
    );
    assert_eq!(
        memory.open(Side::Source).1,
        MirrorProgress::Resume("page 2".to_owned())
    );
    memory.listed(Side::Source, vec![present("b", &[])]);
    assert_eq!(
        memory.open(Side::Source).1,
        MirrorProgress::Delta("delta".to_owned())
    );
}

#[test]
fn a_listing_that_selects_something_else_begins_afresh_and_forgets_nothing() {
    let mut memory = Memory::new();
    memory.listed(Side::Source, vec![present("a", &[("department", "Sales")])]);
    memory.columns.push(AttributeName::new("jobTitle"));
    assert_eq!(memory.open(Side::Source).1, MirrorProgress::Fresh);
    let kept = memory
        .mirrored(Side::Source, "a")
        .expect("the object is still mirrored");
    assert_eq!(kept.get("department"), Some(&Value::text("Sales")));
    assert_eq!(
        kept.get("jobTitle"),
        None,
        "not read is not the same as absent"
    );
}

#[test]
fn a_listing_that_selects_more_will_do_while_rules_wait_for_it() {
    let mut memory = Memory::new();
    memory.listed(Side::Source, vec![present("a", &[])]);
    memory.columns.pop();
    let listing = Listing {
        fit: Fit::AtLeast,
        ..memory.listing(Side::Source, USER)
    };
    let (_, progress) = memory
        .store
        .open_mirror(&listing)
        .expect("a mirror can be opened");
    assert_eq!(progress, MirrorProgress::Delta("delta".to_owned()));
    assert_eq!(memory.open(Side::Source).1, MirrorProgress::Fresh, "law L8");
}

#[test]
fn a_column_that_the_first_sight_leaves_out_is_absent_and_later_ones_add_to_it() {
    let memory = Memory::new();
    let first = vec![present("a", &[("department", "Sales")])];
    memory.page(Side::Source, first, PageNext::Page("page 2".to_owned()));
    memory.listed(
        Side::Source,
        vec![present("a", &[("displayName", "Alice")])],
    );
    let attributes = memory
        .mirrored(Side::Source, "a")
        .expect("the object is mirrored");
    assert_eq!(attributes.get("manager"), Some(&Value::Absent));
    assert_eq!(attributes.get("department"), Some(&Value::text("Sales")));
    assert_eq!(attributes.get("displayName"), Some(&Value::text("Alice")));
}

#[test]
fn an_object_that_comes_again_as_it_was_is_not_asked_about_again() {
    let memory = Memory::new();
    memory.listed(Side::Source, vec![present("a", &[("department", "Sales")])]);
    memory.decide("a", &[]);
    memory.settle(&["a"]);
    memory.listed(Side::Source, vec![present("a", &[("department", "Sales")])]);
    assert_eq!((memory.undecided(), memory.unplanned()), (vec![], vec![]));
    memory.listed(Side::Source, vec![present("a", &[("department", "Legal")])]);
    assert_eq!(memory.undecided(), ["a"]);
}

#[test]
fn law_04_planning_that_is_cut_short_is_done_again() {
    let memory = Memory::new();
    memory.listed(Side::Source, vec![present("a", &[])]);
    memory.decide("a", &[]);
    let considered = syncline_store::Considered {
        source: SourceId::new("a"),
        standing: Standing::new(State::InStep, "RedundantExport", "as wanted"),
        findings: Vec::new(),
        references: Vec::new(),
        claims: Vec::new(),
    };
    memory
        .store
        .consider(&memory.job, USER, memory.run(), &[considered])
        .expect("a standing can be remembered");
    assert_eq!(memory.unplanned(), ["a"], "nobody has told the log yet");
}

#[test]
fn case_32_members_that_a_listing_drops_are_asked_for_before_they_count_as_gone() {
    let memory = Memory::new();
    let (mirror, _) = memory
        .store
        .open_mirror(&memory.listing(Side::Source, ObjectKind::Group))
        .expect("a mirror can be opened");
    let page = |items: &[PageItem]| {
        let next = PageNext::Complete("delta".to_owned());
        memory
            .store
            .record_page(mirror, items, &next)
            .expect("a page can be remembered");
    };
    page(&[group("staff", &["alice", "bob"])]);
    memory
        .store
        .complete_listing(mirror, NOW)
        .expect("a listing can be completed");
    memory
        .store
        .restart_listing(mirror)
        .expect("a listing can begin anew");
    page(&[group("staff", &["alice"])]);
    let unseen = || {
        memory
            .store
            .groups_with_unseen_members(mirror)
            .expect("the store answers")
    };
    assert_eq!(unseen(), ["staff"]);
    let told = ["alice".to_owned(), "bob".to_owned()].into();
    memory
        .store
        .confirm_members(mirror, "staff", &told)
        .expect("members can be confirmed");
    assert_eq!(unseen(), Vec::<String>::new());
    let assigned = memory
        .store
        .assign(
            &memory.job,
            USER,
            &["staff".to_owned()],
            Nesting::Direct,
            &[],
        )
        .expect("people can be assigned");
    assert_eq!(assigned, 2);
}

#[test]
fn a_job_remembers_the_two_tenants_that_it_began_with() {
    let memory = Memory::new();
    let pin = |source| {
        memory
            .store
            .pin_tenants(&memory.job, source, "fabrikam")
            .expect("answers")
    };
    assert_eq!(pin("contoso").0, "contoso");
    assert_eq!(pin("rehearsal").0, "contoso");
}

#[test]
fn case_20_what_a_new_listing_leaves_out_is_named_and_not_taken_for_gone() {
    let memory = Memory::new();
    memory.listed(Side::Source, vec![present("a", &[]), present("b", &[])]);
    let (mirror, _) = memory.open(Side::Source);
    memory
        .store
        .complete_listing(mirror, NOW)
        .expect("a listing can be completed");
    memory
        .store
        .restart_listing(mirror)
        .expect("a listing can begin anew");
    assert!(!memory.store.is_proven(mirror).expect("the store answers"));
    memory.listed(Side::Source, vec![present("b", &[])]);
    assert_eq!(
        memory.store.unseen(mirror, 10).expect("the store answers"),
        ["a"]
    );
    let live = || {
        memory
            .store
            .live_objects(&memory.job, Side::Source, USER)
            .expect("answers")
    };
    assert_eq!(live(), 2);
    memory
        .store
        .confirm(mirror, "a", ObjectState::SoftDeleted)
        .expect("a fate can be confirmed");
    assert_eq!(
        memory.store.unseen(mirror, 10).expect("the store answers"),
        Vec::<String>::new()
    );
    assert_eq!(live(), 1);
}

#[test]
fn something_deleted_that_was_never_seen_is_no_news() {
    let memory = Memory::new();
    let ghost = PageItem {
        id: "ghost".to_owned(),
        change: PageChange::Removed(ObjectState::Purged),
    };
    memory.listed(Side::Source, vec![ghost]);
    assert_eq!(memory.mirrored(Side::Source, "ghost"), None);
    assert_eq!(memory.undecided(), Vec::<String>::new());
}

#[test]
fn law_01_a_second_link_of_either_side_is_refused_and_changes_nothing() {
    let memory = Memory::new();
    memory.listed(
        Side::Source,
        vec![present("alice", &[]), present("bob", &[])],
    );
    memory
        .invite("alice", "target")
        .expect("the first link is made");
    let error = memory
        .invite("bob", "target")
        .expect_err("the target has a link");
    assert!(matches!(error, StoreError::SecondLink { .. }), "{error}");
    let error = memory
        .invite("alice", "another")
        .expect_err("the source has a link");
    assert!(matches!(error, StoreError::SecondLink { .. }), "{error}");
    assert_eq!(memory.log(), 1, "a refused answer leaves no record");
    assert_eq!(memory.mirrored(Side::Target, "another"), None);
}

#[test]
fn law_04_an_answer_its_log_record_and_its_link_are_remembered_together() {
    let memory = Memory::new();
    memory.listed(Side::Source, vec![present("alice", &[])]);
    memory
        .invite("alice", "target")
        .expect("the answer is remembered");
    let link = memory
        .store
        .link(&memory.job, USER, &SourceId::new("alice"))
        .expect("the store answers")
        .expect("there is a link");
    assert_eq!(link.target, TargetId::new("target"));
    assert_eq!(
        link.written.get("mail"),
        Some(&Value::text("alice@contoso.com"))
    );
    assert_eq!(memory.log(), 1);
    assert_eq!(memory.unplanned(), Vec::<String>::new());
    let unannounced = memory
        .store
        .unannounced(&memory.job, USER)
        .expect("the store answers");
    assert_eq!(unannounced, []);
}

#[test]
fn addresses_are_found_in_any_spelling_and_by_any_attribute_that_holds_them() {
    let memory = Memory::new();
    memory.listed(Side::Source, vec![present("alice", &[])]);
    let proxies = Value::texts(["SMTP:someone@fabrikam.com", "smtp:Alice@Contoso.com"]);
    let holder = PageItem {
        id: "holder".to_owned(),
        change: PageChange::Present {
            attributes: Attributes::from([(AttributeName::new("proxyAddresses"), proxies)]),
            members: Vec::new(),
        },
    };
    memory.listed(Side::Target, vec![holder]);
    memory.decide("alice", &[("mail", "alice@contoso.COM")]);
    assert_eq!(
        memory.joined("alice"),
        Joined::Matched(TargetId::new("holder"))
    );
}

#[test]
fn an_address_that_comes_free_has_its_seeker_planned_again() {
    let memory = Memory::new();
    memory.listed(Side::Source, vec![present("alice", &[])]);
    memory.listed(
        Side::Target,
        vec![present("holder", &[("mail", "alice@contoso.com")])],
    );
    memory.decide("alice", &[("mail", "alice@contoso.com")]);
    memory.settle(&["alice"]);
    memory.listed(
        Side::Target,
        vec![present("holder", &[("mail", "other@fabrikam.com")])],
    );
    assert_eq!(memory.unplanned(), ["alice"]);
    assert_eq!(memory.joined("alice"), Joined::New);
}

#[test]
fn case_01_a_rival_that_changes_its_address_frees_the_other() {
    let memory = Memory::new();
    memory.listed(
        Side::Source,
        vec![present("alice", &[]), present("bob", &[])],
    );
    memory.decide("alice", &[("mail", "team@contoso.com")]);
    memory.decide("bob", &[("mail", "team@contoso.com")]);
    assert_eq!(
        memory.joined("alice"),
        Joined::Contested(vec![SourceId::new("bob")])
    );
    memory.settle(&["alice", "bob"]);
    memory.decide("bob", &[("mail", "bob@contoso.com")]);
    assert_eq!(memory.unplanned(), ["alice", "bob"]);
    assert_eq!(memory.joined("alice"), Joined::New);
}

#[test]
fn case_17_groups_that_contain_each_other_assign_their_members_once() {
    let memory = Memory::new();
    memory.listed(
        Side::Source,
        vec![present("alice", &[]), present("bob", &[])],
    );
    memory.decide("alice", &[]);
    memory.decide("bob", &[]);
    let (mirror, _) = memory
        .store
        .open_mirror(&memory.listing(Side::Source, ObjectKind::Group))
        .expect("a mirror can be opened");
    let groups = [
        group("outer", &["alice", "inner"]),
        group("inner", &["bob", "outer"]),
    ];
    let next = PageNext::Complete("delta".to_owned());
    memory
        .store
        .record_page(mirror, &groups, &next)
        .expect("a page can be remembered");
    let assigned = |nesting| {
        memory
            .store
            .assign(&memory.job, USER, &["outer".to_owned()], nesting, &[])
            .expect("people can be assigned");
        let rows = memory
            .store
            .undecided(&memory.job, USER, None, 10)
            .expect("answers");
        let assigned = rows.into_iter().filter(|row| row.assigned);
        assigned
            .map(|row| row.source.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(assigned(Nesting::Direct), ["alice"]);
    assert_eq!(assigned(Nesting::Transitive), ["alice", "bob"]);
}

#[test]
fn equal_plans_of_two_cycles_have_one_hash_and_an_approval_is_found_by_it() {
    let memory = Memory::new();
    let held_hash = |source| {
        let (plan, _) = memory.planned(memory.run(), source);
        let hasher = PlanHasher::new(&GenerationDigest::new("generation"));
        let (hash, census) = memory
            .store
            .count_plan(plan, hasher)
            .expect("a plan can be counted");
        assert_eq!(
            census,
            Census {
                creates: 1,
                ..Census::default()
            }
        );
        let trip = syncline_planner::Trip {
            code: "TooManyDeletes".into(),
            text: "too many".into(),
        };
        memory
            .store
            .finish_plan(plan, hash.clone(), census, vec![trip], PlanState::Held)
            .expect("a plan can be finished");
        hash
    };
    let first = held_hash("alice");
    assert_eq!(first, held_hash("alice"));
    let held = memory
        .store
        .held_plans(first.short())
        .expect("the store answers");
    assert_eq!(held, [(memory.job.clone(), first.clone())]);
    let expires = "2026-03-02T09:00:00Z";
    memory
        .store
        .approve(&memory.job, &first, "dana", NOW, expires)
        .expect("it can be approved");
    let approval = |hash| {
        memory
            .store
            .approval(&memory.job, hash)
            .expect("the store answers")
    };
    assert_eq!(approval(&first).as_deref(), Some(expires));
    memory
        .store
        .spend_approval(&memory.job, &first)
        .expect("an approval can be spent");
    assert_eq!(approval(&first), None, "an approval is for one time");
    let another = held_hash("bob");
    assert_ne!(first, another);
    assert_eq!(approval(&another), None);
    let held = memory
        .store
        .held_plans(first.short())
        .expect("the store answers");
    assert_eq!(held, [], "another plan of the job supersedes the hold");
}

#[test]
fn a_run_that_never_ended_is_found_interrupted_by_the_next() {
    let memory = Memory::new();
    let first = memory.run();
    memory
        .store
        .progress(first, "apply", 3, 10)
        .expect("progress can be remembered");
    let second = memory.run();
    let runs = memory
        .store
        .runs(&memory.job, 10)
        .expect("the store answers");
    assert_eq!(
        runs.iter().map(|run| run.id).collect::<Vec<_>>(),
        [second, first]
    );
    assert_eq!(
        runs[1].outcome,
        Some(syncline_store::RunOutcome::Interrupted)
    );
    assert_eq!((runs[1].done, runs[1].total), (3, 10));
}
