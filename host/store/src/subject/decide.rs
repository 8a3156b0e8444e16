//! Verdicts and match keys: remembering them, asking for all of them again, and what the keys find.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use syncline_directory::{JobName, MatchKey, ObjectKind, SourceId, TargetId, address};
use syncline_planner::{Candidate, Tier};

use super::StoredVerdict;
use crate::{Store, StoreError, mirror, to_json};

impl Store {
    /// Remembers verdicts and keys. Objects that shared a key, or share one now, are planned anew.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn record_verdicts(
        &self,
        job: &JobName,
        kind: ObjectKind,
        verdicts: &[StoredVerdict],
    ) -> Result<(), StoreError> {
        self.transact(|transaction| {
            for decided in verdicts {
                transaction
                    .prepare_cached(
                        "UPDATE subject SET verdict = ?4, undecided = ?5, unplanned = 1
                         WHERE job = ?1 AND kind = ?2 AND source = ?3",
                    )?
                    .execute(params![
                        job.as_str(),
                        kind.as_str(),
                        decided.source.as_str(),
                        to_json(&decided.verdict),
                        decided.again
                    ])?;
                replace_keys(transaction, job, kind, &decided.source, &decided.keys)?;
            }
            Ok(())
        })
    }

    /// Marks every object of a job to be decided and planned again, as changed rules demand.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn mark_all_undecided(&self, job: &JobName) -> Result<(), StoreError> {
        self.transact(|transaction| {
            transaction.execute(
                "UPDATE subject SET undecided = 1, unplanned = 1 WHERE job = ?1",
                [job.as_str()],
            )?;
            Ok(())
        })
    }

    /// Remembers what else a job's plans depend on; where it differs from before, every object is
    /// decided and planned again.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn settle_settings(&self, job: &JobName, digest: &str) -> Result<(), StoreError> {
        let known: Option<String> = self
            .connection()
            .query_row(
                "SELECT digest FROM settings WHERE job = ?1",
                [job.as_str()],
                |row| row.get(0),
            )
            .optional()?;
        if known.as_deref() == Some(digest) {
            return Ok(());
        }
        self.transact(|transaction| {
            transaction.execute(
                "INSERT INTO settings (job, digest) VALUES (?1, ?2)
                 ON CONFLICT DO UPDATE SET digest = excluded.digest",
                params![job.as_str(), digest],
            )?;
            transaction.execute(
                "UPDATE subject SET undecided = 1, unplanned = 1,
                 touched = (SELECT number FROM weighing) WHERE job = ?1",
                [job.as_str()],
            )?;
            Ok(())
        })
    }

    /// Replaces the set of source objects that the job's groups and people assign; those that came
    /// or went are decided again.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn assign(
        &self,
        job: &JobName,
        kind: ObjectKind,
        groups: &[String],
        transitive: Nesting,
        people: &[String],
    ) -> Result<u64, StoreError> {
        self.transact(|transaction| {
            transaction.execute_batch(
                "CREATE TEMP TABLE IF NOT EXISTS assigned_now (source TEXT PRIMARY KEY) WITHOUT ROWID;
                 DELETE FROM assigned_now;",
            )?;
            let members = match transitive {
                Nesting::Direct => {
                    "INSERT OR IGNORE INTO assigned_now
                     SELECT member FROM mirror_member JOIN mirror ON mirror.id = mirror_member.mirror
                     WHERE mirror.job = ?1 AND mirror.side = 'source' AND mirror.kind = 'group'
                     AND container = ?2"
                }
                // UNION, not UNION ALL: groups that contain each other end (edge case 17).
                Nesting::Transitive => {
                    "INSERT OR IGNORE INTO assigned_now
                     WITH RECURSIVE inside (id) AS (
                         SELECT ?2
                         UNION
                         SELECT member FROM mirror_member
                         JOIN mirror ON mirror.id = mirror_member.mirror
                              AND mirror.job = ?1 AND mirror.side = 'source'
                              AND mirror.kind = 'group'
                         JOIN mirror_object AS container ON container.mirror = mirror.id
                              AND container.id = mirror_member.container
                              AND container.state = 'live'
                         JOIN inside ON mirror_member.container = inside.id)
                     SELECT id FROM inside"
                }
            };
            for group in groups {
                transaction.prepare_cached(members)?.execute(params![job.as_str(), group])?;
            }
            for person in people {
                transaction
                    .prepare_cached("INSERT OR IGNORE INTO assigned_now VALUES (?1)")?
                    .execute([person])?;
            }
            transaction.execute(
                "UPDATE subject SET undecided = 1, unplanned = 1,
                 touched = (SELECT number FROM weighing)
                 WHERE job = ?1 AND kind = ?2 AND
                 (source IN (SELECT source FROM assigned_now)) !=
                 (source IN (SELECT source FROM assignment WHERE job = ?1 AND kind = ?2))",
                params![job.as_str(), kind.as_str()],
            )?;
            transaction.execute(
                "DELETE FROM assignment WHERE job = ?1 AND kind = ?2",
                params![job.as_str(), kind.as_str()],
            )?;
            let assigned = transaction.execute(
                "INSERT INTO assignment SELECT ?1, ?2, source FROM assigned_now",
                params![job.as_str(), kind.as_str()],
            )?;
            Ok(assigned as u64)
        })
    }

    /// Returns how many source objects the job's groups and people assign.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn assigned(&self, job: &JobName, kind: ObjectKind) -> Result<u64, StoreError> {
        Ok(self.connection().query_row(
            "SELECT count(*) FROM assignment WHERE job = ?1 AND kind = ?2",
            params![job.as_str(), kind.as_str()],
            |row| row.get(0),
        )?)
    }

    /// Returns what the keys of a source object find, tier by tier.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn tiers(
        &self,
        job: &JobName,
        kind: ObjectKind,
        source: &SourceId,
    ) -> Result<Vec<Tier>, StoreError> {
        let connection = self.connection();
        let keys: Vec<(u8, String, String)> = connection
            .prepare_cached(
                "SELECT tier, attribute, value FROM subject_key
                 WHERE job = ?1 AND kind = ?2 AND source = ?3 ORDER BY tier, attribute, value",
            )?
            .query_map(
                params![job.as_str(), kind.as_str(), source.as_str()],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )?
            .collect::<Result<_, _>>()?;
        let mut tiers: BTreeMap<u8, Tier> = BTreeMap::new();
        for (tier, attribute, value) in keys {
            let tier = tiers.entry(tier).or_default();
            tier.rivals
                .extend(rivals(&connection, job, kind, source, &attribute, &value)?);
            tier.candidates
                .extend(candidates(&connection, job, &attribute, &value)?);
        }
        Ok(tiers.into_values().collect())
    }

    /// Returns the target objects that hold an address, whatever keys the rules match by.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn holders(&self, job: &JobName, address: &str) -> Result<Vec<Candidate>, StoreError> {
        self.holders_of(job, "mail", address)
    }

    /// Returns the target objects that hold a value of an indexed attribute.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn holders_of(
        &self,
        job: &JobName,
        attribute: &str,
        value: &str,
    ) -> Result<Vec<Candidate>, StoreError> {
        candidates(
            &self.connection(),
            job,
            mirror::indexed_as(attribute),
            &address::comparable(value),
        )
    }

    /// Returns which object of the source a name in the project file was found to stand for.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn object_named(
        &self,
        job: &JobName,
        kind: ObjectKind,
        name: &str,
    ) -> Result<Option<String>, StoreError> {
        Ok(self
            .connection()
            .query_row(
                "SELECT id FROM named_object WHERE job = ?1 AND kind = ?2 AND name = ?3",
                params![job.as_str(), kind.as_str(), name],
                |row| row.get(0),
            )
            .optional()?)
    }

    /// Forgets what a name in the project file stood for, so that it is looked up again.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn forget_name(
        &self,
        job: &JobName,
        kind: ObjectKind,
        name: &str,
    ) -> Result<(), StoreError> {
        self.transact(|transaction| {
            transaction.execute(
                "DELETE FROM named_object WHERE job = ?1 AND kind = ?2 AND name = ?3",
                params![job.as_str(), kind.as_str(), name],
            )?;
            Ok(())
        })
    }

    /// Remembers which object of the source a name in the project file stands for.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn name_object(
        &self,
        job: &JobName,
        kind: ObjectKind,
        name: &str,
        id: &str,
    ) -> Result<(), StoreError> {
        self.transact(|transaction| {
            transaction.execute(
                "INSERT INTO named_object (job, kind, name, id) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET id = excluded.id",
                params![job.as_str(), kind.as_str(), name, id],
            )?;
            Ok(())
        })
    }
}

/// Whether members of member groups count as members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// Only direct members.
    Direct,
    /// Members at any depth.
    Transitive,
}

fn rivals(
    connection: &Connection,
    job: &JobName,
    kind: ObjectKind,
    source: &SourceId,
    attribute: &str,
    value: &str,
) -> Result<Vec<SourceId>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT source FROM subject_key WHERE job = ?1 AND kind = ?2 AND attribute = ?3
             AND value = ?4 AND source != ?5 ORDER BY source",
        )?
        .query_map(
            params![
                job.as_str(),
                kind.as_str(),
                attribute,
                value,
                source.as_str()
            ],
            |row| Ok(SourceId::new(row.get::<_, String>(0)?)),
        )?
        .collect::<Result<_, _>>()?)
}

fn candidates(
    connection: &Connection,
    job: &JobName,
    attribute: &str,
    value: &str,
) -> Result<Vec<Candidate>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT object.id, mirror.kind, object.state, link.source
             FROM mirror
             JOIN mirror_key AS entry ON entry.mirror = mirror.id AND entry.attribute = ?2
                  AND entry.value = ?3
             JOIN mirror_object AS object ON object.mirror = mirror.id AND object.id = entry.object
             LEFT JOIN link ON link.job = mirror.job AND link.kind = mirror.kind
                  AND link.target = object.id
             WHERE mirror.job = ?1 AND mirror.side = 'target' AND object.state != 'purged'
             ORDER BY object.id",
        )?
        .query_map(params![job.as_str(), attribute, value], |row| {
            Ok(Candidate {
                id: TargetId::new(row.get::<_, String>(0)?),
                kind: mirror::parse_kind(&row.get::<_, String>(1)?),
                state: mirror::parse_state(&row.get::<_, String>(2)?),
                linked_to: row.get::<_, Option<String>>(3)?.map(SourceId::new),
            })
        })?
        .collect::<Result<_, _>>()?)
}

fn replace_keys(
    transaction: &Transaction<'_>,
    job: &JobName,
    kind: ObjectKind,
    source: &SourceId,
    keys: &[MatchKey],
) -> Result<(), StoreError> {
    let owner = params![job.as_str(), kind.as_str(), source.as_str()];
    let now: BTreeMap<(String, String), u8> = keys
        .iter()
        .rev()
        .map(|key| {
            let attribute = mirror::indexed_as(key.attribute.as_str()).to_owned();
            ((attribute, address::comparable(&key.value)), key.tier)
        })
        .collect();
    let before: BTreeMap<(String, String), u8> = transaction
        .prepare_cached(
            "SELECT attribute, value, tier FROM subject_key
             WHERE job = ?1 AND kind = ?2 AND source = ?3",
        )?
        .query_map(owner, |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    if now == before {
        return Ok(());
    }
    transaction
        .prepare_cached("DELETE FROM subject_key WHERE job = ?1 AND kind = ?2 AND source = ?3")?
        .execute(owner)?;
    for ((attribute, value), tier) in &now {
        transaction
            .prepare_cached(
                "INSERT INTO subject_key (job, kind, attribute, value, source, tier)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                job.as_str(),
                kind.as_str(),
                attribute,
                value,
                source.as_str(),
                tier
            ])?;
    }
    let changed: BTreeSet<&(String, String)> = before
        .keys()
        .filter(|key| !now.contains_key(*key))
        .chain(now.keys().filter(|key| !before.contains_key(*key)))
        .collect();
    for (attribute, value) in changed {
        transaction
            .prepare_cached(
                "UPDATE subject SET unplanned = 1 WHERE (job, kind, source) IN
                 (SELECT job, kind, source FROM subject_key
                  WHERE job = ?1 AND kind = ?2 AND attribute = ?3 AND value = ?4)",
            )?
            .execute(params![job.as_str(), kind.as_str(), attribute, value])?;
    }
    Ok(())
}
