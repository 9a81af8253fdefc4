//! Comma-separated values, and those separated by semicolons, tabs or bars.

use csv::{ReaderBuilder, StringRecord};

use crate::{
    out::{Out, Stop},
    rows::Rows,
};

pub(crate) fn read(text: &str, out: &mut Out<'_>) -> Result<(), Stop> {
    out.opened(None)?;
    let head = text.lines().next().unwrap_or_default();
    let separator = [b',', b';', b'\t', b'|'].into_iter().max_by_key(|mark| head.bytes().filter(|c| c == mark).count()).unwrap_or(b',');
    let mut reader = ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    let (mut rows, mut row) = (Rows::default(), 0);
    while reader.read_record(&mut record).map_err(|_| Stop::DAMAGED)? {
        row += 1;
        let cells: Vec<String> = record.iter().map(str::to_owned).collect();
        rows.row(row, &cells, out)?;
    }
    rows.flush(out)?;
    if out.has_pages() { Ok(()) } else { Err(Stop::Reason(holdfast_protocol::materials::ProblemReason::NoText)) }
}
