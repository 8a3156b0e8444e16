//! What people ask of a job's rules: to let some in, or to go back to the good ones before. The wish
//! lies in the store, so that whichever process works on the project carries it out, between two runs.

use syncline_directory::GenerationDigest;
use syncline_store::{
    Activation, Entering, Fit, Marks, RulesWish, StoreError, WishOutcome, WishVerb,
};

use crate::{
    Event, Service, ServiceError, off_thread, one_line,
    project::Job,
    rules_folder::{Candidate, Refusal},
    rules_settling::{Ends, effect},
};

/// The name under which the history has activations by this command.
const ACTIVATE: &str = "rules activate";
/// The name under which the history has ways back.
const ROLLBACK: &str = "rules rollback";

/// What carrying a wish out came to, for whoever asked.
type Answer = (WishOutcome, String);

impl Service {
    /// Carries out what was asked of the rules and not answered yet, between two runs.
    ///
    /// # Errors
    ///
    /// When the store fails. What else goes wrong is the wish's answer.
    pub async fn carry_out_wishes(&self) -> Result<(), ServiceError> {
        let _between_runs = self.turn.lock().await;
        self.grant_wishes().await
    }

    /// Does so for a caller that has the turn.
    pub(crate) async fn grant_wishes(&self) -> Result<(), ServiceError> {
        for wish in self.store.open_wishes()? {
            let (outcome, answer) = match self.grant(&wish).await {
                Ok(answer) => answer,
                Err(ServiceError::Store(error)) => return Err(error.into()),
                Err(error) => (WishOutcome::Failed, one_line(&error)),
            };
            self.store.answer_wish(wish.number, outcome, &answer)?;
        }
        Ok(())
    }

    async fn grant(&self, wish: &RulesWish) -> Result<Answer, ServiceError> {
        let Some(job) = self.project.jobs.get(&wish.job) else {
            return Ok(refused(format!("there is no job `{}`", wish.job)));
        };
        let (reader, store, its_job) = (self.rules.clone(), self.store.clone(), job.clone());
        let (folder, active) = off_thread::run(move || {
            let active = reader.active(&store, &its_job);
            (reader.candidate(&its_job), active)
        })
        .await;
        let Some(active) = active? else {
            return Ok(refused(format!(
                "job `{}` has no active rules yet; its first run activates what lies in the folder",
                job.name
            )));
        };
        match (wish.verb, &wish.digest) {
            (WishVerb::Rollback, _) => self.go_back(job, active.digest(), &folder).await,
            (WishVerb::Activate, None) => match folder {
                Ok(candidate) => self.enter(job, candidate, None).await,
                Err(refusal) => Ok(refused(format!(
                    "the rules in the folder cannot be let in: {}",
                    one_line(&refusal.error)
                ))),
            },
            (WishVerb::Activate, Some(prefix)) => {
                let begins = |digest: &GenerationDigest| digest.as_str().starts_with(prefix);
                if let Ok(candidate) = &folder
                    && begins(candidate.generation.digest())
                {
                    return self.enter(job, candidate.clone(), None).await;
                }
                let mut history = self.store.activations(&job.name)?;
                history.retain(|activation| begins(&activation.generation.digest));
                history.sort_by_key(|activation| activation.generation.digest.clone());
                history.dedup_by_key(|activation| activation.generation.digest.clone());
                match history.as_slice() {
                    [one] => self.enter_again(job, one, &folder, ACTIVATE).await,
                    [] => Ok(refused(format!(
                        "neither the rules in the folder nor any in the history begin with \
                         `{prefix}`; `syncline rules list` and `rules history` show which there are"
                    ))),
                    _ => Ok(refused(format!(
                        "several rules in the history begin with `{prefix}`; give more digits"
                    ))),
                }
            }
        }
    }

    /// Goes back to the good generation before the active one.
    async fn go_back(
        &self,
        job: &Job,
        active: &GenerationDigest,
        folder: &Result<Candidate, Refusal>,
    ) -> Result<Answer, ServiceError> {
        let history = self.store.activations(&job.name)?;
        match before(&history, active) {
            Some(earlier) => self.enter_again(job, earlier, folder, ROLLBACK).await,
            None => Ok(refused(format!(
                "there are no rules before {} to go back to",
                active.short()
            ))),
        }
    }

    /// Lets in a generation that was active before. What lies in the folder stays out until it changes
    /// or a command lets it in, else the next look would undo this.
    async fn enter_again(
        &self,
        job: &Job,
        earlier: &Activation,
        folder: &Result<Candidate, Refusal>,
        command: &str,
    ) -> Result<Answer, ServiceError> {
        let (reader, store, its_job) = (self.rules.clone(), self.store.clone(), job.clone());
        let remembered = earlier.generation.clone();
        let candidate =
            match off_thread::run(move || reader.of_store(&store, &its_job, &remembered)).await? {
                Ok(candidate) => candidate,
                Err(error) => {
                    return Ok((WishOutcome::Failed, one_line(&error)));
                }
            };
        let active = self.store.active_digest(&job.name)?;
        let declined = match folder {
            Ok(lies) if lies.generation.digest() != candidate.generation.digest() => {
                Some(lies.generation.digest().clone())
            }
            _ => active.filter(|active| active != candidate.generation.digest()),
        };
        self.enter(job, candidate, Some((command, declined))).await
    }

    async fn enter(
        &self,
        job: &Job,
        candidate: Candidate,
        again: Option<(&str, Option<GenerationDigest>)>,
    ) -> Result<Answer, ServiceError> {
        let digest = candidate.generation.digest().clone();
        let reader = self.rules.clone();
        let (store, its_job) = (self.store.clone(), job.clone());
        let active = off_thread::run(move || reader.active(&store, &its_job)).await?;
        let Some(active) = active.filter(|active| *active.digest() != digest) else {
            return Ok((
                WishOutcome::Done,
                format!("rules {} are active already", digest.short()),
            ));
        };
        let ends = self.known_ends(job)?;
        let (command, declined) = again.unwrap_or((ACTIVATE, None));
        // Without knowing whom the tenants are, or with columns that were never read, nothing can be
        // compared. The way back does not wait for the network.
        let both = [&active, &candidate.generation];
        let comparable = match &ends {
            Some(_) if self.covers(job, &both)? => true,
            Some(_) if command == ACTIVATE => {
                let readers = (self.reader(&job.source)?, self.reader(&job.target)?);
                let readers = (&readers.0, &readers.1);
                self.import_for(job, &both, Fit::AtLeast, readers).await?;
                true
            }
            _ => false,
        };
        let weighed = match &ends {
            Some(ends) if comparable => Some(self.weigh(job, &candidate, &active, ends).await?),
            _ => None,
        };
        if command == ACTIVATE {
            match &weighed {
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    return Ok(refused(format!(
                        "rules {} cannot be let in: {}",
                        digest.short(),
                        one_line(error)
                    )));
                }
                None => {
                    return Ok(refused(format!(
                        "job `{}` has to run once before rules can be let in: its tenants are not \
                         known yet",
                        job.name
                    )));
                }
            }
        }
        // The way back is open whatever the old rules say of today's people: they were good.
        let comparison = weighed.and_then(Result::ok);
        let effect = comparison
            .as_ref()
            .map(|comparison| effect(&comparison.preview));
        let context = ends.map(|ends| self.rules_context(job, &ends));
        let marks = match (&comparison, &context) {
            (Some(comparison), Some(context)) => comparison.marks(context),
            _ => Marks::All,
        };
        if let Some(comparison) = &comparison {
            self.emit(Event::RulesPreviewed {
                job: job.name.clone(),
                generation: digest.clone(),
                preview: comparison.preview.clone(),
            });
        }
        let entering = Entering {
            cause: command,
            effect: effect.as_ref(),
            marks,
            declines: declined.as_ref(),
        };
        self.activate(job, &candidate, &entering)?;
        let again = match command {
            ROLLBACK => {
                " again; what lies in the folder stays out until it changes or \
                         `syncline rules activate` lets it in"
            }
            _ => "; the next run uses them",
        };
        Ok((
            WishOutcome::Done,
            format!("rules {} are active{again}", digest.short()),
        ))
    }

    /// Returns the tenants of a job as they called themselves at its last run.
    pub(crate) fn known_ends(&self, job: &Job) -> Result<Option<Ends>, StoreError> {
        let tenants = self.store.tenants(&job.name)?;
        Ok(tenants.map(|(source, target)| Ends { source, target }))
    }
}

fn refused(text: String) -> Answer {
    (WishOutcome::Refused, text)
}

/// Returns the generation that was active before this one became so, other than by going back to it:
/// going back twice leads further back, and not to and fro.
fn before<'a>(history: &'a [Activation], active: &GenerationDigest) -> Option<&'a Activation> {
    let newest_first = history.iter().enumerate();
    let entered = newest_first
        .filter(|(_, activation)| {
            activation.generation.digest == *active && activation.cause != ROLLBACK
        })
        .map(|(place, _)| place)
        .next()?;
    history[entered + 1..]
        .iter()
        .find(|activation| activation.generation.digest != *active)
}

#[cfg(test)]
mod tests {
    use syncline_store::RememberedGeneration;

    use super::*;

    fn history(steps: &[(&str, &str)]) -> Vec<Activation> {
        let oldest_first = steps
            .iter()
            .enumerate()
            .map(|(number, (digest, cause))| Activation {
                number: i64::try_from(number).expect("a small number"),
                generation: RememberedGeneration {
                    digest: GenerationDigest::new(*digest),
                    layers: Vec::new(),
                    activated: String::new(),
                },
                cause: (*cause).to_owned(),
                effect: None,
            });
        oldest_first.rev().collect()
    }

    #[test]
    fn going_back_twice_leads_further_back() {
        let back = |steps: &[(&str, &str)], active: &str| {
            before(&history(steps), &GenerationDigest::new(active))
                .map(|activation| activation.generation.digest.to_string())
        };
        let mut steps = vec![("a", "first"), ("b", "guarded"), ("c", "guarded")];
        assert_eq!(back(&steps, "c").as_deref(), Some("b"));
        steps.push(("b", ROLLBACK));
        assert_eq!(back(&steps, "b").as_deref(), Some("a"));
        steps.push(("a", ROLLBACK));
        assert_eq!(back(&steps, "a"), None);
        steps.push(("c", ACTIVATE));
        assert_eq!(back(&steps, "c").as_deref(), Some("a"));
    }
}
