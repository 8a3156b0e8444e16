//! What the child that compiles writes on its standard output: one frame, and nothing else.
//!
//! A frame names its length and its digest before its content, so that output of a child that ended
//! early, or that something else wrote into, is not taken for an answer.

use std::io::{self, Read, Write};

use sha2::{Digest as _, Sha256};

const MAGIC: &[u8; 8] = b"syncline";
const DIGEST: usize = 32;

/// What the child answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Compiled code.
    Code(Vec<u8>),
    /// Why the engine does not take the component; printable.
    Refused(String),
}

const CODE: u8 = 0;
const REFUSED: u8 = 1;

pub(super) fn write(answer: &Answer, output: &mut impl Write) -> io::Result<()> {
    let (kind, content) = match answer {
        Answer::Code(code) => (CODE, code.as_slice()),
        Answer::Refused(why) => (REFUSED, why.as_bytes()),
    };
    output.write_all(MAGIC)?;
    output.write_all(&[kind])?;
    output.write_all(
        &u64::try_from(content.len())
            .map_err(io::Error::other)?
            .to_le_bytes(),
    )?;
    output.write_all(&Sha256::digest(content))?;
    output.write_all(content)?;
    output.flush()
}

/// Reads a frame whose content has at most this many bytes, and the end of the output behind it.
///
/// # Errors
///
/// When there is no such frame, or more than it.
pub(super) fn read(mut input: impl Read, content_max: usize) -> io::Result<Answer> {
    let mut head = [0; MAGIC.len() + 1 + 8 + DIGEST];
    input.read_exact(&mut head)?;
    let (magic, rest) = head.split_at(MAGIC.len());
    let (kind, rest) = rest.split_at(1);
    let (length, digest) = rest.split_at(8);
    let length = length.try_into().map(u64::from_le_bytes).map_err(invalid)?;
    let length = usize::try_from(length).map_err(invalid)?;
    if magic != MAGIC || length > content_max {
        return Err(invalid("no frame, or too long a one"));
    }
    let mut content = vec![0; length];
    input.read_exact(&mut content)?;
    if Sha256::digest(&content).as_slice() != digest || input.read(&mut [0])? != 0 {
        return Err(invalid("not what its digest says"));
    }
    match kind {
        [CODE] => Ok(Answer::Code(content)),
        [REFUSED] => String::from_utf8(content)
            .map(Answer::Refused)
            .map_err(invalid),
        _ => Err(invalid("of no known kind")),
    }
}

fn invalid(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(answer: &Answer) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(answer, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_frame_is_read_as_it_was_written() {
        for answer in [
            Answer::Code(vec![1, 2, 3]),
            Answer::Code(Vec::new()),
            Answer::Refused("it is no component".to_owned()),
        ] {
            assert_eq!(read(written(&answer).as_slice(), 100).unwrap(), answer);
        }
    }

    #[test]
    fn no_prefix_of_a_frame_no_longer_one_and_no_changed_one_is_an_answer() {
        let good = written(&Answer::Code(vec![7; 20]));
        for end in 0..good.len() {
            read(&good[..end], 100).unwrap_err();
        }
        read([good.clone(), vec![0]].concat().as_slice(), 100).unwrap_err();
        read(good.as_slice(), 19).unwrap_err();
        for at in 0..good.len() {
            let mut changed = good.clone();
            changed[at] ^= 0x40;
            read(changed.as_slice(), 100).unwrap_err();
        }
    }
}
