//! What the JSON form has for tags that belong together.

use super::super::json::{List, object};
use super::super::spdx2::document::Checksum;
use super::super::text::Text;

object! {
    Snippet { id: Text<'a> = "SPDXID", file: Text<'a> = "snippetFromFile" }
}

object! {
    Annotation {
        date: Text<'a> = "annotationDate",
        kind: Text<'a> = "annotationType",
        annotator: Text<'a> = "annotator",
        comment: Text<'a> = "comment",
    }
}

object! {
    Review { reviewer: Text<'a> = "reviewer", date: Text<'a> = "reviewDate", comment: Text<'a> = "comment" }
}

object! {
    Project { name: Text<'a> = "name", homepage: Text<'a> = "homePage", uri: Text<'a> = "projectUri" }
}

object! {
    External {
        id: Text<'a> = "externalDocumentId",
        document: Text<'a> = "spdxDocument",
        checksum: Option<Checksum<'a>> = "checksum",
    }
}

object! {
    Code {
        value: Text<'a> = "packageVerificationCodeValue",
        excluded: List<Text<'a>> = "packageVerificationCodeExcludedFiles",
    }
}
