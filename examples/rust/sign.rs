//! Makes keys, signs an image where it is, attests something about it, and verifies what is attached to it.
//!
//!     sign key KIND PREFIX                              writes PREFIX.key, encrypted, and PREFIX.pub
//!     sign image REFERENCE --key PREFIX.key             signs
//!     sign attest REFERENCE --key PREFIX.key --type KIND --predicate FILE
//!     sign verify REFERENCE --key PREFIX.pub            says what is signed by that key
//!
//! Without a key of one's own, `--keyless ambient --services FILE --root FILE` in the place of `--key` signs with the identity token
//! of this job (GitHub Actions, GitLab), `--keyless PATH` with the one in a file; the other two are a signing configuration and a
//! trusted root of Sigstore. Such signatures are verified with `--subject WHO --issuer WHO --root FILE`. `--form cosign-tag` keeps
//! things in cosign's older format. The password of keys is in the variable COSIGN_PASSWORD. It asks at the terminal before it
//! writes.

use std::collections::{BTreeMap, HashMap};
use std::io::{Write, stdin, stdout};
use std::process::ExitCode;
use std::sync::Arc;

use cache_core::approve::{ApprovalPolicy, Ledger, ask_on_terminal};
use cache_core::connect::open_target;
use cache_core::model::{Reference, Secret, Timestamp};
use cache_core::plan::Form;
use cache_core::promote::{AttachRequest, Attachment, Attestation, Outlook, Promoter, evidence_of};
use cache_core::registry::{MemoryRegistry, Network};
use cache_core::sign::{
    FileToken, IdentityRule, KeyKind, KeySigner, KeylessSigner, PublicKey, Services, Signer, SigningConfig,
    TokenSource, Trust, Trusted, TrustedRoot, ambient_token,
};

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let run = async {
        match &words[..] {
            ["key", kind, prefix] => make_key(kind, prefix),
            ["image", reference, rest @ ..] => {
                let options = options(rest)?;
                let signature = Attachment::Signature { annotations: BTreeMap::new(), form: form(&options)? };
                attach(&reference.parse()?, &options, signature).await
            }
            ["attest", reference, rest @ ..] => {
                let options = options(rest)?;
                let predicate = std::fs::read(option(&options, "--predicate")?)?;
                let attestation = Attestation::new(option(&options, "--type")?, &predicate)?.in_form(form(&options)?);
                attach(&reference.parse()?, &options, Attachment::Attestation(attestation)).await
            }
            ["verify", reference, rest @ ..] => verify(&reference.parse()?, &options(rest)?).await,
            _ => Err("usage: sign key|image|attest|verify, as its source says".into()),
        }
    };
    match run.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:?}");
            ExitCode::FAILURE
        }
    }
}

type Options<'a> = HashMap<&'a str, &'a str>;

fn options<'a>(words: &[&'a str]) -> Result<Options<'a>, Failure> {
    let pair = |pair: &[&'a str]| match pair {
        [name, value] => Ok((*name, *value)),
        _ => Err(format!("{pair:?} needs a value").into()),
    };
    words.chunks(2).map(pair).collect()
}

fn option<'a>(options: &Options<'a>, name: &str) -> Result<&'a str, Failure> {
    options.get(name).copied().ok_or_else(|| format!("{name} is needed").into())
}

fn form(options: &Options<'_>) -> Result<Form, Failure> {
    match options.get("--form") {
        None | Some(&"bundle") => Ok(Form::Bundle),
        Some(&"cosign-tag") => Ok(Form::CosignTag),
        Some(other) => Err(format!("{other} is no form").into()),
    }
}

fn password() -> Secret {
    Secret::new(std::env::var("COSIGN_PASSWORD").unwrap_or_default())
}

fn make_key(kind: &str, prefix: &str) -> Result<(), Failure> {
    let signer = KeySigner::generate_kind(prefix, kind.parse::<KeyKind>()?)?;
    let mut private = std::fs::OpenOptions::new();
    private.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut private, 0o600);
    private.open(format!("{prefix}.key"))?.write_all(signer.to_encrypted_pem(&password())?.as_bytes())?;
    std::fs::write(format!("{prefix}.pub"), signer.public_key().to_pem())?;
    Ok(())
}

async fn signer(options: &Options<'_>) -> Result<Arc<dyn Signer>, Failure> {
    let tokens: Arc<dyn TokenSource> = match options.get("--keyless") {
        None => return Ok(Arc::new(KeySigner::load("key", option(options, "--key")?, Some(&password()))?)),
        Some(&"ambient") => ambient_token(Network::default())?,
        Some(path) => Arc::new(FileToken::new(path)),
    };
    let config = SigningConfig::parse(&std::fs::read(option(options, "--services")?)?)?;
    Ok(Arc::new(KeylessSigner::of_token(tokens, Services::new(config, root(options)?)).await?))
}

fn root(options: &Options<'_>) -> Result<Arc<TrustedRoot>, Failure> {
    Ok(Arc::new(TrustedRoot::parse(&std::fs::read(option(options, "--root")?)?)?))
}

/// Whose signatures count: those by a key, or those of a keyless signer.
fn trust(options: &Options<'_>) -> Result<Trust, Failure> {
    if let Some(path) = options.get("--key") {
        return Ok(Trust::in_keys(vec![PublicKey::load("key", path)?]));
    }
    let who = IdentityRule::exact(option(options, "--subject")?, option(options, "--issuer")?);
    Ok(Trust::in_all(vec![Trusted::identities("keyless", vec![who], root(options)?)]))
}

/// Plans, asks the person at the terminal, and executes.
async fn attach(image: &Reference, options: &Options<'_>, what: Attachment) -> Result<(), Failure> {
    let promoter = Promoter {
        source: Arc::new(MemoryRegistry::new()),
        target: open_target(&image.repository)?,
        gates: Vec::new(),
        trust: Trust::default(),
        signer: Some(signer(options).await?),
        policy: None,
        materials: MemoryRegistry::new(),
        ledger: Ledger::of_user()?,
        clock: None,
    };
    let request = AttachRequest {
        image: image.clone(),
        environment: "here".to_owned(),
        requester: "the sign example".to_owned(),
        reason: None,
        attach: vec![what],
    };
    let Outlook::Ready(plan) = promoter.plan_attaching(&request).await? else {
        println!("nothing to do: it is there");
        return Ok(());
    };
    let user = std::env::var("USER").unwrap_or_else(|_| "somebody".to_owned());
    let approval = ask_on_terminal(&plan, &user, Timestamp::now(), &mut stdin().lock(), &mut stdout())?;
    let approved = ApprovalPolicy::default().admit(plan, vec![approval], Timestamp::now())?;
    let receipt = promoter.execute(approved).await?;
    println!("{receipt}");
    if receipt.is_complete() { Ok(()) } else { Err("not all of it was done".into()) }
}

async fn verify(image: &Reference, options: &Options<'_>) -> Result<(), Failure> {
    let trust = trust(options)?;
    let registry = open_target(&image.repository)?;
    let seen = evidence_of(registry.as_registry(), image, &trust, Timestamp::now()).await?;
    for signature in &seen.signatures {
        println!("signed: {} by {}", signature.about, signature.value.by());
    }
    for statement in &seen.statements {
        println!(
            "stated: {} of {} by {}",
            statement.value.value().predicate_type,
            statement.about,
            statement.value.by()
        );
    }
    for problem in &seen.problems {
        println!("not counted: {problem:?}");
    }
    if seen.signatures.is_empty() { Err("no signature of the image verifies".into()) } else { Ok(()) }
}
