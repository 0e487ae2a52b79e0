//! The story of an image.

use cache_core::connect::StoryConfig;
use cache_core::story;
use napi::Env;
use napi::bindgen_prelude::PromiseRaw;
use napi_derive::napi;
use serde_json::Value;

use crate::errors::raise;
use crate::read::read;
use crate::run::unless_stopped;
use crate::sign::StopOptions;

/// What registries know about an image, from build to deployment. Made by `tellStory`.
#[napi]
#[derive(Debug)]
pub struct Story(story::Story);

#[napi]
impl Story {
    /// The story as plain data; the schema is `story-v1.json`.
    #[napi(getter, ts_return_type = "StoryData")]
    pub fn data(&self) -> napi::Result<Value> {
        Ok(serde_json::to_value(&self.0)?)
    }

    /// The story as Markdown.
    #[napi]
    pub fn markdown(&self) -> String {
        self.0.markdown()
    }

    /// The story as a page that stands alone.
    #[napi]
    pub fn html(&self) -> String {
        self.0.html()
    }
}

/// Gathers the story of an image. Reads only.
#[cfg_attr(test, allow(dead_code, reason = "napi exports nothing from a test build"))]
#[napi(ts_return_type = "Promise<Story>")]
pub fn tell_story<'env>(
    env: &'env Env,
    #[napi(ts_arg_type = "StoryRequest")] request: Value,
    options: Option<StopOptions>,
) -> napi::Result<PromiseRaw<'env, Story>> {
    let StopOptions { signal } = options.unwrap_or_default();
    env.spawn_future(unless_stopped(signal, async move {
        let config: StoryConfig = read("request", request)?;
        config.tell().await.map(Story).map_err(raise)
    }))
}
