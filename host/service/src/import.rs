//! Import: delta pages into mirrors.
//!
//! Each page and the link that follows it are remembered together, so a kill resumes where it was.
//! A listing that begins afresh is diffed against the mirror: what it leaves out counts as gone only
//! once the listing is complete and each absence is confirmed (law L2, edge cases 20, 21 and 32).

use std::collections::BTreeSet;

use syncline_directory::{AttributeName, JobName, ObjectKind, Side, schema};
use syncline_graph::{DeltaChange, DeltaItem, DeltaNext, DeltaStart, GraphError, Source};
use syncline_rules::Generation;
use syncline_store::{
    Fit, Listing, MemberChange, Mirror, MirrorProgress, PageChange, PageItem, PageNext,
};

use crate::{Event, Service, ServiceError, Step, project::Job, tenants::tenant_error};

/// How many absences are confirmed between two looks at the store.
const CONFIRMED_AT_ONCE: usize = 500;

/// What is to be read.
pub(crate) struct Reading<'a> {
    pub(crate) job: &'a JobName,
    pub(crate) side: Side,
    pub(crate) kind: ObjectKind,
    pub(crate) columns: &'a [AttributeName],
    pub(crate) ids: &'a [String],
    /// Whether the objects are what the job keeps in step.
    pub(crate) subjects: bool,
    /// Whether a listing that already selects more will do.
    pub(crate) fit: Fit,
}

impl Service {
    /// Reads what these generations read, of both sides; returns how many items each side's pages
    /// held.
    pub(crate) async fn import_for(
        &self,
        job: &Job,
        generations: &[&Generation],
        fit: Fit,
        (source, target): (&Source, &Source),
    ) -> Result<(u64, u64), ServiceError> {
        let kind = ObjectKind::User;
        let [source_columns, target_columns] = columns(kind, generations);
        self.import_assignment(job, source).await?;
        let reading = |side, columns| Reading {
            job: &job.name,
            side,
            kind,
            columns,
            ids: &[],
            subjects: side == Side::Source,
            fit,
        };
        let read = self
            .import(
                &reading(Side::Source, &source_columns),
                source,
                tenant_error(Side::Source, job),
            )
            .await?;
        let held = self
            .import(
                &reading(Side::Target, &target_columns),
                target,
                tenant_error(Side::Target, job),
            )
            .await?;
        Ok((read, held))
    }

    /// Whether both mirrors are complete and hold every column that these generations read.
    pub(crate) fn covers(
        &self,
        job: &Job,
        generations: &[&Generation],
    ) -> Result<bool, ServiceError> {
        let kind = ObjectKind::User;
        let [source, target] = columns(kind, generations);
        let covers = |side, columns: &[AttributeName]| {
            self.store.mirror_covers(&job.name, side, kind, columns)
        };
        Ok(covers(Side::Source, &source)? && covers(Side::Target, &target)?)
    }

    /// Reads what changed since the last time, or everything where there was none; returns how many
    /// items the pages held.
    pub(crate) async fn import(
        &self,
        reading: &Reading<'_>,
        reader: &Source,
        failed: impl Fn(GraphError) -> ServiceError,
    ) -> Result<u64, ServiceError> {
        let listing = Listing {
            job: reading.job,
            side: reading.side,
            kind: reading.kind,
            columns: reading.columns,
            ids: reading.ids,
            subjects: reading.subjects,
            fit: reading.fit,
        };
        let (mirror, progress) = self.store.open_mirror(&listing)?;
        let mut restarted = progress == MirrorProgress::Fresh;
        let mut link = match progress {
            MirrorProgress::Fresh => None,
            MirrorProgress::Resume(link) | MirrorProgress::Delta(link) => Some(link),
        };
        let mut read = 0;
        loop {
            let start = match &link {
                None => DeltaStart::Full {
                    kind: reading.kind,
                    columns: reading.columns,
                    ids: reading.ids,
                },
                Some(link) => DeltaStart::Link(link, reading.kind),
            };
            let page = match reader.delta(start).await {
                Ok(page) => page,
                // An expired or unknown link means a full read, once.
                Err(error) if !restarted && link.is_some() && error.wants_full_read() => {
                    tracing::warn!(
                        job = reading.job.as_str(),
                        side = reading.side.as_str(),
                        error = %error,
                        "the link of the last round is no longer known; reading everything"
                    );
                    self.store.restart_listing(mirror)?;
                    restarted = true;
                    link = None;
                    continue;
                }
                Err(error) => return Err(failed(error)),
            };
            read += page.items.len() as u64;
            let items: Vec<PageItem> = page.items.into_iter().map(page_item).collect();
            let next = match page.next {
                DeltaNext::Page(link) => PageNext::Page(link),
                DeltaNext::Complete(link) => PageNext::Complete(link),
            };
            self.store.record_page(mirror, &items, &next)?;
            self.emit(Event::Progress {
                job: reading.job.clone(),
                step: match reading.side {
                    Side::Source => Step::ImportSource,
                    Side::Target => Step::ImportTarget,
                },
                done: read,
                total: 0,
            });
            match next {
                PageNext::Page(next) => link = Some(next),
                PageNext::Complete(_) => break,
            }
        }
        if !self.store.is_proven(mirror)? {
            self.prove(reading, mirror, reader, &failed).await?;
        }
        Ok(read)
    }

    /// Turns a completed listing into proof of what is there and what is not.
    async fn prove(
        &self,
        reading: &Reading<'_>,
        mirror: Mirror,
        reader: &Source,
        failed: &impl Fn(GraphError) -> ServiceError,
    ) -> Result<(), ServiceError> {
        if reading.side == Side::Target && reading.kind == ObjectKind::User {
            let mut next = None;
            loop {
                let page = reader
                    .deleted(reading.kind, reading.columns, next.as_deref())
                    .await
                    .map_err(failed)?;
                self.store.record_recycle_bin(mirror, &page.objects)?;
                next = page.next;
                if next.is_none() {
                    break;
                }
            }
        }
        if reading.kind == ObjectKind::Group {
            // A listing may drop members as it may drop objects, so each group that misses some is
            // asked itself before they count as gone (edge cases 22 and 32).
            for group in self.store.groups_with_unseen_members(mirror)? {
                let members = reader
                    .members(&group)
                    .await
                    .map_err(failed)?
                    .unwrap_or_default();
                self.store.confirm_members(mirror, &group, &members)?;
            }
        }
        loop {
            let unseen = self.store.unseen(mirror, CONFIRMED_AT_ONCE)?;
            if unseen.is_empty() {
                break;
            }
            for id in unseen {
                let state = reader.presence(reading.kind, &id).await.map_err(failed)?;
                self.store.confirm(mirror, &id, state)?;
            }
        }
        self.store.complete_listing(mirror, &self.now())?;
        Ok(())
    }
}

/// Returns the columns of source and target that these generations read, sorted.
fn columns(kind: ObjectKind, generations: &[&Generation]) -> [Vec<AttributeName>; 2] {
    let union = |columns: fn(&Generation, ObjectKind) -> Vec<AttributeName>| {
        let mut union: BTreeSet<AttributeName> = schema::always_read(kind)
            .iter()
            .map(AttributeName::new)
            .collect();
        for generation in generations {
            union.extend(columns(generation, kind));
        }
        union.into_iter().collect::<Vec<_>>()
    };
    let source = union(|generation, kind| generation.source_columns(kind).to_vec());
    let target = union(|generation, kind| {
        let mut columns = generation.target_columns(kind).to_vec();
        columns.extend(generation.writes(kind));
        columns.extend(generation.match_attributes(kind));
        columns
    });
    [source, target]
}

fn page_item(item: DeltaItem) -> PageItem {
    PageItem {
        id: item.id,
        change: match item.change {
            DeltaChange::Present {
                attributes,
                members,
            } => PageChange::Present {
                attributes,
                members: members
                    .into_iter()
                    .map(|member| MemberChange {
                        id: member.id,
                        added: member.added,
                    })
                    .collect(),
            },
            DeltaChange::Removed { state } => PageChange::Removed(state),
        },
    }
}
