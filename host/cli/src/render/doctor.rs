//! What a doctor found.

use serde_json::{Value as Json, json};
use syncline_directory::Side;
use syncline_service::{
    Project,
    doctor::{Diagnosis, Finding, Severity},
};

use super::{named, result};
use crate::commands::Output;

/// Shows what was found about jobs.
pub(crate) fn diagnoses(
    project: &Project,
    diagnoses: &[Diagnosis],
    output: Output,
) -> anyhow::Result<()> {
    let all = || {
        diagnoses.iter().flat_map(|diagnosis| {
            let findings = diagnosis.findings.iter();
            findings.map(move |finding| json_of(diagnosis, finding))
        })
    };
    match output {
        Output::Table => {
            for diagnosis in diagnoses {
                result(&table(project, diagnosis));
            }
        }
        Output::Json => {
            let value: Vec<Json> = all().collect();
            result(&serde_json::to_string_pretty(&json!({ "value": value }))?);
        }
        Output::Jsonl => {
            for finding in all() {
                result(&finding.to_string());
            }
        }
        Output::Csv => {
            let mut csv = csv::Writer::from_writer(std::io::stdout());
            csv.write_record([
                "job", "severity", "side", "tenant", "check", "finding", "fix",
            ])?;
            for diagnosis in diagnoses {
                for finding in &diagnosis.findings {
                    csv.write_record([
                        diagnosis.job.as_str(),
                        finding.severity.as_str(),
                        finding.side.map_or("", Side::as_str),
                        finding.tenant.as_deref().unwrap_or_default(),
                        finding.check.as_str(),
                        &finding.text,
                        finding.fix.as_deref().unwrap_or_default(),
                    ])?;
                }
            }
            csv.flush()?;
        }
    }
    Ok(())
}

fn json_of(diagnosis: &Diagnosis, finding: &Finding) -> Json {
    json!({
        "job": diagnosis.job,
        "check": finding.check.as_str(),
        "severity": finding.severity.as_str(),
        "side": finding.side.map(Side::as_str),
        "tenant": finding.tenant,
        "finding": finding.text,
        "fix": finding.fix,
    })
}

fn table(project: &Project, diagnosis: &Diagnosis) -> String {
    let job = &project.jobs[&diagnosis.job];
    let names: Vec<String> = diagnosis.findings.iter().map(name).collect();
    let mut rows: Vec<(&str, String)> = Vec::new();
    for (name, finding) in names.iter().zip(&diagnosis.findings) {
        rows.push((name, finding.text.clone()));
        if let Some(fix) = &finding.fix {
            rows.push(("", format!("to do: {fix}")));
        }
    }
    format!(
        "{} ({} to {})\n{}\n{}",
        diagnosis.job,
        job.source,
        job.target,
        named(&rows),
        summary(diagnosis)
    )
}

/// Returns what stands before a finding; the widest words are `blocks` with two spaces, `fabrikam`
/// and the like.
fn name(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Ok => "ok",
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Blocks => "BLOCKS",
    };
    let side = finding.side.map_or("", Side::as_str);
    format!("  {severity:7}  {side:6}  {}", finding.check.as_str())
}

fn summary(diagnosis: &Diagnosis) -> String {
    let count = |severity: Severity| {
        let of = |finding: &&Finding| finding.severity == severity;
        diagnosis.findings.iter().filter(of).count() as u64
    };
    let warnings = super::counted(count(Severity::Warning), "warning", "warnings");
    match count(Severity::Blocks) {
        0 => format!("nothing blocks a run; {warnings}"),
        1 => format!("1 finding blocks runs; {warnings}"),
        blocks => format!("{blocks} findings block runs; {warnings}"),
    }
}
