//! The interface of a component by its names: what it imports and exports, in which version.

use super::{AdmissionError, scan::Scan};
use crate::{
    contract::{EXPORTS, IMPORTS, PACKAGE, VERSION},
    untrusted,
};

/// Checks that the component imports nothing but what the host offers and exports the whole contract,
/// in a version that this host speaks.
pub(super) fn check(scan: &Scan<'_>) -> Result<(), AdmissionError> {
    let mut foreign = Vec::new();
    for import in &scan.imports {
        match Name::of(import) {
            Some(name) if name.package == PACKAGE && IMPORTS.contains(&name.interface) => {
                name.check_version()?;
            }
            _ => foreign.push(untrusted::printable(import)),
        }
    }
    if !foreign.is_empty() {
        return Err(AdmissionError::Import(foreign));
    }
    let mut missing = Vec::new();
    for interface in EXPORTS {
        let mut offered = scan
            .exports
            .iter()
            .filter_map(|export| Name::of(export))
            .filter(|name| name.package == PACKAGE && name.interface == interface);
        if offered.clone().any(|name| name.is_compatible()) {
            continue;
        }
        match offered.next() {
            Some(name) => return Err(name.mismatch()),
            None => missing.push(format!("`{PACKAGE}/{interface}@{VERSION}`")),
        }
    }
    if missing.is_empty() {
        Ok(())
    } else {
        Err(AdmissionError::Export(missing))
    }
}

/// A name as `package:name/interface@version`.
#[derive(Clone, Copy)]
struct Name<'a> {
    text: &'a str,
    package: &'a str,
    interface: &'a str,
    version: &'a str,
}

impl<'a> Name<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (name, version) = text.split_once('@').unwrap_or((text, ""));
        let (package, interface) = name.split_once('/')?;
        Some(Self {
            text,
            package,
            interface,
            version,
        })
    }

    /// Whether the version is on this host's track: the same first two numbers, and no pre-release.
    fn is_compatible(&self) -> bool {
        match (track(self.version), track(VERSION)) {
            (Some(wanted), Some(offered)) => wanted == offered,
            _ => false,
        }
    }

    fn check_version(&self) -> Result<(), AdmissionError> {
        if self.is_compatible() {
            Ok(())
        } else {
            Err(self.mismatch())
        }
    }

    fn mismatch(&self) -> AdmissionError {
        AdmissionError::Version {
            wanted: untrusted::printable(self.text),
            offered: VERSION,
        }
    }
}

fn track(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
    match (
        numbers.next(),
        numbers.next(),
        numbers.next(),
        numbers.next(),
    ) {
        (Some(Some(major)), Some(Some(minor)), Some(Some(_)), None) => Some((major, minor)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(imports: &[&str], exports: &[&str]) -> Result<(), AdmissionError> {
        let names =
            |names: &[&str]| -> Vec<String> { names.iter().map(|&name| name.into()).collect() };
        let mut scan = Scan::default();
        scan.imports = names(imports);
        scan.exports = names(exports);
        check(&scan)
    }

    const ALL: [&str; 4] = [
        "syncline:rules/manifest@0.1.0",
        "syncline:rules/scoping@0.1.0",
        "syncline:rules/matching@0.1.0",
        "syncline:rules/mapping@0.1.3",
    ];

    #[test]
    fn a_later_patch_of_the_same_minor_version_is_taken() {
        assert_eq!(
            judge(
                &["syncline:rules/types@0.1.9", "syncline:rules/log@0.1.0"],
                &ALL
            ),
            Ok(())
        );
    }

    #[test]
    fn another_version_is_refused_with_both_named() {
        let error = judge(&["syncline:rules/tables@0.2.0"], &ALL).unwrap_err();
        assert_eq!(error.code(), "version");
        assert_eq!(
            error.to_string(),
            "the rule is built for syncline:rules/tables@0.2.0, this version of Syncline offers 0.1.0"
        );
        for version in ["1.0.0", "0.1", "0.1.0-rc.1", "", "0.1.0.0"] {
            let export = format!("syncline:rules/manifest@{version}");
            assert_eq!(
                judge(&[], &[&export]).unwrap_err().code(),
                "version",
                "{version}"
            );
        }
    }

    #[test]
    fn a_foreign_import_is_refused_by_name() {
        let error = judge(
            &["wasi:cli/environment@0.2.6", "syncline:rules/clock@0.1.0"],
            &ALL,
        );
        assert_eq!(
            error.unwrap_err().to_string(),
            "the rule imports wasi:cli/environment@0.2.6, syncline:rules/clock@0.1.0, which rules may \
             not have"
        );
    }

    #[test]
    fn missing_exports_are_named() {
        let error = judge(&[], &ALL[..3]).unwrap_err();
        assert_eq!(error.code(), "export");
        assert_eq!(
            error.to_string(),
            "the rule does not export `syncline:rules/mapping@0.1.0`"
        );
    }
}
