//! From a candidate to an active generation: it is tried, compared with the active generation on
//! everything that is mirrored, and judged by the guards. It becomes active between two runs; whatever
//! fails leaves the last good generation active, which the store keeps (laws L9 and L11).

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use syncline_directory::{ComponentDigest, GenerationDigest, JobName, ObjectKind, Side, Tenant};
use syncline_graph::Source;
use syncline_planner::guard;
use syncline_rules::{Context, Generation};
use syncline_store::{
    CandidateState, Entering, Fit, Marks, RememberedGeneration, Store, StoreError, StoredCandidate,
};

use crate::{
    Event, RulesError, Service, ServiceError,
    off_thread::{self, Abandoned},
    one_line,
    planning::mapping_row,
    preview::{Comparison, RulesPreview, compare},
    project::{Activation, Job},
    rules_folder::{Candidate, KnownRules, Refusal},
    tenants::tenant_error,
};

/// How many rows of the mirror a candidate is tried on before it becomes active.
const TRIED_ROWS: usize = 256;

/// What was said of each job's rules last, so that nothing is said twice.
#[derive(Default)]
pub(crate) struct RulesSaid(Mutex<BTreeMap<JobName, String>>);

impl RulesSaid {
    /// Whether this has not been said of the job's rules last.
    fn is_news(&self, job: &JobName, text: &str) -> bool {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.insert(job.clone(), text.to_owned()).as_deref() != Some(text)
    }
}

/// Which rules a run uses.
pub(crate) struct Chosen {
    pub(crate) generation: Generation,
    /// Whether other rules lie in the folder that are not let in.
    pub(crate) others_wait: bool,
}

impl Chosen {
    fn only(generation: Generation) -> Self {
        Self {
            generation,
            others_wait: false,
        }
    }

    fn before_others(generation: Generation) -> Self {
        Self {
            generation,
            others_wait: true,
        }
    }
}

/// What may let a candidate in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Letting<'a> {
    /// The job's `activation`.
    AsTheJobSays,
    /// A command, by its name.
    ByCommand(&'a str),
}

/// The two tenants of a job.
#[derive(Clone, Debug)]
pub(crate) struct Ends {
    pub(crate) source: Tenant,
    pub(crate) target: Tenant,
}

impl Ends {
    /// Asks both tenants what they are.
    pub(crate) async fn read(
        job: &Job,
        source: &Source,
        target: &Source,
    ) -> Result<Self, ServiceError> {
        Ok(Self {
            source: source
                .tenant()
                .await
                .map_err(tenant_error(Side::Source, job))?,
            target: target
                .tenant()
                .await
                .map_err(tenant_error(Side::Target, job))?,
        })
    }
}

/// The result of weighing a candidate, or why it is refused.
pub(crate) type Weighed = Result<Comparison, RulesError>;

impl Service {
    /// Decides which generation a run uses.
    pub(crate) async fn settle_rules(
        &self,
        job: &Job,
        rules: KnownRules,
        ends: &Ends,
        readers: (&Source, &Source),
        letting: Letting<'_>,
    ) -> Result<Chosen, ServiceError> {
        let (candidate, active) = match (rules.folder, rules.active) {
            (None, Some(active)) => {
                let waits = self.store.candidate(&job.name)?.is_some();
                return Ok(match waits {
                    true => Chosen::before_others(active),
                    false => Chosen::only(active),
                });
            }
            (Some(Err(refusal)), Some(active)) => {
                self.refuse(job, &refusal)?;
                return Ok(Chosen::only(active));
            }
            (Some(Err(refusal)), None) => return Err((*refusal.error).into()),
            (Some(Ok(candidate)), Some(active)) => (candidate, active),
            // The first generation activates itself (design, section 11).
            (Some(Ok(candidate)), None) => {
                let context = self.rules_context(job, ends);
                let (store, its_job) = (self.store.clone(), job.clone());
                let generation = candidate.generation.clone();
                off_thread::run(move || try_rules(&store, &its_job, &generation, &context)).await?;
                return Ok(Chosen::only(self.activate(
                    job,
                    &candidate,
                    &Entering {
                        cause: "first",
                        effect: None,
                        marks: Marks::All,
                        declines: None,
                    },
                )?));
            }
            (None, None) => {
                return Err(RulesError::Activation {
                    job: job.name.clone(),
                    source: syncline_rules::ActivationError::Empty,
                }
                .into());
            }
        };
        if let Some(chosen) = self.needs_no_weighing(job, &candidate, &active, letting)? {
            return Ok(chosen);
        }
        // What the candidate reads beyond the active rules has to be there to preview it.
        let both = [&active, &candidate.generation];
        self.import_for(job, &both, Fit::AtLeast, readers).await?;
        let weighed = self.weigh(job, &candidate, &active, ends).await?;
        self.let_in(job, &candidate, active, ends, weighed, letting)
    }

    /// Returns which rules a run uses where that is plain without a look at the mirror: what lies in
    /// the folder is active, or was taken back from by a command.
    pub(crate) fn needs_no_weighing(
        &self,
        job: &Job,
        candidate: &Candidate,
        active: &Generation,
        letting: Letting<'_>,
    ) -> Result<Option<Chosen>, ServiceError> {
        let digest = candidate.generation.digest();
        let is_active = digest == active.digest();
        let declined = self.store.declined(&job.name)?;
        if declined.is_some_and(|declined| declined == *digest) {
            if matches!(letting, Letting::ByCommand(_)) && !is_active {
                return Ok(None);
            }
            let reason = "somebody went back from them; they stay out until they change or a command \
                          lets them in";
            self.wait(job, candidate, None, reason)?;
            return Ok(Some(Chosen::before_others(active.clone())));
        }
        self.store.forget_declined(&job.name)?;
        if is_active {
            self.store.set_candidate(&job.name, None)?;
            self.rules_said.is_news(&job.name, digest.as_str());
            return Ok(Some(Chosen::only(active.clone())));
        }
        Ok(None)
    }

    /// Tries a candidate and compares it with the active generation on what is mirrored. It only
    /// reads, so a run may go on meanwhile.
    pub(crate) async fn weigh(
        &self,
        job: &Job,
        candidate: &Candidate,
        active: &Generation,
        ends: &Ends,
    ) -> Result<Weighed, ServiceError> {
        let context = self.rules_context(job, ends);
        let suspended = self
            .store
            .suspension(&job.name)?
            .is_some_and(|suspension| suspension.digest == *active.digest());
        let (store, its_job) = (self.store.clone(), job.clone());
        let (candidate, active) = (candidate.generation.clone(), active.clone());
        off_thread::run_while_wanted(move |abandoned| {
            // What is suspended is asked nothing more.
            let active = (!suspended).then_some(&active);
            weigh(&store, &its_job, &candidate, active, &context, abandoned)
        })
        .await
    }

    /// Judges what weighing a candidate came to, and lets it in or leaves it out. No run may be under
    /// way.
    pub(crate) fn let_in(
        &self,
        job: &Job,
        candidate: &Candidate,
        active: Generation,
        ends: &Ends,
        weighed: Weighed,
        letting: Letting<'_>,
    ) -> Result<Chosen, ServiceError> {
        let comparison = match weighed {
            Ok(comparison) => comparison,
            Err(error) => {
                let refusal = Refusal {
                    error: Box::new(error),
                    digest: Some(candidate.generation.digest().to_string()),
                };
                self.refuse(job, &refusal)?;
                return Ok(Chosen::before_others(active));
            }
        };
        let kind = ObjectKind::User;
        let trips = guard::judge(
            &comparison.preview.census(
                self.store.live_links(&job.name)?,
                self.store.live_objects(&job.name, Side::Source, kind)?,
            ),
            &job.guards,
        );
        let (cause, obstacle) = match (letting, job.activation) {
            (Letting::ByCommand(command), _) => (command, None),
            (Letting::AsTheJobSays, Activation::Automatic) => ("automatic", None),
            (Letting::AsTheJobSays, Activation::Manual) => {
                ("manual", Some("activation is manual".to_owned()))
            }
            (Letting::AsTheJobSays, Activation::Guarded) => {
                ("guarded", trips.first().map(|trip| trip.text.clone()))
            }
        };
        let digest = candidate.generation.digest();
        let news = self.rules_said.is_news(&job.name, digest.as_str());
        if news || obstacle.is_none() {
            self.emit(Event::RulesPreviewed {
                job: job.name.clone(),
                generation: digest.clone(),
                preview: comparison.preview.clone(),
            });
        }
        match obstacle {
            None => {
                let effect = effect(&comparison.preview);
                let context = self.rules_context(job, ends);
                let entering = Entering {
                    cause,
                    effect: Some(&effect),
                    marks: comparison.marks(&context),
                    declines: None,
                };
                Ok(Chosen::only(self.activate(job, candidate, &entering)?))
            }
            Some(reason) => {
                if news {
                    self.emit(Event::RulesWait {
                        job: job.name.clone(),
                        generation: digest.clone(),
                        reason: reason.clone(),
                    });
                }
                self.wait(job, candidate, Some(&comparison), &reason)?;
                Ok(Chosen::before_others(active))
            }
        }
    }

    pub(crate) fn activate(
        &self,
        job: &Job,
        candidate: &Candidate,
        entering: &Entering<'_>,
    ) -> Result<Generation, ServiceError> {
        let Candidate {
            generation,
            layers,
            components,
            tables,
        } = candidate;
        let components: Vec<(ComponentDigest, &[u8])> = components
            .iter()
            .map(|(digest, bytes)| (digest.clone(), &**bytes))
            .collect();
        // Before the generation that needs them, so that a kill in between leaves it nothing to miss.
        self.store.remember_tables(generation.digest(), tables)?;
        self.store.activate(
            &job.name,
            &RememberedGeneration {
                digest: generation.digest().clone(),
                layers: layers.clone(),
                activated: self.now(),
            },
            &components,
            entering,
        )?;
        self.rules.turn_to(job, generation);
        self.rules_said
            .is_news(&job.name, generation.digest().as_str());
        self.emit(Event::RulesActivated {
            job: job.name.clone(),
            generation: generation.digest().clone(),
            layers: generation
                .layers()
                .iter()
                .map(|layer| format!("{} {}", layer.name, layer.version))
                .collect(),
        });
        Ok(generation.clone())
    }

    /// Remembers and tells that what lies in the folder cannot become active.
    pub(crate) fn refuse(&self, job: &Job, refusal: &Refusal) -> Result<(), ServiceError> {
        let reason = one_line(&refusal.error);
        self.store.set_candidate(
            &job.name,
            Some(&StoredCandidate {
                state: CandidateState::Refused,
                digest: refusal.digest.clone(),
                layers: Vec::new(),
                step: Some(refusal.error.step().to_owned()),
                reason: reason.clone(),
                effect: None,
                since: self.now(),
            }),
        )?;
        let digest = refusal.digest.as_deref().unwrap_or_default();
        if self
            .rules_said
            .is_news(&job.name, &format!("{digest} {reason}"))
        {
            self.emit(Event::RulesRefused {
                job: job.name.clone(),
                reason,
            });
        }
        Ok(())
    }

    /// Remembers that good rules wait in the folder.
    fn wait(
        &self,
        job: &Job,
        candidate: &Candidate,
        comparison: Option<&Comparison>,
        reason: &str,
    ) -> Result<(), ServiceError> {
        let effect = comparison.map(|comparison| effect(&comparison.preview));
        self.store.set_candidate(
            &job.name,
            Some(&StoredCandidate {
                state: CandidateState::Waits,
                digest: Some(candidate.generation.digest().to_string()),
                layers: candidate.layers.clone(),
                step: None,
                reason: reason.to_owned(),
                effect,
                since: self.now(),
            }),
        )?;
        Ok(())
    }

    pub(crate) fn rules_context(&self, job: &Job, ends: &Ends) -> Context {
        context(job, ends, self.now())
    }

    /// Returns the generation that a run uses, if it is suspended.
    pub(crate) fn check_suspension(
        &self,
        job: &Job,
        generation: &GenerationDigest,
    ) -> Result<(), ServiceError> {
        match self.store.suspension(&job.name)? {
            Some(suspension) if suspension.digest == *generation => {
                Err(ServiceError::RulesSuspended {
                    job: job.name.clone(),
                    suspension: Box::new(suspension),
                })
            }
            _ => Ok(()),
        }
    }
}

/// Returns a preview as the store keeps it.
pub(crate) fn effect(preview: &RulesPreview) -> serde_json::Value {
    serde_json::to_value(preview).expect("a preview holds only numbers and texts")
}

/// Returns what rules are told of the run.
pub(crate) fn context(job: &Job, ends: &Ends, now: String) -> Context {
    Context {
        job: job.name.clone(),
        kind: ObjectKind::User,
        now,
        source: ends.source.clone(),
        target: ends.target.clone(),
    }
}

fn weigh(
    store: &Store,
    job: &Job,
    candidate: &Generation,
    active: Option<&Generation>,
    context: &Context,
    abandoned: &Abandoned,
) -> Result<Weighed, ServiceError> {
    match try_rules(store, job, candidate, context) {
        Err(ServiceError::Rules(error)) => return Ok(Err(error)),
        tried => tried?,
    }
    let comparison = compare(store, active, candidate, context, abandoned)?;
    if comparison.tally.is_too_much() {
        return Ok(Err(RulesError::Preview {
            job: job.name.clone(),
            asked: comparison.tally.asked,
            failed: comparison.tally.failed,
            reason: comparison.tally.first_reason(),
        }));
    }
    Ok(Ok(comparison))
}

/// Tries a candidate on its own samples and on rows of the mirror.
fn try_rules(
    store: &Store,
    job: &Job,
    generation: &Generation,
    context: &Context,
) -> Result<(), ServiceError> {
    let failed = |source| RulesError::Trial {
        job: job.name.clone(),
        source,
    };
    generation.try_samples(context).map_err(failed)?;
    let rows: Result<Vec<_>, StoreError> =
        store.live_subjects(&job.name, context.kind, None, TRIED_ROWS);
    let rows: Vec<_> = rows?
        .iter()
        .filter_map(|row| mapping_row(generation, context.kind, row).ok())
        .collect();
    Ok(generation
        .try_rows(context, context.kind, &rows)
        .map_err(failed)?)
}
