//! The shared files of the AWS tools: `~/.aws/credentials` and `~/.aws/config`.

use std::collections::BTreeMap;

use super::keys::{Keys, Search};
use super::{process, sso, sts};
use crate::error::{Absent, Error, Result};
use crate::model::Secret;
use crate::registry::vendor::secret_file;

/// A longer way from role to role goes round in a circle.
const MAX_ROLES: usize = 16;

/// The settings of a profile.
pub(super) type Profile = BTreeMap<String, Secret>;

/// What stands in the shared files.
#[derive(Default)]
struct Files {
    profiles: BTreeMap<String, Profile>,
    /// Logins by single sign-on that profiles share (`[sso-session NAME]`).
    sessions: BTreeMap<String, Profile>,
}

/// The keys of a profile: of that one, which must be there, or of the one that the environment names.
pub(super) async fn keys(search: &Search<'_>, named: Option<&str>) -> Result<Option<Keys>> {
    let files = read(search)?;
    let chosen = named.map(str::to_owned).or_else(|| search.variables.text("AWS_PROFILE"));
    let name = chosen.clone().unwrap_or_else(|| "default".to_owned());
    if !files.profiles.contains_key(&name) {
        return match chosen {
            Some(name) => Err(Error::not_found("there is no such profile of AWS").context("profile", name)),
            None => Ok(None),
        };
    }
    let found = of_profile(search, &files, &name).await?;
    match (found, chosen) {
        (None, Some(name)) => Err(Error::unauthenticated("the profile has no credentials").context("profile", name)),
        (found, _) => Ok(found),
    }
}

/// Follows `source_profile` to the keys at its end, then assumes the roles on the way back.
async fn of_profile(search: &Search<'_>, files: &Files, name: &str) -> Result<Option<Keys>> {
    let (mut roles, mut name) = (Vec::new(), name.to_owned());
    let mut keys = loop {
        let bad = |what: &str| Error::invalid(what).context("profile", &name);
        if roles.len() > MAX_ROLES {
            return Err(bad("the profiles refer to one another in a circle"));
        }
        let profile = files.profiles.get(&name).ok_or_else(|| bad("there is no such profile of AWS"))?;
        let text = |key: &str| profile.get(key).map(|value| value.reveal().to_owned());
        let own = (text("aws_access_key_id"), profile.get("aws_secret_access_key"));
        // A profile that is its own source has its keys beside its role.
        let is_source = roles.last().is_some_and(|(_, source): &(&Profile, String)| *source == name);
        if let (Some(role), false) = (text("role_arn"), is_source && own.0.is_some()) {
            if let Some(file) = text("web_identity_token_file") {
                let token = secret_file(file.as_ref())?;
                let session = text("role_session_name");
                break sts::assume_with_web_identity(search, &role, session.as_deref(), &token).await?;
            }
            match (text("source_profile"), text("credential_source")) {
                (Some(source), _) => {
                    roles.push((profile, source.clone()));
                    name = source;
                    continue;
                }
                (None, Some(source)) => {
                    roles.push((profile, String::new()));
                    let found = match &source[..] {
                        "Environment" => search.environment()?,
                        "EcsContainer" => search.container().await?,
                        "Ec2InstanceMetadata" => search.machine().await?,
                        _ => return Err(bad("the credential_source of the profile is not known")),
                    };
                    break found.ok_or_else(|| bad("the credential_source of the profile has no credentials"))?;
                }
                (None, None) => return Err(bad("the profile has a role and nothing to assume it with")),
            }
        }
        match own {
            (Some(id), Some(secret)) => {
                let session = profile.get("aws_session_token").cloned();
                break Keys { id, secret: secret.clone(), session, expires: None };
            }
            (None, None) => {}
            _ => return Err(bad("the profile has half an access key")),
        }
        if profile.contains_key("sso_session") || profile.contains_key("sso_start_url") {
            let session = text("sso_session").map(|session| (files.sessions.get(&session), session));
            break sso::keys(search, profile, session).await.map_err(|e| e.context("profile", &name))?;
        }
        if let Some(command) = profile.get("credential_process") {
            break process::keys(command).await.map_err(|e| e.context("profile", &name))?;
        }
        if roles.is_empty() {
            return Ok(None);
        }
        return Err(bad("the source of a role has no credentials"));
    };
    for (profile, _) in roles.into_iter().rev() {
        keys = sts::assume(search, profile, &keys).await?;
    }
    Ok(Some(keys))
}

/// The profiles of both files; what stands in the credentials file counts.
fn read(search: &Search<'_>) -> Result<Files> {
    let mut files = Files::default();
    let config = search.variables.path("AWS_CONFIG_FILE", ".aws/config");
    let credentials = search.variables.path("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials");
    for (path, is_config) in config.map(|path| (path, true)).into_iter().chain(credentials.map(|path| (path, false))) {
        let Some(text) = secret_file(&path).absent_is_none()? else { continue };
        for (section, settings) in sections(text.reveal()) {
            let named = |kind: &str| Some(section.strip_prefix(kind)?.trim().trim_matches('"')).filter(|_| is_config);
            let (kind, name) = match (named("profile "), named("sso-session ")) {
                (Some(name), _) => (&mut files.profiles, name),
                (None, Some(name)) => (&mut files.sessions, name),
                (None, None) if is_config && section != "default" => continue,
                (None, None) => (&mut files.profiles, section),
            };
            kind.entry(name.to_owned()).or_default().extend(settings);
        }
    }
    Ok(files)
}

/// `[section]` and `key = value`; indented lines belong to a nested setting, which none of ours is.
fn sections(text: &str) -> Vec<(&str, Profile)> {
    let mut sections: Vec<(&str, Profile)> = Vec::new();
    for line in text.lines() {
        let nested = line.starts_with([' ', '\t']);
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            sections.push((name.trim(), Profile::new()));
        } else if let (Some((_, settings)), false, Some((key, value))) =
            (sections.last_mut(), nested || line.starts_with(['#', ';']), line.split_once('='))
        {
            settings.insert(key.trim().to_ascii_lowercase(), Secret::new(value.trim()));
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_profiles_are_read() {
        let text = "junk\n[default]\naws_access_key_id = A\n# no = no\n; no = no\n\n[ profile \"x y\" ]\ns3 =\n  key = v\nRole_ARN=r=1";
        let read = sections(text);
        assert_eq!(read.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["default", "profile \"x y\""]);
        assert_eq!(read[0].1.keys().collect::<Vec<_>>(), ["aws_access_key_id"]);
        assert_eq!(read[1].1.get("role_arn").map(Secret::reveal), Some("r=1"));
        assert!(!read[1].1.contains_key("key"));
    }
}
