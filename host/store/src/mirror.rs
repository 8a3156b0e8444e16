//! Mirrors: what was last read of a side of a job, page by page.

mod index;
mod landing;

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Transaction, params};
use syncline_directory::{AttributeName, Attributes, JobName, ObjectKind, ObjectState, Side};

#[cfg(test)]
pub(crate) use index::NAMES as INDEXED_NAMES;
pub(crate) use index::indexed_as;
pub(crate) use landing::{Extent, Landing};

use crate::{Store, StoreError, from_json, to_json};

/// Identifies a mirror in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mirror(pub(crate) i64);

/// What a listing is to select.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<'a> {
    /// The job.
    pub job: &'a JobName,
    /// The side.
    pub side: Side,
    /// The kind of object.
    pub kind: ObjectKind,
    /// The attributes to select, sorted.
    pub columns: &'a [AttributeName],
    /// The objects to confine it to; all where empty.
    pub ids: &'a [String],
    /// Whether its objects are what the job keeps in step, rather than what tells who is assigned.
    pub subjects: bool,
    /// Whether a listing that already selects more will do.
    pub fit: Fit,
}

/// Whether a listing that already selects more than is wanted will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Nothing beyond what is declared is read (law L8).
    Exact,
    /// It will: what is beyond is for rules that wait to become active, and would only be read again.
    AtLeast,
}

/// How far the reading of a mirror has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MirrorProgress {
    /// A full listing is to begin.
    Fresh,
    /// A round was interrupted; it goes on at this link.
    Resume(String),
    /// The last round is complete; the next starts from this link.
    Delta(String),
}

/// One page of a round.
#[derive(Clone, Debug)]
pub struct PageItem {
    /// The object.
    pub id: String,
    /// What the page says of it.
    pub change: PageChange,
}

/// What a page says of an object.
#[derive(Clone, Debug)]
pub enum PageChange {
    /// It is there. Attributes that the page leaves out stay as they were.
    Present {
        /// The attributes read.
        attributes: Attributes,
        /// Members added and removed.
        members: Vec<MemberChange>,
    },
    /// It is not.
    Removed(ObjectState),
}

/// A member that a group gained or lost.
#[derive(Clone, Debug)]
pub struct MemberChange {
    /// The member.
    pub id: String,
    /// Whether it was gained.
    pub added: bool,
}

/// What follows a page.
#[derive(Clone, Debug)]
pub enum PageNext {
    /// Another page, at this link.
    Page(String),
    /// Nothing; the next round starts from this link.
    Complete(String),
}

/// A mirrored object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirrorObject {
    /// The object.
    pub id: String,
    /// Whether it is there.
    pub state: ObjectState,
    /// Its attributes, as last read or written.
    pub attributes: Attributes,
}

pub(crate) fn parse_state(text: &str) -> ObjectState {
    match text {
        "live" => ObjectState::Live,
        "soft-deleted" => ObjectState::SoftDeleted,
        _ => ObjectState::Purged,
    }
}

impl Store {
    /// Returns the mirror of a listing and how far it has come. A listing that selects something
    /// else than before begins afresh; what is mirrored stays until the new listing has shown what
    /// became of it.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn open_mirror(
        &self,
        listing: &Listing<'_>,
    ) -> Result<(Mirror, MirrorProgress), StoreError> {
        let columns = to_json(&listing.columns);
        let ids = to_json(&listing.ids);
        self.transact(|transaction| {
            let known = transaction
                .prepare_cached(
                    "SELECT id, columns, ids, resume, delta FROM mirror
                     WHERE job = ?1 AND side = ?2 AND kind = ?3",
                )?
                .query_row(
                    params![
                        listing.job.as_str(),
                        listing.side.as_str(),
                        listing.kind.as_str()
                    ],
                    |row| {
                        Ok((
                            row.get::<_, i64>(0)?,
                            row.get::<_, String>(1)?,
                            row.get::<_, String>(2)?,
                            row.get::<_, Option<String>>(3)?,
                            row.get::<_, Option<String>>(4)?,
                        ))
                    },
                )
                .optional()?;
            let Some((id, known_columns, known_ids, resume, delta)) = known else {
                transaction.execute(
                    "INSERT INTO mirror (job, side, kind, columns, ids, subjects, listing)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1)",
                    params![
                        listing.job.as_str(),
                        listing.side.as_str(),
                        listing.kind.as_str(),
                        columns,
                        ids,
                        listing.subjects
                    ],
                )?;
                return Ok((
                    Mirror(transaction.last_insert_rowid()),
                    MirrorProgress::Fresh,
                ));
            };
            let fits = known_columns == columns
                || (listing.fit == Fit::AtLeast && covers(&known_columns, listing.columns)?);
            if !fits || known_ids != ids {
                transaction.execute(
                    "UPDATE mirror SET columns = ?2, ids = ?3 WHERE id = ?1",
                    params![id, columns, ids],
                )?;
                begin_listing(transaction, id)?;
                return Ok((Mirror(id), MirrorProgress::Fresh));
            }
            let progress = match (resume, delta) {
                (Some(link), _) => MirrorProgress::Resume(link),
                (None, Some(link)) => MirrorProgress::Delta(link),
                (None, None) => MirrorProgress::Fresh,
            };
            Ok((Mirror(id), progress))
        })
    }

    /// Whether a mirror is there, complete, and holds these columns of every object.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn mirror_covers(
        &self,
        job: &JobName,
        side: Side,
        kind: ObjectKind,
        wanted: &[AttributeName],
    ) -> Result<bool, StoreError> {
        let known: Option<(String, bool)> = self
            .connection()
            .prepare_cached(
                "SELECT columns, completed IS NOT NULL AND delta IS NOT NULL FROM mirror
                 WHERE job = ?1 AND side = ?2 AND kind = ?3",
            )?
            .query_row(params![job.as_str(), side.as_str(), kind.as_str()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        match known {
            Some((columns, true)) => covers(&columns, wanted),
            _ => Ok(false),
        }
    }

    /// Begins a full listing anew, as an expired delta link demands (edge case 20).
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn restart_listing(&self, mirror: Mirror) -> Result<(), StoreError> {
        self.transact(|transaction| begin_listing(transaction, mirror.0))
    }

    /// Returns whether the mirror's last full listing is proven complete.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn is_proven(&self, mirror: Mirror) -> Result<bool, StoreError> {
        Ok(self.connection().query_row(
            "SELECT completed IS NOT NULL FROM mirror WHERE id = ?1",
            [mirror.0],
            |row| row.get(0),
        )?)
    }

    /// Remembers a page, marks what it may change, and saves where the round goes on, all at once.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn record_page(
        &self,
        mirror: Mirror,
        items: &[PageItem],
        next: &PageNext,
    ) -> Result<(), StoreError> {
        self.transact(|transaction| {
            let landing = Landing::of(transaction, mirror.0)?;
            for item in items {
                landing.land(transaction, item)?;
            }
            match next {
                PageNext::Page(link) => transaction.execute(
                    "UPDATE mirror SET resume = ?2 WHERE id = ?1",
                    params![mirror.0, link],
                )?,
                PageNext::Complete(link) => transaction.execute(
                    "UPDATE mirror SET resume = NULL, delta = ?2 WHERE id = ?1",
                    params![mirror.0, link],
                )?,
            };
            Ok(())
        })
    }

    /// Remembers objects of the recycle bin.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn record_recycle_bin(
        &self,
        mirror: Mirror,
        objects: &[(String, Attributes)],
    ) -> Result<(), StoreError> {
        self.transact(|transaction| {
            let landing = Landing::of(transaction, mirror.0)?;
            for (id, attributes) in objects {
                let state = ObjectState::SoftDeleted;
                landing.settle(transaction, id, state, attributes, Extent::Part)?;
            }
            Ok(())
        })
    }

    /// Returns up to `count` objects that are mirrored as live or restorable and that neither the
    /// completed listing nor the recycle bin has shown. Their absence is to be confirmed one by one
    /// before it counts.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn unseen(&self, mirror: Mirror, count: usize) -> Result<Vec<String>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT object.id FROM mirror_object AS object JOIN mirror ON mirror.id = object.mirror
             WHERE object.mirror = ?1 AND object.listing < mirror.listing
             AND object.state != 'purged'
             ORDER BY object.id LIMIT ?2",
        )?;
        let rows = statement
            .query_map(params![mirror.0, count], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// Remembers what became of an object that a listing left out.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn confirm(&self, mirror: Mirror, id: &str, state: ObjectState) -> Result<(), StoreError> {
        self.transact(|transaction| {
            let landing = Landing::of(transaction, mirror.0)?;
            landing.settle(transaction, id, state, &Attributes::new(), Extent::Part)
        })
    }

    /// Returns the groups of which the completed listing has not shown every member that is
    /// remembered.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn groups_with_unseen_members(&self, mirror: Mirror) -> Result<Vec<String>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT DISTINCT container FROM mirror_member
             WHERE mirror = ?1 AND listing < (SELECT listing FROM mirror WHERE id = ?1)
             ORDER BY container",
        )?;
        let rows = statement
            .query_map([mirror.0], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// Remembers exactly these members of a group, as the group itself told them.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn confirm_members(
        &self,
        mirror: Mirror,
        group: &str,
        members: &BTreeSet<String>,
    ) -> Result<(), StoreError> {
        self.transact(|transaction| {
            transaction.execute(
                "DELETE FROM mirror_member WHERE mirror = ?1 AND container = ?2",
                params![mirror.0, group],
            )?;
            for member in members {
                transaction
                    .prepare_cached(
                        "INSERT INTO mirror_member (mirror, container, member, listing)
                         SELECT id, ?2, ?3, listing FROM mirror WHERE id = ?1",
                    )?
                    .execute(params![mirror.0, group, member])?;
            }
            Ok(())
        })
    }

    /// Remembers that the listing is complete and every absence confirmed.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn complete_listing(&self, mirror: Mirror, now: &str) -> Result<(), StoreError> {
        self.transact(|transaction| {
            transaction.execute(
                "UPDATE mirror SET completed = ?2 WHERE id = ?1 AND completed IS NULL",
                params![mirror.0, now],
            )?;
            Ok(())
        })
    }

    /// Returns one mirrored object of a side.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn mirrored(
        &self,
        job: &JobName,
        side: Side,
        kind: ObjectKind,
        id: &str,
    ) -> Result<Option<MirrorObject>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT object.id, object.state, object.attributes
             FROM mirror_object AS object JOIN mirror ON mirror.id = object.mirror
             WHERE mirror.job = ?1 AND mirror.side = ?2 AND mirror.kind = ?3 AND object.id = ?4",
        )?;
        statement
            .query_row(
                params![job.as_str(), side.as_str(), kind.as_str(), id],
                |row| {
                    Ok((
                        row.get(0)?,
                        row.get::<_, String>(1)?,
                        row.get::<_, String>(2)?,
                    ))
                },
            )
            .optional()?
            .map(|(id, state, attributes)| {
                Ok(MirrorObject {
                    id,
                    state: parse_state(&state),
                    attributes: from_json("mirrored object", &attributes)?,
                })
            })
            .transpose()
    }

    /// Returns how many live objects a side has.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub fn live_objects(
        &self,
        job: &JobName,
        side: Side,
        kind: ObjectKind,
    ) -> Result<u64, StoreError> {
        Ok(self.connection().query_row(
            "SELECT count(*) FROM mirror_object AS object JOIN mirror ON mirror.id = object.mirror
             WHERE mirror.job = ?1 AND mirror.side = ?2 AND mirror.kind = ?3
             AND object.state = 'live'",
            params![job.as_str(), side.as_str(), kind.as_str()],
            |row| row.get(0),
        )?)
    }
}

/// Whether a listing that selects `known` selects all of `wanted`.
fn covers(known: &str, wanted: &[AttributeName]) -> Result<bool, StoreError> {
    let known: BTreeSet<AttributeName> = from_json("list of columns", known)?;
    Ok(wanted.iter().all(|column| known.contains(column)))
}

fn begin_listing(transaction: &Transaction<'_>, mirror: i64) -> Result<(), StoreError> {
    transaction.execute(
        "UPDATE mirror SET listing = listing + 1, resume = NULL, delta = NULL, completed = NULL
         WHERE id = ?1",
        [mirror],
    )?;
    Ok(())
}

pub(crate) fn parse_kind(text: &str) -> ObjectKind {
    match text {
        "group" => ObjectKind::Group,
        "contact" => ObjectKind::Contact,
        _ => ObjectKind::User,
    }
}
