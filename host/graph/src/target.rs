//! Writing a tenant.

mod round;

use std::{collections::BTreeSet, fmt};

use crate::{
    batch,
    error::GraphError,
    outside::Outside,
    pace::Pace,
    source::Source,
    token::Application,
    write::{Item, Write, Written},
};
use round::Pending;

/// A tenant as its writer, which reads it too. Cheap to clone; several writes may run at once.
#[derive(Clone)]
pub struct Target {
    reader: Source,
}

impl Target {
    /// Returns the tenant as this application may write it; nothing is sent yet.
    pub fn connect(outside: Outside, application: Application, pace: Pace) -> Self {
        Self {
            reader: Source::connect(outside, application, pace),
        }
    }

    /// Returns the tenant's reader.
    pub fn reader(&self) -> &Source {
        &self.reader
    }

    /// Carries out these writes, batch after batch, and returns one answer for each in their
    /// order. Writes to one object are sent one after the other; a later one is sent whether or not
    /// an earlier one succeeded.
    pub async fn write(&self, writes: &[Write]) -> Vec<Result<Written, GraphError>> {
        let mut answers: Vec<(usize, Result<Written, GraphError>)> = Vec::new();
        let mut chunk: Vec<Pending> = Vec::new();
        let mut objects = BTreeSet::new();
        for (index, write) in writes.iter().enumerate() {
            let item = match Item::of(
                write,
                &self.reader.connection.root,
                &*self.reader.connection.outside.randomness,
            ) {
                Ok(item) => item,
                Err(error) => {
                    answers.push((index, Err(error)));
                    continue;
                }
            };
            // Graph may carry a batch out in any order, and at once (graph.md, section 7).
            if chunk.len() >= self.items_max() || objects.contains(&item.object) {
                self.settle(std::mem::take(&mut chunk), &mut answers).await;
                objects.clear();
            }
            objects.insert(item.object.clone());
            chunk.push(Pending::new(index, item));
        }
        self.settle(chunk, &mut answers).await;
        answers.sort_unstable_by_key(|(index, _)| *index);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    /// A batch must fit into the write window as a whole.
    fn items_max(&self) -> usize {
        let writes_max = usize::try_from(self.reader.pace().writes_max()).unwrap_or(usize::MAX);
        batch::ITEMS_MAX.min(writes_max)
    }

    /// Sends a batch, and again what of it must be repeated, until every item has its answer.
    async fn settle(
        &self,
        mut pending: Vec<Pending>,
        answers: &mut Vec<(usize, Result<Written, GraphError>)>,
    ) {
        while !pending.is_empty() {
            let round = round::send(&self.reader.connection, pending).await;
            answers.extend(round.answers);
            if let Some(wait) = round.wait {
                self.reader.connection.outside.clock.sleep(wait).await;
            }
            pending = round.again;
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Target")
            .field("tenant", &self.reader.connection.tenant)
            .finish()
    }
}

#[cfg(test)]
mod tests;
