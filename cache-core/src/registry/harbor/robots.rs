//! Robots: accounts for machines.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Harbor, HarborRegistry};
use crate::error::{Error, Result};
use crate::model::Secret;
use crate::registry::vendor::{json as read, with_json};
use crate::registry::{Issued, Standing};

/// An account for a machine.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Robot {
    /// Its number.
    pub id: i64,
    /// Its full name, such as `robot$project+name`.
    pub name: String,
    /// Whether it is switched off.
    #[serde(default)]
    pub disable: bool,
    /// When it expires, in seconds since 1970; -1 for never.
    #[serde(default)]
    pub expires_at: i64,
    /// What it may do.
    #[serde(default)]
    pub permissions: Vec<Value>,
}

impl HarborRegistry {
    /// The robots of a project.
    ///
    /// # Errors
    /// `NotFound` where there is no such project; what Harbor says.
    pub async fn robots(&self, project: &str) -> Result<Vec<Robot>> {
        self.vendor.robots(project).await
    }
}

impl Harbor {
    async fn robots(&self, project: &str) -> Result<Vec<Robot>> {
        let filter = format!("Level=project,ProjectID={}", self.project(project).await?.id);
        self.list("/robots", &[("q", &filter)], "the robots are not listed").await
    }

    /// Harbor's names have a prefix that its administrator chose, and the project: the end says which it is.
    async fn robot(&self, project: &str, name: &str) -> Result<Option<Robot>> {
        let end = format!("{project}+{name}");
        let is_it = |robot: &Robot| robot.name == name || robot.name.ends_with(&end);
        Ok(self.robots(project).await?.into_iter().find(is_it))
    }

    /// With grants: whether such a robot is there. Without: whether none is.
    pub(super) async fn robot_standing(&self, project: &str, name: &str, grants: Option<&Value>) -> Result<Standing> {
        let robot = self.robot(project, name).await?;
        if let (Some(grants), Some(robot)) = (grants, &robot)
            && !robot.permissions.iter().any(|permission| same_grants(permission.get("access"), grants))
        {
            return Err(Error::conflict("there is a robot of this name with other rights")
                .context("robot", &robot.name)
                .hint("delete it first, or choose another name"));
        }
        let settled = robot.is_some() == grants.is_some();
        let now = robot.map(|robot| json!({"name": robot.name, "permissions": robot.permissions}));
        Ok(Standing { now, settled, effects: Vec::new() })
    }

    pub(super) async fn create_robot(
        &self,
        project: &str,
        name: &str,
        grants: &Value,
        days: Option<u32>,
    ) -> Result<Issued> {
        #[derive(Deserialize)]
        struct Created {
            name: String,
            secret: Secret,
        }
        let body = json!({
            "name": name,
            "level": "project",
            "disable": false,
            "duration": days.map_or(-1, i64::from),
            "permissions": [{"kind": "project", "namespace": project, "access": grants}],
        });
        let request = with_json(self.request(Method::POST, "/robots")?, &body)?;
        let answer = self.call(request, "the robot is not created").await.map_err(|e| e.context("robot", name))?;
        let Created { name, secret } = read(answer).await?;
        Ok(Issued::new(name, secret))
    }

    pub(super) async fn delete_robot(&self, project: &str, name: &str) -> Result<()> {
        let Some(robot) = self.robot(project, name).await? else { return Ok(()) };
        let request = self.request(Method::DELETE, &format!("/robots/{}", robot.id))?;
        self.call(request, "the robot is not deleted").await.map(drop).map_err(|e| e.context("robot", robot.name))
    }
}

fn same_grants(there: Option<&Value>, wanted: &Value) -> bool {
    let sorted = |value: &Value| {
        let pair = |grant: &Value| (grant.get("resource").cloned(), grant.get("action").cloned());
        let mut pairs: Vec<String> = value.as_array()?.iter().map(|grant| format!("{:?}", pair(grant))).collect();
        pairs.sort();
        Some(pairs)
    };
    there.is_some_and(|there| sorted(there).is_some() && sorted(there) == sorted(wanted))
}
