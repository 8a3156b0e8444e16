//! What is said about an object: the words of an explanation, as they are shown and written as JSON.

use serde::Serialize;
use syncline_directory::{
    Apply, AttributeName, ComponentDigest, GenerationDigest, JobName, MatchKey, ObjectKind,
    PluginName, Reason, SourceId, TargetId,
};
use syncline_planner::{Finding, Joined, Operation, Standing};
use syncline_store::SubjectStanding;

/// Why an object is as it is.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The job.
    pub job: JobName,
    /// The kind of object.
    pub kind: ObjectKind,
    /// What people recognise it by.
    pub label: String,
    /// The active rules.
    pub generation: GenerationDigest,
    /// Whether they are suspended, so that a run would not ask them.
    pub suspended: bool,
    /// The source object.
    pub source: End<SourceId>,
    /// The linked target object.
    pub target: Option<End<TargetId>>,
    /// Whether the job's groups and people assign it.
    pub assigned: bool,
    /// What each layer says of it.
    pub layers: Vec<ExplainedLayer>,
    /// The verdict.
    pub verdict: Decided,
    /// The match keys, by tier.
    pub keys: Vec<MatchKey>,
    /// What the keys find, where the object has no link.
    pub joined: Option<Joined>,
    /// What the mapping comes to; none for an object that is not mapped.
    pub outcome: Option<Decided>,
    /// What is wanted of each attribute, and why.
    pub outputs: Vec<ExplainedOutput>,
    /// Where the object would stand after a run now, and why.
    pub standing: Standing,
    /// What should be known of it.
    pub findings: Vec<Finding>,
    /// What a run would do about it now.
    pub operations: Vec<Operation>,
    /// Where the last run left it.
    pub last_run: Option<LastStanding>,
}

/// One end of a link, as the mirror holds it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct End<Id> {
    /// The object.
    pub id: Id,
    /// Whether it is there.
    pub state: &'static str,
    /// Its attributes; none that have no value.
    pub attributes: serde_json::Value,
}

/// Something that was decided, by whom and why.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decided {
    /// What, as in `in-scope` or `skip`.
    pub what: &'static str,
    /// Why, where a reason was given.
    pub reason: Option<Reason>,
    /// The layer; none where the job's assignment or the host decided.
    pub layer: Option<PluginName>,
}

/// What one layer says of an object.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedLayer {
    /// The plugin.
    pub plugin: PluginName,
    /// Its component.
    pub component: ComponentDigest,
    /// Its verdict, where it has one.
    pub verdict: Option<Decided>,
    /// How it failed on the object, where it did.
    pub failure: Option<Reason>,
}

/// An attribute, what is wanted of it, and why that is done or not.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedOutput {
    /// The attribute.
    pub attribute: AttributeName,
    /// The wish, as in `keep` or `{"set": "Sales"}`.
    pub wanted: serde_json::Value,
    /// When a wish is honoured.
    pub apply: Apply,
    /// The layer that decides.
    pub layer: PluginName,
    /// Its component.
    pub component: ComponentDigest,
    /// The earlier layers whose decision it replaces.
    pub overrides: Vec<PluginName>,
    /// What the layer declares that the value depends on, with what it is now.
    pub inputs: Vec<Input>,
    /// What the target holds.
    pub holds: serde_json::Value,
    /// What was written last; none where nothing was.
    pub written: Option<serde_json::Value>,
    /// What a run would do about it now, or why nothing.
    pub then: String,
}

/// An input of an output.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// Where it is from: `source`, `target`, `table` or `time`.
    pub from: &'static str,
    /// The attribute or table.
    pub name: String,
    /// Its value; of a table how many keys it has.
    pub value: serde_json::Value,
}

/// Where the last run left an object.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LastStanding {
    /// The state.
    pub state: String,
    /// Why.
    pub reason: Reason,
    /// What should be known.
    pub findings: Vec<Finding>,
}

impl From<SubjectStanding> for LastStanding {
    fn from(standing: SubjectStanding) -> Self {
        let SubjectStanding {
            state,
            reason,
            findings,
        } = standing;
        Self {
            state,
            reason,
            findings,
        }
    }
}
