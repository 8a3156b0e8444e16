//! What the log knows of where objects stand, so that it is told of news only.

use rusqlite::params;
use syncline_directory::{JobName, ObjectKind, Reason, SourceId, TargetId};
use syncline_planner::{Finding, Standing, plan::State};

use crate::{LogRecord, PlanId, RunId, Store, StoreError, from_json, link, log};

/// Returns standing and findings in one text, for comparing with what the log knows. That an object is
/// as wanted is one thing to know, whether it was so or was written.
pub(crate) fn spelled(standing: &Standing, findings: &[Finding]) -> String {
    let mut spelled = standing.state.as_str().to_owned();
    if standing.state != State::InStep {
        spelled.push('/');
        spelled.push_str(&standing.reason.code);
    }
    for finding in findings {
        let attribute = finding.attribute.as_ref().map_or("", |name| name.as_str());
        let Reason { code, text } = &finding.reason;
        for part in ["\n", attribute, "/", code, ": ", text] {
            spelled.push_str(part);
        }
    }
    spelled
}

/// An object that a run leaves as it is, and what the log knows of it.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The source object.
    pub source: SourceId,
    /// Its target object.
    pub target: Option<TargetId>,
    /// Where it stands.
    pub standing: Standing,
    /// What should be known of it.
    pub findings: Vec<Finding>,
    /// What the log knows.
    logged: Option<String>,
}

impl Settled {
    /// Whether the log does not know where the object stands.
    pub fn is_news(&self) -> bool {
        self.logged.as_deref() != Some(&spelled(&self.standing, &self.findings))
    }
}

impl Store {
    /// Returns up to `count` objects that a run considered and for which its plan has no operation,
    /// by id, after `after`.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn settled(
        &self,
        job: &JobName,
        kind: ObjectKind,
        run: RunId,
        plan: PlanId,
        after: Option<&SourceId>,
        count: usize,
    ) -> Result<Vec<Settled>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT source, state, reason_code, reason_text, findings, logged
             FROM subject INDEXED BY subject_unplanned
             WHERE job = ?1 AND kind = ?2 AND unplanned = 1 AND run = ?3 AND source > ?4
             AND NOT EXISTS (SELECT 1 FROM operation WHERE plan = ?6 AND operation.kind = ?2
                             AND operation.source = subject.source)
             ORDER BY source LIMIT ?5",
        )?;
        let rows = statement.query_map(
            params![
                job.as_str(),
                kind.as_str(),
                run.0,
                after.map_or("", SourceId::as_str),
                count,
                plan.0
            ],
            |row| {
                Ok((
                    SourceId::new(row.get::<_, String>(0)?),
                    row.get::<_, String>(1)?,
                    Reason {
                        code: row.get(2)?,
                        text: row.get(3)?,
                    },
                    row.get::<_, String>(4)?,
                    row.get(5)?,
                ))
            },
        )?;
        rows.map(|row| {
            let (source, state, reason, findings, logged) = row?;
            let state: State = from_json("state", &format!("\"{state}\""))?;
            Ok(Settled {
                target: link::find(&connection, job, kind, &source)?.map(|link| link.target),
                source,
                standing: Standing { state, reason },
                findings: from_json("findings", &findings)?,
                logged,
            })
        })
        .collect()
    }

    /// Adds records to the log, remembers what it knows of these objects now, and takes the mark
    /// off them: nothing is left to do for them until something changes.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn tell(
        &self,
        job: &JobName,
        kind: ObjectKind,
        run: RunId,
        known: &[Settled],
        records: &[LogRecord],
    ) -> Result<(), StoreError> {
        self.transact(|transaction| {
            for record in records {
                log::insert(transaction, job, run, record)?;
            }
            for object in known {
                if object.standing.state == State::InStep {
                    link::finish(transaction, job, kind, &object.source)?;
                }
                transaction
                    .prepare_cached(
                        "UPDATE subject SET logged = ?4, unplanned = 0
                         WHERE job = ?1 AND kind = ?2 AND source = ?3",
                    )?
                    .execute(params![
                        job.as_str(),
                        kind.as_str(),
                        object.source.as_str(),
                        spelled(&object.standing, &object.findings)
                    ])?;
            }
            Ok(())
        })
    }
}
