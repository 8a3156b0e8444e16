//! Claims: who wants which value that is to be unique in the target, so that no plan gives one value
//! to two objects, and what the target has refused to an object is not asked for again.

use rusqlite::{Transaction, params};
use syncline_directory::{AttributeName, JobName, ObjectKind, SourceId, TargetId};

use crate::{Store, StoreError};

/// A claim of a source object to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The attribute.
    pub attribute: AttributeName,
    /// The value in comparable form.
    pub value: String,
    /// What there is to it.
    pub state: ClaimState,
}

/// What there is to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimState {
    /// The plan gives the value to the object.
    Chosen,
    /// The object would have it, but somebody else has; it is planned anew once that changes.
    Wanted,
}

impl ClaimState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Chosen => "chosen",
            Self::Wanted => "wanted",
        }
    }
}

/// Whom a value is looked up for.
#[derive(Clone, Copy, Debug)]
pub struct Claimant<'a> {
    /// The job.
    pub job: &'a JobName,
    /// The kind of object.
    pub kind: ObjectKind,
    /// The source object.
    pub source: &'a SourceId,
    /// The target object that belongs to it, whose own values are no obstacle.
    pub target: Option<&'a TargetId>,
}

impl Store {
    /// Whether nobody but the claimant holds or is to get a value under these attributes: no object
    /// of the target, its recycle bin included, and no other source object in this plan; and whether the
    /// target has not refused it to the claimant.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn is_free(
        &self,
        claimant: Claimant<'_>,
        attributes: &[&str],
        value: &str,
    ) -> Result<bool, StoreError> {
        let connection = self.connection();
        for attribute in attributes {
            let is_held = connection
                .prepare_cached(
                    "SELECT 1 FROM mirror JOIN mirror_key AS entry ON entry.mirror = mirror.id
                     WHERE mirror.job = ?1 AND mirror.side = 'target' AND entry.attribute = ?2
                     AND entry.value = ?3 AND entry.object != ?4 LIMIT 1",
                )?
                .exists(params![
                    claimant.job.as_str(),
                    attribute,
                    value,
                    claimant.target.map_or("", TargetId::as_str)
                ])?;
            let is_claimed = connection
                .prepare_cached(
                    "SELECT 1 FROM claim WHERE job = ?1 AND kind = ?2 AND attribute = ?3
                     AND value = ?4 AND ((source != ?5 AND state = 'chosen')
                     OR (source = ?5 AND state = 'refused')) LIMIT 1",
                )?
                .exists(params![
                    claimant.job.as_str(),
                    claimant.kind.as_str(),
                    attribute,
                    value,
                    claimant.source.as_str()
                ])?;
            if is_held || is_claimed {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Remembers that the target has refused an object the values that its plan chose, because
    /// somebody whom no listing showed has them: those of the attributes that the refusal names, or
    /// all where it names none of them.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn refuse_claims(
        &self,
        job: &JobName,
        kind: ObjectKind,
        source: &SourceId,
        named: &[&str],
    ) -> Result<(), StoreError> {
        self.transact(|transaction| {
            let chosen: Vec<String> = transaction
                .prepare_cached(
                    "SELECT attribute FROM claim WHERE job = ?1 AND kind = ?2 AND source = ?3
                     AND state = 'chosen'",
                )?
                .query_map(
                    params![job.as_str(), kind.as_str(), source.as_str()],
                    |row| row.get(0),
                )?
                .collect::<Result<_, _>>()?;
            let is_named = |attribute: &String| named.contains(&attribute.as_str());
            let all = !chosen.iter().any(is_named);
            for attribute in chosen.iter().filter(|attribute| all || is_named(attribute)) {
                transaction
                    .prepare_cached(
                        "UPDATE claim SET state = 'refused' WHERE job = ?1 AND kind = ?2
                         AND source = ?3 AND attribute = ?4 AND state = 'chosen'",
                    )?
                    .execute(params![
                        job.as_str(),
                        kind.as_str(),
                        source.as_str(),
                        attribute
                    ])?;
            }
            Ok(())
        })
    }
}

/// Forgets what the last plan chose, and marks those who had wanted it.
pub(crate) fn begin(transaction: &Transaction<'_>, job: &JobName) -> Result<(), StoreError> {
    transaction.execute(
        "UPDATE subject SET unplanned = 1 WHERE (job, kind, source) IN
         (SELECT wanted.job, wanted.kind, wanted.source FROM claim AS wanted
          JOIN claim AS chosen ON chosen.job = wanted.job AND chosen.kind = wanted.kind
               AND chosen.attribute = wanted.attribute AND chosen.value = wanted.value
          WHERE wanted.job = ?1 AND wanted.state = 'wanted' AND chosen.state = 'chosen')",
        [job.as_str()],
    )?;
    transaction.execute(
        "DELETE FROM claim WHERE job = ?1 AND state = 'chosen'",
        [job.as_str()],
    )?;
    Ok(())
}

/// Replaces an object's claims. What the target refused is asked for again only after nothing else
/// was free.
pub(crate) fn replace(
    transaction: &Transaction<'_>,
    job: &JobName,
    kind: ObjectKind,
    source: &SourceId,
    claims: &[Claim],
) -> Result<(), StoreError> {
    let wants = claims.iter().any(|claim| claim.state == ClaimState::Wanted);
    transaction
        .prepare_cached(
            "DELETE FROM claim WHERE job = ?1 AND kind = ?2 AND source = ?3
             AND (?4 OR state != 'refused')",
        )?
        .execute(params![job.as_str(), kind.as_str(), source.as_str(), wants])?;
    for claim in claims {
        transaction
            .prepare_cached(
                "INSERT INTO claim (job, kind, attribute, value, source, state)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                job.as_str(),
                kind.as_str(),
                claim.attribute.as_str(),
                claim.value,
                source.as_str(),
                claim.state.as_str()
            ])?;
    }
    Ok(())
}

/// Forgets all claims of an object that is as wanted.
pub(crate) fn settle(
    transaction: &Transaction<'_>,
    job: &JobName,
    kind: &str,
    source: &str,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "DELETE FROM claim WHERE job = ?1 AND kind = ?2 AND source = ?3 AND state = 'refused'",
        )?
        .execute(params![job.as_str(), kind, source])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use syncline_planner::unique;

    #[test]
    fn whatever_is_arbitrated_is_indexed() {
        for attribute in crate::mirror::INDEXED_NAMES.iter().chain(&["mail"]) {
            let namespace = unique::namespace(attribute).expect("holders are known");
            let known =
                |name: &&str| *name == "mail" || crate::mirror::INDEXED_NAMES.contains(name);
            assert!(namespace.iter().all(known), "{attribute}");
        }
    }
}
