//! Changed rules: what they would change, and that they are in.

use syncline_directory::GenerationDigest;
use syncline_service::RulesPreview;

use super::{aligned, counted};

/// Returns what changed rules would change, in a few lines.
pub(crate) fn previewed(generation: &GenerationDigest, preview: &RulesPreview) -> String {
    let mut lines = vec![format!(
        "changed rules {}: {} asked about, {} would change, {} enter the scope, {} leave it{}{}",
        generation.short(),
        counted(preview.objects, "object", "objects"),
        preview.changing,
        preview.entering,
        preview.leaving,
        if preview.leaving > 0 {
            format!(" ({} of them linked)", preview.leaving_linked)
        } else {
            String::new()
        },
        if preview.undecided > 0 {
            format!(", {} can no longer be decided", preview.undecided)
        } else {
            String::new()
        },
    )];
    let rows: Vec<Vec<String>> = preview
        .attributes
        .iter()
        .map(|(attribute, count)| {
            let example = preview
                .examples
                .iter()
                .find(|example| example.attribute == *attribute);
            vec![
                format!("  {attribute}"),
                count.to_string(),
                example.map_or_else(String::new, |example| {
                    let (before, after) = (shown(&example.before), shown(&example.after));
                    format!("{}: {before} -> {after}", example.object)
                }),
            ]
        })
        .collect();
    if !rows.is_empty() {
        lines.push(aligned(&[], &rows));
    }
    lines.join("\n")
}

/// Returns a value in quotes, and what stands for none without.
fn shown(value: &str) -> String {
    if value.starts_with('(') {
        value.to_owned()
    } else {
        format!("`{value}`")
    }
}

/// Returns that rules became active.
pub(crate) fn activated(generation: &GenerationDigest, layers: &[String]) -> String {
    format!(
        "rules {} are active: {}",
        generation.short(),
        layers.join(", ")
    )
}
