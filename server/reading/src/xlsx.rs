//! XLSX: calamine reads it cell by cell. A range of cells would have the size that the file claims.

use std::{io::Cursor, sync::Arc};

use calamine::{DataRef, Reader, Xlsx, XlsxError};
use holdfast_protocol::materials::ProblemReason;

use crate::{
    out::{Out, Stop},
    rows::Rows,
    zipped::Archive,
};

pub(crate) fn read(archive: &mut Archive, content: Arc<[u8]>, out: &mut Out<'_>) -> Result<(), Stop> {
    archive.check_all()?;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(content)).map_err(stop)?;
    out.opened(None)?;
    let mut rows = Rows::default();
    for sheet in workbook.sheet_names() {
        rows.sheet(&sheet, out)?;
        let mut reader = match workbook.worksheet_cells_reader(&sheet) {
            Ok(reader) => reader,
            // A sheet that is a chart has no cells.
            Err(XlsxError::NotAWorksheet(_) | XlsxError::WorksheetNotFound(_)) => continue,
            Err(error) => return Err(stop(error)),
        };
        let (mut row, mut cells) = (0, Vec::new());
        while let Some(cell) = reader.next_cell().map_err(stop)? {
            let (at, column) = cell.get_position();
            if at != row {
                rows.row(row + 1, &cells, out)?;
                cells.clear();
                row = at;
            }
            let text = text_of(cell.get_value());
            if text.is_empty() {
                continue;
            }
            if column as usize >= cells.len() {
                cells.resize(column.min(16_384) as usize + 1, String::new());
            }
            cells[column.min(16_384) as usize] = text;
        }
        rows.row(row.saturating_add(1), &cells, out)?;
    }
    rows.flush(out)?;
    if out.has_pages() { Ok(()) } else { Err(Stop::Reason(ProblemReason::NoText)) }
}

fn stop(error: XlsxError) -> Stop {
    if matches!(error, XlsxError::Password) { Stop::LOCKED } else { Stop::DAMAGED }
}

fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            match (hour, minute, second) {
                (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
                _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
            }
        }
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(is) => if *is { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(moment) => moment.as_f64().to_string(),
        DataRef::Error(error) => error.to_string(),
    }
}
