//! Requests that change what others change too, such as a tag.

use super::{Answer, Http, Outlook, Request, retry};
use crate::error::Result;

/// The tries of a request that is not repeated unseen: a try whose answer was lost may have been carried out, and somebody
/// else may have changed the same since. So its sender looks at what is there before each try, and the try waits for nothing.
#[derive(Debug)]
pub(crate) struct Tries<'a> {
    http: &'a Http,
    /// How many tries in a row failed in ways that pass.
    tried: u32,
    /// How the last try ended, kept back until its sender has looked whether it was carried out all the same.
    last: Option<Result<Answer>>,
}

impl<'a> Tries<'a> {
    pub(crate) fn new(http: &'a Http) -> Self {
        Tries { http, tried: 0, last: None }
    }

    /// Sends the request once. `None` where it failed in a way that passes: it is time to look, and to call this again if the
    /// change is still wanted.
    ///
    /// An answer of any status is `Some`, save 429, which is `RateLimited` once patience is at its end.
    pub(crate) async fn send(&mut self, request: &Request) -> Result<Option<Answer>> {
        if let Some(last) = self.last.take() {
            return last.map(Some);
        }
        self.tried += 1;
        let outcome = self.http.attempt(request).await;
        match self.http.outlook(request, self.tried, &outcome) {
            Outlook::Stands => {
                self.tried = 0;
                return outcome.map(Some);
            }
            Outlook::Passes => self.http.wait_for_turn().await,
            Outlook::Over => {
                self.last = Some(match outcome {
                    // Who is asked to slow down was not served: there is nothing to look for.
                    Ok(answer) => Ok(retry::end_of_patience(answer)?),
                    failed => failed,
                });
            }
        }
        Ok(None)
    }
}
