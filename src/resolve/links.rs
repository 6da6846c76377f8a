//! `links`: base addresses to which paths are appended.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::secrets::{self, Public};
use crate::ast::LinksBlock;
use crate::diagnostic::{Code, Problem};
use crate::model::Links;
use crate::scalar::Scalar;

/// All links.
pub(super) fn all(block: &LinksBlock, problems: &mut Vec<Problem>) -> Links {
    let mut of = |written: &Option<Scalar>| written.as_ref().and_then(|written| base(written, problems));
    Links {
        runbooks: of(&block.runbooks),
        grafana: of(&block.grafana),
        source: of(&block.source),
        alertmanager: of(&block.alertmanager),
    }
}

/// A web address without a slash at its end, and without characters that have a meaning in a page, a shell or a template.
fn base(written: &Scalar, problems: &mut Vec<Problem>) -> Option<String> {
    const LINK: Public = Public {
        of: "a web address",
        fits: |rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '['),
        gives_access: secrets::gives_access,
        seen: "every notification would contain it",
        instead: &["write the address without a user, a password or a key"],
    };
    let url = secrets::address(written, &LINK, problems)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/[]@!&+,;=%".contains(c);
    if let Some((at, c)) = url.char_indices().find(|(_, c)| !plain(*c)) {
        let start = at + (written.text.len() - written.text.trim_start().len());
        problems.push(
            Problem::error(
                Code::WrongType,
                written.place(start, start + c.len_utf8()),
                "slowburn appends to this address",
            )
            .label("so it cannot contain this")
            .help("write the address up to its path, in ASCII, such as `https://grafana.shop.internal`"),
        );
        return None;
    }
    Some(url.trim_end_matches('/').to_owned())
}

/// The address at which a source file can be read.
pub(super) fn source(links: &Links, project: &str, file: &str) -> Option<String> {
    const KEPT: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
    let folder = project.rsplit_once('/').map_or("", |(folder, _)| folder);
    let relative = file.strip_prefix(folder).unwrap_or(file).trim_start_matches('/');
    Some(format!("{}/{}", links.source.as_deref()?, utf8_percent_encode(relative, KEPT)))
}
