//! What a file is that was to be imported, but is not a table.

use crate::string_enum::string_enum;

string_enum! {
    /// The kind of a file that is not a table.
    FileKind {
        /// A PDF document.
        Pdf = "pdf",
        /// A workbook of Excel before 2007, or one with a password.
        OldWorkbook = "old_workbook",
        /// A binary workbook (.xlsb).
        BinaryWorkbook = "binary_workbook",
        /// A workbook that is damaged or protected.
        DamagedWorkbook = "damaged_workbook",
        /// A workbook that exceeds the limits once it is unpacked.
        LargeWorkbook = "large_workbook",
        /// An OpenDocument spreadsheet (.ods).
        OpenDocument = "open_document",
        /// A Word document (.docx).
        Word = "word",
        /// A text document with formatting (RTF).
        RichText = "rich_text",
        /// A picture.
        Image = "image",
        /// An archive of files: zip, gzip, 7-Zip or RAR.
        Archive = "archive",
        /// A web page.
        Html = "html",
        /// XML.
        Xml = "xml",
        /// A web page or XML.
        Markup = "markup",
        /// JSON.
        Json = "json",
        /// A SQLite database.
        Database = "database",
        /// A Parquet file.
        Parquet = "parquet",
        /// A vCard.
        Vcard = "vcard",
        /// A program.
        Program = "program",
        /// Some other file that is not text.
        Binary = "binary",
    }
}

impl FileKind {
    /// The kind in English, with its article, for messages of the API.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Pdf => "a PDF document",
            Self::OldWorkbook => "an old or password-protected Excel workbook (.xls)",
            Self::BinaryWorkbook => "a binary Excel workbook (.xlsb)",
            Self::DamagedWorkbook => "a damaged or protected Excel workbook",
            Self::LargeWorkbook => "an Excel workbook that is too large when unpacked",
            Self::OpenDocument => "an OpenDocument spreadsheet (.ods)",
            Self::Word => "a Word document (.docx)",
            Self::RichText => "a text document (RTF)",
            Self::Image => "an image",
            Self::Archive => "an archive",
            Self::Html => "a web page (HTML)",
            Self::Xml => "XML",
            Self::Markup => "a web page or XML",
            Self::Json => "JSON",
            Self::Database => "a SQLite database",
            Self::Parquet => "a Parquet file",
            Self::Vcard => "a vCard",
            Self::Program => "a program",
            Self::Binary => "a binary file",
        }
    }
}
