//! Promotion: from a request to a receipt.
