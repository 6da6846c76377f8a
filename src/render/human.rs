//! Problems for people, in the form of rustc.
//!
//! Only this file uses annotate-snippets. It parses all of its text, so it gets only the lines with labels, and from a very long line only the part
//! around the place.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level as Title, Patch, Renderer, Snippet};

use super::count;
use super::places::Places;
use crate::diagnostic::{Fix, Label, Level, Problem};
use crate::inert;
use crate::source::SourceId;

/// Lines longer than this are cut, in bytes.
const LONG_LINE: usize = 400;

/// Bytes of a long line that are kept on each side of a place.
const MARGIN: usize = 60;

/// Labels with at most this many lines between them are shown in one snippet.
const NEAR: usize = 20;

/// Each problem with its lines, then the number of each level; empty if there are none.
pub(super) fn render(problems: &[Problem], accepted: usize, places: &Places, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for problem in problems {
        let (report, columns) = report(problem, places);
        let shown = renderer.render(&report);
        text.push_str(&columns.iter().fold(shown, |shown, column| column.correct(&shown)));
        text.push_str("\n\n");
    }
    if !problems.is_empty() || accepted > 0 {
        text.push_str(&summary(problems, accepted));
        text.push('\n');
    }
    text
}

fn summary(problems: &[Problem], accepted: usize) -> String {
    let of = |level, name: &str| match count(problems, level) {
        0 => None,
        1 => Some(format!("1 {name}")),
        many => Some(format!("{many} {name}s")),
    };
    let accepted = match accepted {
        0 => None,
        1 => Some("1 warning accepted with a reason".to_owned()),
        many => Some(format!("{many} warnings accepted with a reason")),
    };
    let counts = [of(Level::Error, "error"), of(Level::Warning, "warning"), accepted];
    counts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A place in a shortened line: the column of annotate-snippets differs from the one in the file.
struct Column {
    shown: String,
    meant: String,
}

impl Column {
    fn correct(&self, text: &str) -> String {
        // The first line is the headline, which has no place.
        let (headline, rest) = text.split_once('\n').unwrap_or((text, ""));
        format!("{headline}\n{}", rest.replacen(&self.shown, &self.meant, 1))
    }
}

fn report(problem: &Problem, places: &Places) -> (Vec<Group<'static>>, Vec<Column>) {
    let level = match problem.level {
        Level::Error => Title::ERROR,
        Level::Warning => Title::WARNING,
    };
    let mut columns = Vec::new();
    let mut group = Group::with_title(
        level.primary_title(inert::line(&problem.headline).into_owned()).id(problem.code.name()),
    );
    for cluster in clusters(problem, places) {
        let (snippet, column) = cluster.show(places);
        group = group.element(snippet);
        columns.extend(column);
    }
    let mut groups = Vec::new();
    for help in &problem.help {
        match help.fix.as_ref().and_then(|fix| patch(fix, places)) {
            Some(patch) => {
                groups.push(group);
                let sentence = inert::text(&help.text).into_owned();
                group = Group::with_title(Title::HELP.secondary_title(sentence)).element(patch);
            }
            None => group = group.element(Title::HELP.message(inert::text(&help.text).into_owned())),
        }
    }
    let more = format!("slowburn explain {}", problem.code);
    groups.push(group.element(Title::NOTE.with_name("more").message(more)));
    (groups, columns)
}

/// An edit of one short line, as the line before and after; other edits are described in words.
fn patch(fix: &Fix, places: &Places) -> Option<Snippet<'static, Patch<'static>>> {
    let source = fix.span.source;
    let (start, end) = places.range(fix.span);
    let line = places.line(source, start);
    let (line_start, line_end) = places.line_range(source, line);
    let fits = (line_start..=line_end).contains(&start)
        && end <= line_end
        && line_end - line_start <= LONG_LINE
        && fix.replacement.len() <= LONG_LINE
        && !fix.replacement.contains(['\n', '\r']);
    if !fits {
        return None;
    }
    let window = Window::new(places, source, line..line + 1, &[]);
    let span = window.offset(start)..window.offset(end);
    let patch = Patch::new(span, inert::line(&fix.replacement).into_owned());
    Some(Snippet::source(window.text).line_start(line + 1).patch(patch))
}

/// Labels in neighbouring lines.
struct Cluster<'a> {
    source: SourceId,
    lines: Range<usize>,
    labels: Vec<(&'a Label, AnnotationKind, Range<usize>)>,
}

/// The labels of a problem, grouped by what can be shown together. The group of the primary one comes first.
fn clusters<'a>(problem: &'a Problem, places: &Places) -> Vec<Cluster<'a>> {
    let mut labels = vec![place(&problem.primary, AnnotationKind::Primary, places)];
    labels.extend(problem.secondary.iter().map(|label| place(label, AnnotationKind::Context, places)));
    labels.sort_by_key(|cluster| (cluster.source, cluster.lines.start));
    let mut clusters: Vec<Cluster> = Vec::new();
    for label in labels {
        match clusters.last_mut() {
            Some(last) if last.source == label.source && label.lines.start <= last.lines.end + NEAR => {
                last.lines.end = last.lines.end.max(label.lines.end);
                last.labels.extend(label.labels);
            }
            _ => clusters.push(label),
        }
    }
    clusters
        .sort_by_key(|cluster| !cluster.labels.iter().any(|(_, kind, _)| *kind == AnnotationKind::Primary));
    clusters
}

/// A group of one label. A place of several lines is shown by its first line.
fn place<'a>(label: &'a Label, kind: AnnotationKind, places: &Places) -> Cluster<'a> {
    let source = label.span.source;
    let (start, end) = places.range(label.span);
    let line = places.line(source, start);
    let last_line = places.line(source, end.max(start + 1) - 1).max(line);
    let (lines, end) = if last_line - line > NEAR {
        (line..line + 1, places.line_range(source, line).1.max(start))
    } else {
        (line..last_line + 1, end)
    };
    Cluster { source, lines, labels: vec![(label, kind, start..end)] }
}

impl Cluster<'_> {
    fn show(self, places: &Places) -> (Snippet<'static, Annotation<'static>>, Option<Column>) {
        let spans: Vec<Range<usize>> = self.labels.iter().map(|(_, _, span)| span.clone()).collect();
        let window = Window::new(places, self.source, self.lines.clone(), &spans);
        let annotations = self.labels.iter().map(|(label, kind, span)| {
            let annotation = kind.span(window.offset(span.start)..window.offset(span.end));
            if label.text.is_empty() {
                annotation
            } else {
                annotation.label(inert::line(&label.text).into_owned())
            }
        });
        let annotations: Vec<Annotation> = annotations.collect();
        let path = inert::line(places.path(self.source)).into_owned();
        let column = window.is_cut.then(|| {
            let primary = self.labels.iter().find(|(_, kind, _)| *kind == AnnotationKind::Primary);
            let start = primary.or(self.labels.first()).map_or(0, |(_, _, span)| span.start);
            let meant = places.position(self.source, start);
            let before = &window.text[..window.offset(start)];
            let shown = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
            let line = meant.line;
            Column {
                shown: format!("{path}:{line}:{shown}"),
                meant: format!("{path}:{line}:{}", meant.column),
            }
        });
        let snippet = Snippet::source(window.text).line_start(self.lines.start + 1).path(path);
        (snippet.annotations(annotations), column)
    }
}

/// Some lines of a file as they are shown.
struct Window<'a> {
    text: String,
    /// The parts of the file that are shown, in order; between two of them there is a cut.
    pieces: Vec<Piece<'a>>,
    is_cut: bool,
}

struct Piece<'a> {
    /// Its text in the file.
    raw: &'a str,
    /// Its offset in the file.
    file: usize,
    /// Its offset in the text.
    shown: usize,
}

impl<'a> Window<'a> {
    fn new(places: &Places<'a>, source: SourceId, lines: Range<usize>, spans: &[Range<usize>]) -> Self {
        let mut window = Self { text: String::new(), pieces: Vec::new(), is_cut: false };
        let file = places.text(source);
        for line in lines.clone() {
            if line > lines.start {
                window.text.push('\n');
            }
            let (start, end) = places.line_range(source, line);
            let mut shown_to = start;
            for kept in kept(file, start..end, spans) {
                if kept.start > shown_to {
                    window.cut();
                }
                shown_to = kept.end;
                let raw = &file[kept.clone()];
                window.pieces.push(Piece { raw, file: kept.start, shown: window.text.len() });
                window.text.push_str(&inert::text(raw));
            }
            if end > shown_to {
                window.cut();
            }
        }
        window
    }

    fn cut(&mut self) {
        self.text.push('…');
        self.is_cut = true;
    }

    /// The offset in the text for an offset of the file; inside of a cut, the nearest one before it.
    fn offset(&self, file: usize) -> usize {
        let after = self.pieces.partition_point(|piece| piece.file <= file);
        let Some(piece) = self.pieces.get(after.saturating_sub(1)) else { return 0 };
        let into = file.saturating_sub(piece.file).min(piece.raw.len());
        piece.shown + inert::offset(piece.raw, into)
    }
}

/// The parts of a line to show: all of a short line, or the surroundings of both ends of each span.
fn kept(file: &str, line: Range<usize>, spans: &[Range<usize>]) -> Vec<Range<usize>> {
    if line.len() <= LONG_LINE {
        return vec![line];
    }
    let around = |offset: usize| {
        let offset = offset.clamp(line.start, line.end);
        let mut start = offset.saturating_sub(MARGIN).max(line.start);
        let mut end = (offset + MARGIN).min(line.end);
        while !file.is_char_boundary(start) {
            start -= 1;
        }
        while !file.is_char_boundary(end) {
            end += 1;
        }
        start..end
    };
    let mut ends: Vec<usize> = spans.iter().flat_map(|span| [span.start, span.end]).collect();
    ends.retain(|end| (line.start..=line.end).contains(end));
    if ends.is_empty() {
        ends.push(line.start);
    }
    ends.sort_unstable();
    let mut kept: Vec<Range<usize>> = Vec::new();
    for part in ends.into_iter().map(around) {
        match kept.last_mut() {
            Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
            _ => kept.push(part),
        }
    }
    kept
}
