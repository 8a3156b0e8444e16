//! The interface of a component by its names: what it imports and exports, in which version.
//!
//! A host serves every version of its contract's major one. A later minor version differs in what it
//! adds, so a component that was built against one is served as long as it uses nothing of that
//! (`docs/contract.md`).

use wasmtime::component::{Component as Compiled, types::ComponentItem};

use super::{AdmissionError, scan::Scan};
use crate::{
    contract::{EXPORTS, FUNCTIONS, IMPORTS, PACKAGE, VERSION},
    untrusted,
};

/// Checks that the component imports nothing but what the host offers and exports the whole contract,
/// in a version that this host serves.
pub(super) fn check(scan: &Scan<'_>) -> Result<(), AdmissionError> {
    let mut foreign = Vec::new();
    for import in &scan.imports {
        match Name::of(import).filter(|name| name.package == PACKAGE) {
            Some(name) if IMPORTS.contains(&name.interface) => name.check_version()?,
            // Not of this version: of a later one, or of no version at all.
            Some(name) if !name.is_served() || name.is_newer() => return Err(name.mismatch()),
            _ => foreign.push(untrusted::printable(import)),
        }
    }
    if !foreign.is_empty() {
        return Err(AdmissionError::Import(foreign));
    }
    let exports = || {
        let names = scan.exports.iter().filter_map(|export| Name::of(export));
        names.filter(|name| name.package == PACKAGE)
    };
    let mut missing = Vec::new();
    for interface in EXPORTS {
        let mut offered = exports().filter(|name| name.interface == interface);
        if offered.clone().any(|name| name.is_served()) {
            continue;
        }
        match offered.next() {
            Some(name) => return Err(name.mismatch()),
            None => missing.push(format!("`{PACKAGE}/{interface}@{VERSION}`")),
        }
    }
    if !missing.is_empty() {
        return Err(AdmissionError::Export(missing));
    }
    // What a later version has rules decide this host would never ask for.
    let unknown = exports().find(|name| {
        !EXPORTS.contains(&name.interface) && !IMPORTS.contains(&name.interface) && name.is_newer()
    });
    unknown.map_or(Ok(()), |name| Err(name.mismatch()))
}

/// Checks that the component imports no function that the host does not offer: a later minor version
/// may have added one to an interface that this host has.
pub(super) fn check_functions(compiled: &Compiled) -> Result<(), AdmissionError> {
    let engine = compiled.engine();
    for (import, item) in compiled.component_type().imports(engine) {
        let (Some(name), ComponentItem::ComponentInstance(instance)) = (Name::of(import), item.ty)
        else {
            continue;
        };
        for (export, item) in instance.exports(engine) {
            let is_function = matches!(item.ty, ComponentItem::ComponentFunc(_));
            if is_function && !FUNCTIONS.contains(&(name.interface, export)) {
                return Err(name.mismatch_in(export));
            }
        }
    }
    Ok(())
}

/// A name as `package:name/interface@version`.
#[derive(Clone, Copy)]
struct Name<'a> {
    text: &'a str,
    package: &'a str,
    interface: &'a str,
    /// None where it is no version of three numbers: a pre-release, or nonsense.
    version: Option<Version>,
}

/// Major, minor and patch.
type Version = (u32, u32, u32);

impl<'a> Name<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (name, version) = text.split_once('@').unwrap_or((text, ""));
        let (package, interface) = name.split_once('/')?;
        Some(Self {
            text,
            package,
            interface,
            version: version_of(version),
        })
    }

    /// Whether the version has this host's major one, and is no pre-release.
    fn is_served(&self) -> bool {
        let major = |version: Option<Version>| version.map(|(major, ..)| major);
        self.version.is_some() && major(self.version) == major(version_of(VERSION))
    }

    /// Whether the version is later than this host's.
    fn is_newer(&self) -> bool {
        self.version > version_of(VERSION)
    }

    fn check_version(&self) -> Result<(), AdmissionError> {
        if self.is_served() {
            Ok(())
        } else {
            Err(self.mismatch())
        }
    }

    fn mismatch(&self) -> AdmissionError {
        self.wants(untrusted::printable(self.text))
    }

    fn mismatch_in(&self, function: &str) -> AdmissionError {
        let function = untrusted::printable(function);
        self.wants(format!(
            "`{function}` of {}",
            untrusted::printable(self.text)
        ))
    }

    fn wants(&self, wanted: String) -> AdmissionError {
        AdmissionError::Version {
            wanted,
            offered: VERSION,
            is_newer: self.is_newer(),
        }
    }
}

fn version_of(text: &str) -> Option<Version> {
    let mut numbers = text.split('.').map(|number| number.parse::<u32>().ok());
    let version = (numbers.next()??, numbers.next()??, numbers.next()??);
    numbers.next().is_none().then_some(version)
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
        "syncline:rules/manifest@1.0.0",
        "syncline:rules/scoping@1.0.0",
        "syncline:rules/matching@1.4.0",
        "syncline:rules/mapping@1.0.3",
    ];

    #[test]
    fn every_version_of_the_same_major_one_is_taken() {
        assert_eq!(
            judge(
                &["syncline:rules/types@1.9.0", "syncline:rules/log@1.0.7"],
                &ALL
            ),
            Ok(())
        );
    }

    #[test]
    fn another_major_version_is_refused_with_both_named_for_user_and_author() {
        let error = judge(&["syncline:rules/tables@2.0.0"], &ALL).unwrap_err();
        assert_eq!(error.code(), "version");
        assert_eq!(
            error.to_string(),
            "the rule needs syncline:rules/tables@2.0.0, this version of Syncline offers 1.0.0: use a \
             later version of Syncline, or a build of the rule for this one; its author makes one by \
             building against `syncline:rules@1.0.0`"
        );
        let error = judge(&[], &["syncline:rules/manifest@0.1.0"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the rule needs syncline:rules/manifest@0.1.0, this version of Syncline offers 1.0.0: use a \
             build of the rule for this one; its author makes one by building against \
             `syncline:rules@1.0.0`"
        );
        for version in ["2.0.0", "1.0", "1.1.0-rc.1", "", "1.0.0.0"] {
            let export = format!("syncline:rules/manifest@{version}");
            assert_eq!(
                judge(&[], &[&export]).unwrap_err().code(),
                "version",
                "{version}"
            );
        }
    }

    #[test]
    fn an_interface_that_a_later_minor_version_has_added_is_refused_as_of_that_version() {
        let wanted = |error: AdmissionError| match error {
            AdmissionError::Version {
                wanted, is_newer, ..
            } => (wanted, is_newer),
            other => panic!("{other:?}"),
        };
        let membership = "syncline:rules/membership@1.3.0";
        let error = judge(&["syncline:rules/clock@1.3.0"], &ALL).unwrap_err();
        assert_eq!(wanted(error), ("syncline:rules/clock@1.3.0".into(), true));
        let exports = [&ALL[..], &[membership]].concat();
        let error = judge(&[], &exports).unwrap_err();
        assert_eq!(wanted(error), (membership.into(), true));
    }

    #[test]
    fn a_foreign_import_is_refused_by_name() {
        let error = judge(
            &["wasi:cli/environment@0.2.6", "syncline:rules/clock@1.0.0"],
            &ALL,
        );
        assert_eq!(
            error.unwrap_err().to_string(),
            "the rule imports wasi:cli/environment@0.2.6, syncline:rules/clock@1.0.0, which rules may \
             not have"
        );
    }

    #[test]
    fn missing_exports_are_named() {
        let error = judge(&[], &ALL[..3]).unwrap_err();
        assert_eq!(error.code(), "export");
        assert_eq!(
            error.to_string(),
            "the rule does not export `syncline:rules/mapping@1.0.0`"
        );
    }
}
