//! Which target object belongs to a source object.
//!
//! A known link comes first and is not asked about here. Otherwise the match keys are tried tier by
//! tier against the target's index, recycle bin included. The answer is one to one or it is a named
//! state; there is no guess (law L1, edge cases 1 to 3).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use syncline_directory::{ObjectKind, ObjectState, SourceId, TargetId};

/// A target object that a match key found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The object.
    pub id: TargetId,
    /// Its kind, which may differ from the one looked for.
    pub kind: ObjectKind,
    /// Live or in the recycle bin; purged objects are not candidates.
    pub state: ObjectState,
    /// The source object that this job has linked it to.
    pub linked_to: Option<SourceId>,
}

/// What the keys of one tier found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tier {
    /// Other source objects in scope that carry one of these keys too.
    pub rivals: Vec<SourceId>,
    /// Target objects that hold one of these keys.
    pub candidates: Vec<Candidate>,
}

/// What the join came to for an object without a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Joined {
    /// Nothing in the target matches.
    New,
    /// This live object matches; we did not make it.
    Matched(TargetId),
    /// This object in the recycle bin matches; we did not make it.
    MatchedDeleted(TargetId),
    /// Several target objects match.
    Ambiguous(Vec<TargetId>),
    /// Other source objects claim the same key; none of them is written.
    Contested(Vec<SourceId>),
    /// The matching object belongs to another source object.
    Claimed {
        /// The object.
        target: TargetId,
        /// Whose it is.
        by: SourceId,
    },
    /// An object of another kind holds the key.
    WrongKind {
        /// The object.
        target: TargetId,
        /// Its kind.
        kind: ObjectKind,
    },
}

/// Finds the target object of a source object of this kind that has no link yet. `tiers` are in
/// the order in which they are tried; the first that finds anything decides.
pub fn join(kind: ObjectKind, tiers: &[Tier]) -> Joined {
    let Some(tier) = tiers
        .iter()
        .find(|tier| !tier.rivals.is_empty() || !tier.candidates.is_empty())
    else {
        return Joined::New;
    };
    let candidates: BTreeSet<&Candidate> = tier.candidates.iter().collect();
    // A claim names the holder, which says more than that there is a rival.
    if let Some((target, by)) = candidates
        .iter()
        .find_map(|candidate| Some((candidate.id.clone(), candidate.linked_to.clone()?)))
    {
        return Joined::Claimed { target, by };
    }
    if !tier.rivals.is_empty() {
        let rivals: BTreeSet<&SourceId> = tier.rivals.iter().collect();
        return Joined::Contested(rivals.into_iter().cloned().collect());
    }
    if let Some(other) = candidates.iter().find(|candidate| candidate.kind != kind) {
        return Joined::WrongKind {
            target: other.id.clone(),
            kind: other.kind,
        };
    }
    // A live object counts before one in the recycle bin: it is the one that would collide.
    let live: Vec<_> = candidates
        .iter()
        .filter(|candidate| candidate.state == ObjectState::Live)
        .collect();
    match (live.as_slice(), candidates.len()) {
        ([only], _) => Joined::Matched(only.id.clone()),
        ([], 1) => candidates.first().map_or(Joined::New, |candidate| {
            Joined::MatchedDeleted(candidate.id.clone())
        }),
        _ => Joined::Ambiguous(
            candidates
                .iter()
                .map(|candidate| candidate.id.clone())
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(id: &str) -> Candidate {
        Candidate {
            id: TargetId::new(id),
            kind: ObjectKind::User,
            state: ObjectState::Live,
            linked_to: None,
        }
    }

    fn found(candidates: Vec<Candidate>) -> Tier {
        Tier {
            rivals: Vec::new(),
            candidates,
        }
    }

    #[test]
    fn an_object_that_nothing_matches_is_new() {
        assert_eq!(
            join(ObjectKind::User, &[Tier::default(), Tier::default()]),
            Joined::New
        );
    }

    #[test]
    fn the_first_tier_that_finds_anything_decides() {
        let tiers = [
            Tier::default(),
            found(vec![candidate("b")]),
            found(vec![candidate("c")]),
        ];
        assert_eq!(
            join(ObjectKind::User, &tiers),
            Joined::Matched(TargetId::new("b"))
        );
    }

    #[test]
    fn two_keys_that_find_one_object_are_one_match() {
        let tiers = [found(vec![candidate("a"), candidate("a")])];
        assert_eq!(
            join(ObjectKind::User, &tiers),
            Joined::Matched(TargetId::new("a"))
        );
    }

    #[test]
    fn several_matches_are_a_state_and_not_a_guess() {
        let tiers = [found(vec![candidate("b"), candidate("a")])];
        assert_eq!(
            join(ObjectKind::User, &tiers),
            Joined::Ambiguous(vec![TargetId::new("a"), TargetId::new("b")])
        );
    }

    #[test]
    fn case_01_two_source_users_with_one_address_are_both_named() {
        let tiers = [Tier {
            rivals: vec![SourceId::new("bob")],
            candidates: Vec::new(),
        }];
        assert_eq!(
            join(ObjectKind::User, &tiers),
            Joined::Contested(vec![SourceId::new("bob")])
        );
    }

    #[test]
    fn law_01_an_object_that_another_is_linked_to_is_never_taken() {
        let taken = Candidate {
            linked_to: Some(SourceId::new("bob")),
            ..candidate("a")
        };
        assert_eq!(
            join(ObjectKind::User, &[found(vec![taken])]),
            Joined::Claimed {
                target: TargetId::new("a"),
                by: SourceId::new("bob")
            }
        );
    }

    #[test]
    fn case_02_a_contact_that_holds_the_address_is_named() {
        let contact = Candidate {
            kind: ObjectKind::Contact,
            ..candidate("c")
        };
        assert_eq!(
            join(ObjectKind::User, &[found(vec![contact])]),
            Joined::WrongKind {
                target: TargetId::new("c"),
                kind: ObjectKind::Contact
            }
        );
    }

    #[test]
    fn a_live_match_counts_before_one_in_the_recycle_bin() {
        let deleted = Candidate {
            state: ObjectState::SoftDeleted,
            ..candidate("old")
        };
        assert_eq!(
            join(
                ObjectKind::User,
                &[found(vec![deleted.clone(), candidate("new")])]
            ),
            Joined::Matched(TargetId::new("new"))
        );
        assert_eq!(
            join(ObjectKind::User, &[found(vec![deleted])]),
            Joined::MatchedDeleted(TargetId::new("old"))
        );
    }
}
