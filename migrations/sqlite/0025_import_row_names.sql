-- The name in a row, or of the user whom it names, so that the result of an import can be read without the file. Absent in older rows.
ALTER TABLE import_rows ADD COLUMN name TEXT;
