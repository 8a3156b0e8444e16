//! Scope by assignment: which source objects the job's groups and people assign. The rules' verdict
//! narrows it further.

use syncline_directory::{AttributeName, ObjectKind, ObjectState, Side};
use syncline_graph::Source;
use syncline_store::{Fit, Nesting};

use crate::{
    Service, ServiceError,
    import::Reading,
    project::{Assignment, Job},
    tenants::tenant_error,
};

/// The most ids that a delta query can be confined to (graph.md, section 3.1).
const FILTERED_IDS_MAX: usize = 50;

impl Service {
    /// Reads the job's groups and remembers whom they assign.
    pub(crate) async fn import_assignment(
        &self,
        job: &Job,
        source: &Source,
    ) -> Result<(), ServiceError> {
        let Assignment::Assigned {
            groups,
            transitive,
            people,
        } = &job.users
        else {
            return Ok(());
        };
        let mut group_ids = Vec::new();
        for name in groups {
            group_ids.push(self.group_id(job, source, name).await?);
        }
        let mut people_ids = Vec::new();
        for name in people {
            people_ids.push(self.person_id(job, source, name).await?);
        }
        let named_ids = group_ids.clone();
        group_ids.sort();
        if !group_ids.is_empty() {
            let columns = [
                AttributeName::new("displayName"),
                AttributeName::new("members"),
            ];
            // Which groups are inside the named ones is known only once all are read.
            let all = *transitive || group_ids.len() > FILTERED_IDS_MAX;
            let reading = Reading {
                job: &job.name,
                side: Side::Source,
                kind: ObjectKind::Group,
                columns: &columns,
                ids: if all { &[] } else { &group_ids },
                subjects: false,
                fit: Fit::Exact,
            };
            self.import(&reading, source, tenant_error(Side::Source, job))
                .await?;
        }
        for (name, id) in groups.iter().zip(&named_ids) {
            let group = self
                .store
                .mirrored(&job.name, Side::Source, ObjectKind::Group, id)?;
            if group.is_none_or(|group| group.state != ObjectState::Live) {
                // Its members would all read as unassigned; better no run than that (law L2).
                self.store.forget_name(&job.name, ObjectKind::Group, name)?;
                return Err(ServiceError::Scope {
                    job: job.name.clone(),
                    message: format!(
                        "the group `{name}` ({id}) is no longer in the source; the next run looks \
                         the name up again, or change `groups` in syncline.toml"
                    ),
                });
            }
        }
        let nesting = if *transitive {
            Nesting::Transitive
        } else {
            Nesting::Direct
        };
        self.store.assign(
            &job.name,
            ObjectKind::User,
            &group_ids,
            nesting,
            &people_ids,
        )?;
        Ok(())
    }

    async fn group_id(
        &self,
        job: &Job,
        source: &Source,
        name: &str,
    ) -> Result<String, ServiceError> {
        if let Some(known) = self
            .store
            .object_named(&job.name, ObjectKind::Group, name)?
        {
            return Ok(known);
        }
        let failed = tenant_error(Side::Source, job);
        let wrong = |message: String| ServiceError::Scope {
            job: job.name.clone(),
            message,
        };
        let found = if is_guid(name) {
            source
                .group(name)
                .await
                .map_err(failed)?
                .into_iter()
                .collect()
        } else {
            source.groups_named(name).await.map_err(failed)?
        };
        let id = match found.as_slice() {
            [only] => only.id.clone(),
            [] => {
                return Err(wrong(format!(
                    "the source has no group `{name}`; check `groups` in syncline.toml"
                )));
            }
            several => {
                return Err(wrong(format!(
                    "the source has {} groups named `{name}`; name one by its id: {}",
                    several.len(),
                    several
                        .iter()
                        .map(|group| group.id.as_str())
                        .collect::<Vec<_>>()
                        .join(", ")
                )));
            }
        };
        self.store
            .name_object(&job.name, ObjectKind::Group, name, &id)?;
        Ok(id)
    }

    async fn person_id(
        &self,
        job: &Job,
        source: &Source,
        name: &str,
    ) -> Result<String, ServiceError> {
        if let Some(known) = self.store.object_named(&job.name, ObjectKind::User, name)? {
            return Ok(known);
        }
        let found = source
            .user_named(name)
            .await
            .map_err(tenant_error(Side::Source, job))?;
        let Some((id, _)) = found else {
            return Err(ServiceError::Scope {
                job: job.name.clone(),
                message: format!(
                    "the source has no user `{name}`; check `people` in syncline.toml"
                ),
            });
        };
        self.store
            .name_object(&job.name, ObjectKind::User, name, &id)?;
        Ok(id)
    }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(place, character)| match place {
            8 | 13 | 18 | 23 => character == '-',
            _ => character.is_ascii_hexdigit(),
        })
}
