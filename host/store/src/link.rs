//! Links: which target object belongs to which source object, and what we wrote to it last. And
//! intents: what we asked the target to make without knowing yet whether it did (law L7).

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use syncline_directory::{Attributes, JobName, ObjectKind, ObjectState, SourceId, TargetId};
use syncline_planner::{Link, Ownership};

use crate::{
    LogRecord, RunId, Store, StoreError, from_json, log,
    mirror::{Extent, Landing},
    subject::mark_referrers,
    to_json,
};

/// A link and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// The source object.
    pub source: SourceId,
    /// The link.
    pub link: Link,
}

/// How the target is asked for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Making {
    /// By an invitation, which makes an external user.
    Invitation,
    /// By making an account, which is an internal user.
    Account,
}

impl Making {
    fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Account => "account",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "account" => Self::Account,
            _ => Self::Invitation,
        }
    }
}

/// Something that we asked the target to make, without knowing yet whether it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The kind of object.
    pub kind: ObjectKind,
    /// The source object.
    pub source: SourceId,
    /// How it was asked for.
    pub making: Making,
    /// The address invited, or the principal name of the account.
    pub address: String,
    /// When it was asked, RFC 3339.
    pub started: String,
}

impl Store {
    /// Returns the link of a source object.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn link(
        &self,
        job: &JobName,
        kind: ObjectKind,
        source: &SourceId,
    ) -> Result<Option<Link>, StoreError> {
        find(&self.connection(), job, kind, source)
    }

    /// Returns the source object that a target object is linked to.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn linked_to(
        &self,
        job: &JobName,
        kind: ObjectKind,
        target: &TargetId,
    ) -> Result<Option<SourceId>, StoreError> {
        Ok(self
            .connection()
            .prepare_cached("SELECT source FROM link WHERE job = ?1 AND kind = ?2 AND target = ?3")?
            .query_row(
                params![job.as_str(), kind.as_str(), target.as_str()],
                |row| Ok(SourceId::new(row.get::<_, String>(0)?)),
            )
            .optional()?)
    }

    /// Returns how many links of a job have a live target object.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn live_links(&self, job: &JobName) -> Result<u64, StoreError> {
        Ok(self.connection().query_row(
            "SELECT count(*) FROM link
             JOIN mirror ON mirror.job = link.job AND mirror.kind = link.kind
                  AND mirror.side = 'target'
             JOIN mirror_object AS object ON object.mirror = mirror.id AND object.id = link.target
             WHERE link.job = ?1 AND object.state = 'live'",
            [job.as_str()],
            |row| row.get(0),
        )?)
    }

    /// Remembers what the target is about to be asked to make, before it is asked.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn intend(&self, job: &JobName, intents: &[Intent]) -> Result<(), StoreError> {
        self.transact(|transaction| {
            for intent in intents {
                transaction
                    .prepare_cached(
                        "INSERT INTO intent (job, kind, source, address, started, making)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                         ON CONFLICT DO UPDATE SET address = excluded.address,
                         making = excluded.making",
                    )?
                    .execute(params![
                        job.as_str(),
                        intent.kind.as_str(),
                        intent.source.as_str(),
                        intent.address,
                        intent.started,
                        intent.making.as_str()
                    ])?;
            }
            Ok(())
        })
    }

    /// Returns what was asked and never answered.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn intents(&self, job: &JobName) -> Result<Vec<Intent>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT kind, source, address, started, making FROM intent WHERE job = ?1
             ORDER BY kind, source",
        )?;
        let rows = statement
            .query_map([job.as_str()], |row| {
                Ok(Intent {
                    kind: crate::mirror::parse_kind(&row.get::<_, String>(0)?),
                    source: SourceId::new(row.get::<_, String>(1)?),
                    address: row.get(2)?,
                    started: row.get(3)?,
                    making: Making::parse(&row.get::<_, String>(4)?),
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// Links a source object to the object that an intent turned out to have made.
    ///
    /// # Errors
    ///
    /// When the store fails, or one of the two has another link.
    pub fn link_made(
        &self,
        job: &JobName,
        kind: ObjectKind,
        source: &SourceId,
        target: &TargetId,
        attributes: &Attributes,
        now: &str,
    ) -> Result<(), StoreError> {
        self.transact(|transaction| {
            make(transaction, job, kind, source, target, attributes, now)?;
            Landing::target(transaction, job, kind)?.settle(
                transaction,
                target.as_str(),
                ObjectState::Live,
                attributes,
                Extent::Part,
            )?;
            transaction
                .prepare_cached(
                    "UPDATE subject SET unplanned = 1
                     WHERE job = ?1 AND kind = ?2 AND source = ?3",
                )?
                .execute(params![job.as_str(), kind.as_str(), source.as_str()])?;
            Ok(())
        })
    }

    /// Returns the links whose making the log does not know, as after an interruption.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn unannounced(&self, job: &JobName, kind: ObjectKind) -> Result<Vec<LinkRow>, StoreError> {
        let connection = self.connection();
        let sources: Vec<SourceId> = connection
            .prepare_cached(
                "SELECT source FROM link WHERE job = ?1 AND kind = ?2 AND announced = 0
                 ORDER BY source",
            )?
            .query_map(params![job.as_str(), kind.as_str()], |row| {
                Ok(SourceId::new(row.get::<_, String>(0)?))
            })?
            .collect::<Result<_, _>>()?;
        let mut rows = Vec::new();
        for source in sources {
            if let Some(link) = find(&connection, job, kind, &source)? {
                rows.push(LinkRow { source, link });
            }
        }
        Ok(rows)
    }

    /// Tells the log of a link's making.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn announce(
        &self,
        job: &JobName,
        kind: ObjectKind,
        source: &SourceId,
        run: RunId,
        record: &LogRecord,
    ) -> Result<(), StoreError> {
        self.transact(|transaction| {
            log::insert(transaction, job, run, record)?;
            announce(transaction, job, kind, source)
        })
    }

    /// Forgets an intent whose object is known not to have been made.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn forget_intent(
        &self,
        job: &JobName,
        kind: ObjectKind,
        source: &SourceId,
    ) -> Result<(), StoreError> {
        self.transact(|transaction| forget_intent(transaction, job, kind, source))
    }
}

pub(crate) fn forget_intent(
    transaction: &Transaction<'_>,
    job: &JobName,
    kind: ObjectKind,
    source: &SourceId,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached("DELETE FROM intent WHERE job = ?1 AND kind = ?2 AND source = ?3")?
        .execute(params![job.as_str(), kind.as_str(), source.as_str()])?;
    Ok(())
}

/// Remembers that the log knows of a link's making.
pub(crate) fn announce(
    transaction: &Transaction<'_>,
    job: &JobName,
    kind: ObjectKind,
    source: &SourceId,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "UPDATE link SET announced = 1 WHERE job = ?1 AND kind = ?2 AND source = ?3",
        )?
        .execute(params![job.as_str(), kind.as_str(), source.as_str()])?;
    Ok(())
}

/// Remembers that an object has its first attributes; from now on the rules see what it holds.
pub(crate) fn finish(
    transaction: &Transaction<'_>,
    job: &JobName,
    kind: ObjectKind,
    source: &SourceId,
) -> Result<(), StoreError> {
    let owner = params![job.as_str(), kind.as_str(), source.as_str()];
    let finished = transaction
        .prepare_cached(
            "UPDATE link SET unfinished = 0
             WHERE job = ?1 AND kind = ?2 AND source = ?3 AND unfinished = 1",
        )?
        .execute(owner)?;
    if finished > 0 {
        transaction
            .prepare_cached(
                "UPDATE subject SET touched = (SELECT number FROM weighing)
                 WHERE job = ?1 AND kind = ?2 AND source = ?3",
            )?
            .execute(owner)?;
    }
    Ok(())
}

pub(crate) fn find(
    connection: &Connection,
    job: &JobName,
    kind: ObjectKind,
    source: &SourceId,
) -> Result<Option<Link>, StoreError> {
    connection
        .prepare_cached(
            "SELECT target, deleted_by_us, written, unfinished FROM link
             WHERE job = ?1 AND kind = ?2 AND source = ?3",
        )?
        .query_row(
            params![job.as_str(), kind.as_str(), source.as_str()],
            |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get(1)?,
                    row.get::<_, String>(2)?,
                    row.get(3)?,
                ))
            },
        )
        .optional()?
        .map(|(target, deleted_by_us, written, unfinished)| {
            Ok(Link {
                target: TargetId::new(target),
                // Adoption is not offered yet, so every link is of our own making.
                ownership: Ownership::Made,
                deleted_by_us,
                unfinished,
                written: from_json("last written values", &written)?,
            })
        })
        .transpose()
}

/// Links a source object to the target object that was made for it, in place of one that is purged.
pub(crate) fn make(
    transaction: &Transaction<'_>,
    job: &JobName,
    kind: ObjectKind,
    source: &SourceId,
    target: &TargetId,
    written: &Attributes,
    now: &str,
) -> Result<(), StoreError> {
    let second = || StoreError::SecondLink {
        source_object: source.to_string(),
        target: target.to_string(),
    };
    // A link is replaced only where we deleted its object, and it is gone for good.
    let rows = transaction
        .prepare_cached(
            "INSERT INTO link (job, kind, source, target, ownership, written, made)
             VALUES (?1, ?2, ?3, ?4, 'made', ?5, ?6)
             ON CONFLICT (job, kind, source) DO UPDATE SET target = excluded.target,
             deleted_by_us = 0, announced = 0, unfinished = 1, written = excluded.written,
             made = excluded.made
             WHERE link.deleted_by_us = 1 OR link.target = excluded.target",
        )?
        .execute(params![
            job.as_str(),
            kind.as_str(),
            source.as_str(),
            target.as_str(),
            to_json(written),
            now
        ])
        .map_err(|error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::ConstraintViolation) => second(),
            _ => StoreError::Database(error),
        })?;
    if rows == 0 {
        return Err(second());
    }
    forget_intent(transaction, job, kind, source)?;
    // Whoever refers to this object can do so now (edge case 14).
    mark_referrers(transaction, job, kind, source.as_str())
}
