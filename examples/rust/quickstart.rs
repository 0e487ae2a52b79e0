//! The program of docs/quickstart.md.
use cache_core::connect::{GenerateConfig, NewKey, PromoterConfig, RequestConfig, generate_key, read};
use cache_core::sbom::Format;
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

async fn promote(key: &NewKey, from: &str, to: &str, environment: &str, attach: Value) -> Result<(), Failure> {
    let config = json!({
        "source": from, "target": to, "environment": environment, "policy": "policy.yaml",
        "signer": {"name": "release", "pem": key.private.as_str()},
        "trustedKeys": [{"name": "release", "pem": key.public}],
    });
    let promoter = read::<PromoterConfig>("configuration", config)?.open(vec![])?;
    let request = json!({"from": format!("{from}:v1"), "to": format!("{to}:v1"), "requester": "me", "attach": attach});
    let outlook = promoter.plan(read::<RequestConfig>("request", request)?, &[]).await?;
    let plan = outlook.plan.ok_or_else(|| format!("{}: {:?}", outlook.state, outlook.verdicts))?;
    let receipt = promoter.execute(&plan, vec![plan.approve_on_terminal("alice", None)?], None).await?;
    println!("{receipt}");
    if receipt.is_complete() { Ok(()) } else { Err("not all of it was done".into()) }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (key, image) = (generate_key(None, None)?, "docker-archive:app.tar:v1".parse()?);
    let sbom = GenerateConfig { image: Some(image), ..GenerateConfig::default() }.generate(None).await?;
    let text = String::from_utf8(sbom.write(&Format::parse("spdx-2.3")?)?.bytes)?;
    let document = json!({"kind": "sbom", "mediaType": "application/spdx+json", "text": text});
    promote(&key, "docker-archive:app.tar", "oci:dev", "dev", json!([{"kind": "signature"}, document])).await?;
    promote(&key, "oci:dev", "oci:staging", "staging", json!([])).await
}
