//! Reading a tenant.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use futures_util::future::try_join_all;
use serde_json::Value as Json;
use syncline_directory::{AttributeName, Attributes, ObjectKind, ObjectState, Tenant, schema};

use crate::{
    call::Call,
    columns,
    connection::Connection,
    delta::{self, DeltaPage, DeltaStart, IDS_MAX, Round},
    error::GraphError,
    outside::Outside,
    pace::Pace,
    token::Application,
    url,
};

/// A tenant as its reader: it has no method that writes (law L15). Cheap to clone.
#[derive(Clone)]
pub struct Source {
    pub(crate) connection: Arc<Connection>,
}

/// One page of the recycle bin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedPage {
    /// Objects by id, with the columns asked for.
    pub objects: Vec<(String, Attributes)>,
    /// The next page's link; nothing on the last.
    pub next: Option<String>,
}

/// A group as people know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedGroup {
    /// The group's id.
    pub id: String,
    /// Its display name, which other groups may have too.
    pub display_name: String,
}

/// The most rows that Graph puts on a page of a list (graph.md, section 2.2).
const PAGE_SIZE_MAX: u32 = 999;

/// How many pages of a search are read: a thousand groups of one name, or users of one address, are
/// no answer that anybody could use.
const SEARCH_PAGES_MAX: usize = 10;

impl Source {
    /// Returns the tenant as this application may read it; nothing is sent yet.
    pub fn connect(outside: Outside, application: Application, pace: Pace) -> Self {
        Self {
            connection: Arc::new(Connection::new(outside, application, pace)),
        }
    }

    /// Returns the pace that this reader shares.
    pub fn pace(&self) -> &Pace {
        &self.connection.pace
    }

    /// Reads the tenant's identity and domains (`GET /organization`).
    ///
    /// # Errors
    ///
    /// As every request; [`GraphError::Garbage`] also if there is no initial domain.
    pub async fn tenant(&self) -> Result<Tenant, GraphError> {
        let call = self
            .connection
            .get("/organization?$select=id,displayName,verifiedDomains");
        let answer = self.connection.send(&call).await?;
        let json = answer.json(&call.line)?;
        read_tenant(&json).ok_or_else(|| {
            answer
                .garbage(&call.line, "which names no tenant")
                .into_error()
        })
    }

    /// Reads exactly one page of a delta round.
    ///
    /// # Errors
    ///
    /// [`GraphError::Resync`] if the link is too old; [`GraphError::ForeignLink`] if it leads
    /// elsewhere; and as every request.
    pub async fn delta(&self, start: DeltaStart<'_>) -> Result<DeltaPage, GraphError> {
        let (call, round) = match start {
            DeltaStart::Full { ids, .. } if ids.len() > IDS_MAX => {
                return Err(GraphError::Unsendable {
                    what: format!("a delta round of {} objects", ids.len()),
                    reason: format!("it may name at most {IDS_MAX}"),
                });
            }
            DeltaStart::Full { kind, columns, ids } => {
                let call = self.connection.get(&delta::first_page(kind, columns, ids));
                (Call { bulk: true, ..call }, Round::first(kind, columns))
            }
            DeltaStart::Link(link, kind) => {
                let (address, round) = Round::of_link(kind, link);
                (self.connection.follow(address)?, round)
            }
        };
        let answer = self.connection.send(&call).await?;
        round
            .page(&answer.json(&call.line)?)
            .map_err(|problem| answer.garbage(&call.line, problem).into_error())
    }

    /// Reads one page of the recycle bin: the first, or the one that `next` links to. Contacts have
    /// none (graph.md, section 6.1).
    ///
    /// # Errors
    ///
    /// [`GraphError::Resync`] if the link is too old: begin again; and as every request.
    pub async fn deleted(
        &self,
        kind: ObjectKind,
        columns: &[AttributeName],
        next: Option<&str>,
    ) -> Result<DeletedPage, GraphError> {
        let cast = match kind {
            ObjectKind::User => "microsoft.graph.user",
            ObjectKind::Group => "microsoft.graph.group",
            ObjectKind::Contact => {
                return Ok(DeletedPage {
                    objects: Vec::new(),
                    next: None,
                });
            }
        };
        let call = match next {
            Some(link) => self.connection.follow(link)?,
            None => {
                let select = columns::select(kind, columns);
                let path =
                    format!("/directory/deletedItems/{cast}?$select={select}&$top={PAGE_SIZE_MAX}");
                Call {
                    bulk: true,
                    ..self.connection.get(&path)
                }
            }
        };
        let (objects, next) = self.list(&call).await?;
        let objects = objects
            .into_iter()
            .map(|(id, object)| (id, columns::read_all(kind, columns, &object)))
            .collect();
        Ok(DeletedPage { objects, next })
    }

    /// Returns where an object is now: live, in the recycle bin, or in neither.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn presence(&self, kind: ObjectKind, id: &str) -> Result<ObjectState, GraphError> {
        let id = url::escape(id);
        let live = format!("/{}/{id}?$select=id", columns::collection(kind));
        if self
            .connection
            .find(&self.connection.get(&live))
            .await?
            .is_some()
        {
            return Ok(ObjectState::Live);
        }
        if kind == ObjectKind::Contact {
            return Ok(ObjectState::Purged);
        }
        let deleted = format!("/directory/deletedItems/{id}?$select=id");
        Ok(
            match self.connection.find(&self.connection.get(&deleted)).await? {
                Some(_) => ObjectState::SoftDeleted,
                None => ObjectState::Purged,
            },
        )
    }

    /// Returns every group of this display name.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn groups_named(&self, display_name: &str) -> Result<Vec<NamedGroup>, GraphError> {
        let filter = format!("displayName eq {}", url::literal(display_name));
        let found = self.search("/groups", &filter, "id,displayName").await?;
        Ok(found
            .into_iter()
            .map(|(id, json)| named_group(id, &json))
            .collect())
    }

    /// Returns the group of this id, if there is one.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn group(&self, id: &str) -> Result<Option<NamedGroup>, GraphError> {
        let path = format!("/groups/{}?$select=id,displayName", url::escape(id));
        let found = self.connection.find(&self.connection.get(&path)).await?;
        Ok(found.map(|(id, json)| named_group(id, &json)))
    }

    /// Returns every user who has this address in `mail`, `otherMails` or `proxyAddresses`, by id.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn users_with_address(
        &self,
        address: &str,
        columns: &[AttributeName],
    ) -> Result<Vec<(String, Attributes)>, GraphError> {
        let literal = url::literal(address);
        // Graph compares proxies as they are stored, with the prefix in either case (graph.md,
        // section 14.3).
        let filters = [
            format!("mail eq {literal}"),
            format!("otherMails/any(p:p eq {literal})"),
            format!(
                "proxyAddresses/any(p:p eq {})",
                url::literal(&format!("SMTP:{address}"))
            ),
            format!(
                "proxyAddresses/any(p:p eq {})",
                url::literal(&format!("smtp:{address}"))
            ),
        ];
        let select = columns::select(ObjectKind::User, columns);
        let searches = filters
            .iter()
            .map(|filter| self.search("/users", filter, &select));
        let found: BTreeMap<String, Json> = try_join_all(searches)
            .await?
            .into_iter()
            .flatten()
            .collect();
        let read = |json: Json| columns::read_all(ObjectKind::User, columns, &json);
        Ok(found
            .into_iter()
            .map(|(id, json)| (id, read(json)))
            .collect())
    }

    /// Returns the user of this user principal name or id, if there is one, with the attributes
    /// that are always read.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn user_named(
        &self,
        upn_or_id: &str,
    ) -> Result<Option<(String, Attributes)>, GraphError> {
        let always = schema::always_read(ObjectKind::User);
        let columns: Vec<AttributeName> = always.iter().map(AttributeName::new).collect();
        self.find_user(upn_or_id, &columns).await
    }

    /// Returns the id and these attributes of the user with this principal name, if there is one.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn user_of_name(
        &self,
        principal_name: &str,
        columns: &[AttributeName],
    ) -> Result<Option<(String, Attributes)>, GraphError> {
        self.find_user(principal_name, columns).await
    }

    /// Returns these attributes of the user of this id, if there is one.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn user(
        &self,
        id: &str,
        columns: &[AttributeName],
    ) -> Result<Option<Attributes>, GraphError> {
        Ok(self
            .find_user(id, columns)
            .await?
            .map(|(_, attributes)| attributes))
    }

    async fn find_user(
        &self,
        upn_or_id: &str,
        columns: &[AttributeName],
    ) -> Result<Option<(String, Attributes)>, GraphError> {
        let kind = ObjectKind::User;
        // A name that begins with `$` would be taken for an option (graph.md, section 2.1).
        let name = if upn_or_id.starts_with('$') {
            format!("users({})", url::escape(&url::literal(upn_or_id)))
        } else {
            format!("users/{}", url::escape(upn_or_id))
        };
        let select = columns::select(kind, columns);
        let mut call = self.connection.get(&format!("/{name}?$select={select}"));
        call.line.path = "/v1.0/users/{name}".to_owned();
        let found = self.connection.find(&call).await?;
        Ok(found.map(|(id, json)| (id, columns::read_all(kind, columns, &json))))
    }

    /// Returns the ids of a group's direct members, read from the group itself; nothing if there is
    /// no such group.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn members(&self, group: &str) -> Result<Option<BTreeSet<String>>, GraphError> {
        let group = url::escape(group);
        let path = format!("/groups/{group}/members?$select=id&$top={PAGE_SIZE_MAX}");
        let mut call = Call {
            bulk: true,
            ..self.connection.get(&path)
        };
        let mut members = BTreeSet::new();
        loop {
            let page = match self.list(&call).await {
                Err(GraphError::NotFound(_)) => return Ok(None),
                page => page,
            };
            let (objects, next) = page?;
            members.extend(objects.into_iter().map(|(id, _)| id));
            let Some(next) = next else {
                return Ok(Some(members));
            };
            call = self.connection.follow(&next)?;
        }
    }

    /// Returns every object of a collection that a filter finds.
    pub(crate) async fn search(
        &self,
        collection: &str,
        filter: &str,
        select: &str,
    ) -> Result<Vec<(String, Json)>, GraphError> {
        let filter = url::escape_option(filter);
        let mut call = self
            .connection
            .get(&format!("{collection}?$filter={filter}&$select={select}"));
        let mut found = Vec::new();
        for _ in 0..SEARCH_PAGES_MAX {
            let (objects, next) = self.list(&call).await?;
            found.extend(objects);
            let Some(next) = next else { return Ok(found) };
            call = self.connection.follow(&next)?;
        }
        Err(GraphError::Unsendable {
            what: format!("a search of {collection}"),
            reason: format!("more than {SEARCH_PAGES_MAX} pages answer it"),
        })
    }

    /// Reads one page of a list: objects with their ids, and the next page's link.
    async fn list(&self, call: &Call) -> Result<(Vec<(String, Json)>, Option<String>), GraphError> {
        let answer = self.connection.send(call).await?;
        let mut json = answer.json(&call.line)?;
        let next = text(&json, "@odata.nextLink");
        let Some(Json::Array(rows)) = json.get_mut("value").map(Json::take) else {
            return Err(answer
                .garbage(&call.line, "which has no `value`")
                .into_error());
        };
        let objects: Option<Vec<(String, Json)>> = rows
            .into_iter()
            .map(|row| Some((text(&row, "id")?, row)))
            .collect();
        match objects {
            Some(objects) => Ok((objects, next)),
            None => Err(answer
                .garbage(&call.line, "which has a row without `id`")
                .into_error()),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Source")
            .field("tenant", &self.connection.tenant)
            .finish()
    }
}

fn text(json: &Json, name: &str) -> Option<String> {
    json.get(name).and_then(Json::as_str).map(str::to_owned)
}

fn named_group(id: String, json: &Json) -> NamedGroup {
    NamedGroup {
        id,
        display_name: text(json, "displayName").unwrap_or_default(),
    }
}

fn read_tenant(json: &Json) -> Option<Tenant> {
    let organization = json.get("value")?.as_array()?.first()?;
    let domains = organization.get("verifiedDomains")?.as_array()?;
    let marked = |mark: &str| {
        let domain = domains
            .iter()
            .find(|domain| domain.get(mark) == Some(&Json::Bool(true)))?;
        text(domain, "name")
    };
    let mut verified_domains: Vec<String> = domains
        .iter()
        .filter_map(|domain| text(domain, "name"))
        .collect();
    verified_domains.sort_unstable();
    let initial_domain = marked("isInitial")?;
    Some(Tenant {
        id: text(organization, "id")?,
        display_name: text(organization, "displayName").unwrap_or_default(),
        default_domain: marked("isDefault").unwrap_or_else(|| initial_domain.clone()),
        initial_domain,
        verified_domains,
    })
}

#[cfg(test)]
mod tests;
