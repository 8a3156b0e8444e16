//! Subjects: each source object as a job sees it, and what has to be asked about it again.

mod decide;
mod survey;
mod told;

use rusqlite::{OptionalExtension, Transaction, params};
use syncline_directory::{
    Attributes, JobName, MatchKey, ObjectKind, ObjectState, SourceId, Verdict,
};
use syncline_planner::{Finding, Held, Link, ReferenceWish, Standing};

pub use decide::Nesting;
pub use survey::{SubjectStanding, SubjectSummary};
pub use told::Settled;
pub(crate) use told::spelled;

use crate::{Claim, Store, StoreError, claim, from_json, link, mirror, run::RunId, to_json};

/// A source object whose scope and keys have to be asked.
#[derive(Clone, Debug)]
pub struct ScopeRow {
    /// The source object.
    pub source: SourceId,
    /// Whether it is there.
    pub state: ObjectState,
    /// Its attributes.
    pub attributes: Attributes,
    /// Whether the job's groups and people assign it.
    pub assigned: bool,
}

/// What scoping and matching decided about a source object.
#[derive(Clone, Debug)]
pub struct StoredVerdict {
    /// The source object.
    pub source: SourceId,
    /// Whether it is in scope.
    pub verdict: Verdict,
    /// Its match keys; none for an object out of scope.
    pub keys: Vec<MatchKey>,
    /// Whether the verdict is of the moment only and is to be asked for again.
    pub again: bool,
}

/// A source object whose plan may have changed, with all that the plan depends on.
#[derive(Clone, Debug)]
pub struct SubjectRow {
    /// The source object.
    pub source: SourceId,
    /// Whether it is there.
    pub state: ObjectState,
    /// Its attributes.
    pub attributes: Attributes,
    /// What scoping decided.
    pub verdict: Verdict,
    /// Its link and the linked object.
    pub link: Option<(Link, Held)>,
}

/// What planning an object came to.
#[derive(Clone, Debug)]
pub struct Considered {
    /// The source object.
    pub source: SourceId,
    /// Where it stands.
    pub standing: Standing,
    /// What should be known of it.
    pub findings: Vec<Finding>,
    /// Its references.
    pub references: Vec<ReferenceWish>,
    /// Its claims to values that nobody else may have.
    pub claims: Vec<Claim>,
}

impl Store {
    /// Returns up to `count` source objects whose scope and keys have to be asked, by id, after
    /// `after`.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn undecided(
        &self,
        job: &JobName,
        kind: ObjectKind,
        after: Option<&SourceId>,
        count: usize,
    ) -> Result<Vec<ScopeRow>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT subject.source, object.state, object.attributes,
                    EXISTS (SELECT 1 FROM assignment WHERE assignment.job = subject.job
                            AND assignment.kind = subject.kind
                            AND assignment.source = subject.source)
             FROM subject INDEXED BY subject_undecided
             JOIN mirror ON mirror.job = subject.job AND mirror.kind = subject.kind
                  AND mirror.side = 'source'
             JOIN mirror_object AS object ON object.mirror = mirror.id AND object.id = subject.source
             WHERE subject.job = ?1 AND subject.kind = ?2 AND subject.undecided = 1
             AND subject.source > ?3 ORDER BY subject.source LIMIT ?4",
        )?;
        let rows = statement.query_map(
            params![
                job.as_str(),
                kind.as_str(),
                after.map_or("", SourceId::as_str),
                count
            ],
            |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, String>(2)?,
                    row.get(3)?,
                ))
            },
        )?;
        rows.map(|row| {
            let (source, state, attributes, assigned) = row?;
            Ok(ScopeRow {
                source: SourceId::new(source),
                state: mirror::parse_state(&state),
                attributes: from_json("mirrored object", &attributes)?,
                assigned,
            })
        })
        .collect()
    }

    /// Returns any `count` live source objects with their linked target objects, for trying rules.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn live_subjects(
        &self,
        job: &JobName,
        kind: ObjectKind,
        after: Option<&SourceId>,
        count: usize,
    ) -> Result<Vec<SubjectRow>, StoreError> {
        self.subjects(job, kind, (">", after), count, "", "object.state = 'live'")
    }

    /// Returns the ids that part a job's source objects into about equal shares, in order; fewer where
    /// there are few objects.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn subject_bounds(
        &self,
        job: &JobName,
        kind: ObjectKind,
        shares: usize,
    ) -> Result<Vec<SourceId>, StoreError> {
        let connection = self.connection();
        let count: usize = connection.query_row(
            "SELECT count(*) FROM subject WHERE job = ?1 AND kind = ?2",
            params![job.as_str(), kind.as_str()],
            |row| row.get(0),
        )?;
        let mut bounds = Vec::new();
        for share in 1..shares {
            let bound: Option<String> = connection
                .prepare_cached(
                    "SELECT source FROM subject WHERE job = ?1 AND kind = ?2
                     ORDER BY source LIMIT 1 OFFSET ?3",
                )?
                .query_row(
                    params![job.as_str(), kind.as_str(), count * share / shares],
                    |row| row.get(0),
                )
                .optional()?;
            bounds.extend(bound.map(SourceId::new));
        }
        bounds.dedup();
        Ok(bounds)
    }

    /// Returns up to `count` source objects whose plan may have changed and that a run has not
    /// considered yet, by id, after `after`.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn unplanned(
        &self,
        job: &JobName,
        kind: ObjectKind,
        run: RunId,
        after: Option<&SourceId>,
        count: usize,
    ) -> Result<Vec<SubjectRow>, StoreError> {
        let marked = "INDEXED BY subject_unplanned";
        let filter = format!("subject.unplanned = 1 AND subject.run IS NOT {}", run.0);
        self.subjects(job, kind, (">", after), count, marked, &filter)
    }

    /// Returns one source object with all that its plan depends on.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn subject(
        &self,
        job: &JobName,
        kind: ObjectKind,
        source: &SourceId,
    ) -> Result<Option<SubjectRow>, StoreError> {
        let rows = self.subjects(job, kind, (">=", Some(source)), 1, "", "1")?;
        Ok(rows.into_iter().find(|row| row.source == *source))
    }

    /// Returns the source objects whose id, principal name or address this is, as the mirror has them.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn find_source(
        &self,
        job: &JobName,
        kind: ObjectKind,
        name: &str,
    ) -> Result<Vec<SourceId>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT object.id FROM mirror_object AS object
             JOIN mirror ON mirror.id = object.mirror
             WHERE mirror.job = ?1 AND mirror.side = 'source' AND mirror.kind = ?2
             AND (object.id = ?3
                  OR json_extract(object.attributes, '$.userPrincipalName.text') = ?3 COLLATE NOCASE
                  OR json_extract(object.attributes, '$.mail.text') = ?3 COLLATE NOCASE)
             ORDER BY object.id",
        )?;
        let found = statement.query_map(params![job.as_str(), kind.as_str(), name], |row| {
            Ok(SourceId::new(row.get::<_, String>(0)?))
        })?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Whether the job's groups and people assign a source object.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn is_assigned(
        &self,
        job: &JobName,
        kind: ObjectKind,
        source: &SourceId,
    ) -> Result<bool, StoreError> {
        Ok(self
            .connection()
            .prepare_cached(
                "SELECT 1 FROM assignment WHERE job = ?1 AND kind = ?2 AND source = ?3",
            )?
            .exists(params![job.as_str(), kind.as_str(), source.as_str()])?)
    }

    /// Marks the objects that refer to these, which a plan is about to make or bring back: they can be
    /// referred to now (edge case 14).
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn mark_referrers(
        &self,
        job: &JobName,
        kind: ObjectKind,
        referents: &[&SourceId],
    ) -> Result<(), StoreError> {
        self.transact(|transaction| {
            for referent in referents {
                mark_referrers(transaction, job, kind, referent.as_str())?;
            }
            Ok(())
        })
    }

    fn subjects(
        &self,
        job: &JobName,
        kind: ObjectKind,
        (compare, bound): (&str, Option<&SourceId>),
        count: usize,
        index: &str,
        filter: &str,
    ) -> Result<Vec<SubjectRow>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(&format!(
            "SELECT subject.source, object.state, object.attributes, subject.verdict,
                    held.state, held.attributes
             FROM subject {index}
             JOIN mirror ON mirror.job = subject.job AND mirror.kind = subject.kind
                  AND mirror.side = 'source'
             JOIN mirror_object AS object ON object.mirror = mirror.id AND object.id = subject.source
             LEFT JOIN link ON link.job = subject.job AND link.kind = subject.kind
                  AND link.source = subject.source
             LEFT JOIN mirror AS target ON target.job = subject.job AND target.kind = subject.kind
                  AND target.side = 'target'
             LEFT JOIN mirror_object AS held ON held.mirror = target.id AND held.id = link.target
             WHERE subject.job = ?1 AND subject.kind = ?2 AND subject.source {compare} ?3 AND {filter}
             ORDER BY subject.source LIMIT ?4"
        ))?;
        let rows = statement.query_map(
            params![
                job.as_str(),
                kind.as_str(),
                bound.map_or("", SourceId::as_str),
                count
            ],
            |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, String>(2)?,
                    row.get::<_, Option<String>>(3)?,
                    row.get::<_, Option<String>>(4)?,
                    row.get::<_, Option<String>>(5)?,
                ))
            },
        )?;
        rows.map(|row| {
            let (source, state, attributes, verdict, held_state, held) = row?;
            let source = SourceId::new(source);
            let link = link::find(&connection, job, kind, &source)?;
            let held = match (held_state, held) {
                (Some(state), Some(attributes)) => Held {
                    state: mirror::parse_state(&state),
                    attributes: from_json("mirrored object", &attributes)?,
                },
                // A linked object that the mirror does not know is gone without a trace.
                _ => Held {
                    state: ObjectState::Purged,
                    attributes: Attributes::new(),
                },
            };
            Ok(SubjectRow {
                source,
                state: mirror::parse_state(&state),
                attributes: from_json("mirrored object", &attributes)?,
                verdict: match verdict {
                    Some(verdict) => from_json("verdict", &verdict)?,
                    None => Verdict::Hold(syncline_directory::Reason::new(
                        "NotDecided",
                        "scoping has not been asked about this object",
                    )),
                },
                link: link.map(|link| (link, held)),
            })
        })
        .collect()
    }

    /// Remembers where objects stand after planning, their findings and references. They stay marked
    /// until [`Store::tell`] or an answer of the target takes the mark off, so that planning which
    /// is cut short is done again.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn consider(
        &self,
        job: &JobName,
        kind: ObjectKind,
        run: RunId,
        considered: &[Considered],
    ) -> Result<(), StoreError> {
        self.transact(|transaction| {
            for object in considered {
                let source = object.source.as_str();
                transaction
                    .prepare_cached(
                        "UPDATE subject SET state = ?4, reason_code = ?5, reason_text = ?6,
                         findings = ?7, run = ?8
                         WHERE job = ?1 AND kind = ?2 AND source = ?3",
                    )?
                    .execute(params![
                        job.as_str(),
                        kind.as_str(),
                        source,
                        object.standing.state.as_str(),
                        object.standing.reason.code,
                        object.standing.reason.text,
                        to_json(&object.findings),
                        run.0,
                    ])?;
                transaction
                    .prepare_cached(
                        "DELETE FROM reference_wish WHERE job = ?1 AND kind = ?2 AND source = ?3",
                    )?
                    .execute(params![job.as_str(), kind.as_str(), source])?;
                claim::replace(transaction, job, kind, &object.source, &object.claims)?;
                for wish in &object.references {
                    transaction
                        .prepare_cached(
                            "INSERT INTO reference_wish (job, kind, source, attribute, referent)
                             VALUES (?1, ?2, ?3, ?4, ?5)",
                        )?
                        .execute(params![
                            job.as_str(),
                            kind.as_str(),
                            source,
                            wish.attribute.as_str(),
                            wish.referent.as_ref().map(SourceId::as_str),
                        ])?;
                }
            }
            Ok(())
        })
    }

    /// Adds to what should be known of objects.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn add_findings(
        &self,
        job: &JobName,
        kind: ObjectKind,
        findings: &[(SourceId, Finding)],
    ) -> Result<(), StoreError> {
        self.transact(|transaction| {
            for (source, finding) in findings {
                transaction
                    .prepare_cached(
                        "UPDATE subject SET findings = json_insert(findings, '$[#]', json(?4))
                         WHERE job = ?1 AND kind = ?2 AND source = ?3",
                    )?
                    .execute(params![
                        job.as_str(),
                        kind.as_str(),
                        source.as_str(),
                        to_json(finding)
                    ])?;
            }
            Ok(())
        })
    }
}

/// Marks the objects that refer to a source object.
pub(crate) fn mark_referrers(
    transaction: &Transaction<'_>,
    job: &JobName,
    kind: ObjectKind,
    referent: &str,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "UPDATE subject SET unplanned = 1 WHERE (job, kind, source) IN
             (SELECT job, kind, source FROM reference_wish
              WHERE job = ?1 AND kind = ?2 AND referent = ?3)",
        )?
        .execute(params![job.as_str(), kind.as_str(), referent])?;
    Ok(())
}
