//! Private keys as cosign keeps them in `cosign.key`: scrypt makes a key of the password, and NaCl's secretbox
//! (XSalsa20-Poly1305) holds the PKCS#8 document.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto_secretbox::aead::{Aead, KeyInit};
use crypto_secretbox::{Key, Nonce, XSalsa20Poly1305};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::key::private_pem;
use super::public_key::to_pem;
use crate::error::{Error, Result};
use crate::model::Secret;

/// The PEM types: the one that is written today, and the one of older versions.
const TYPES: [&str; 2] = ["ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY"];
/// log2 of the cost factors that are accepted. The file says which one, so a file from a stranger must not choose freely: a
/// large one takes all memory, a small one makes guessing cheap.
const LOG_N: [u8; 3] = [15, 16, 17];
/// The one that is written.
const WRITTEN_LOG_N: u8 = 16;
const SCRYPT: &str = "scrypt";
const SECRETBOX: &str = "nacl/secretbox";
const R: u32 = 8;
const P: u32 = 1;
const SALT: usize = 32;
const NONCE: usize = 24;

#[derive(Serialize, Deserialize)]
struct Wire {
    kdf: Kdf,
    cipher: Cipher,
    ciphertext: String,
}

#[derive(Serialize, Deserialize)]
struct Kdf {
    name: String,
    params: Params,
    salt: String,
}

#[derive(Serialize, Deserialize)]
struct Params {
    #[serde(rename = "N")]
    n: u64,
    r: u32,
    p: u32,
}

#[derive(Serialize, Deserialize)]
struct Cipher {
    name: String,
    nonce: String,
}

/// Whether a PEM block of this type is an encrypted key of cosign's.
pub(super) fn is_encrypted(pem_type: &str) -> bool {
    TYPES.contains(&pem_type)
}

/// Decrypts a `cosign.key` and returns the private key, of whatever algorithm, as PEM (`PRIVATE KEY`: PKCS#8). It takes a
/// good part of a second and 32 to 128 MiB of memory: that is what protects the password.
///
/// # Errors
/// `Invalid` where it is no such file; `Unsupported` where it is encrypted in another way, before any work is done;
/// `Denied` where the password is wrong or the file was changed.
pub fn decrypt_cosign_key(pem: &str, password: &Secret) -> Result<Zeroizing<String>> {
    Ok(private_pem(&decrypt(pem, password)?))
}

/// The same as PKCS#8.
pub(super) fn decrypt(pem: &str, password: &Secret) -> Result<Zeroizing<Vec<u8>>> {
    let block = pem::parse(pem).map_err(|_| Error::invalid("not a private key in PEM"))?;
    if !is_encrypted(block.tag()) {
        return Err(Error::unsupported(format!("a {:?} is not decrypted", block.tag()))
            .hint("use a key that cosign generate-key-pair or import-key-pair wrote"));
    }
    open(block.contents(), password)
}

fn open(json: &[u8], password: &Secret) -> Result<Zeroizing<Vec<u8>>> {
    // The error of the parser would quote the document.
    let wire: Wire = serde_json::from_slice(json).map_err(|_| Error::invalid("the encrypted key does not parse"))?;
    if wire.kdf.name != SCRYPT || wire.cipher.name != SECRETBOX {
        return Err(Error::unsupported("the key is encrypted in an unknown way"));
    }
    let log_n = LOG_N.into_iter().find(|log_n| 1 << log_n == wire.kdf.params.n);
    let (Some(log_n), R, P) = (log_n, wire.kdf.params.r, wire.kdf.params.p) else {
        return Err(Error::unsupported("the key is encrypted with other scrypt parameters than cosign uses"));
    };
    let salt = field::<SALT>(&wire.kdf.salt)?;
    let nonce = field::<NONCE>(&wire.cipher.nonce)?;
    let ciphertext = STANDARD.decode(&wire.ciphertext).map_err(|_| malformed())?;

    let secretbox = secretbox(password, &salt, log_n)?;
    let opened = secretbox.decrypt(Nonce::from_slice(&nonce), &ciphertext[..]);
    opened.map(Zeroizing::new).map_err(|_| Error::denied("the password is wrong, or the key file was changed"))
}

/// Encrypts a PKCS#8 document as `cosign generate-key-pair` does.
pub(super) fn encrypt(der: &[u8], password: &Secret) -> Result<String> {
    let (mut salt, mut nonce) = ([0; SALT], [0; NONCE]);
    for random in [&mut salt[..], &mut nonce[..]] {
        getrandom::fill(random).map_err(|e| Error::unexpected("no random numbers").caused_by(e))?;
    }
    let sealed = secretbox(password, &salt, WRITTEN_LOG_N)?.encrypt(Nonce::from_slice(&nonce), der);
    let wire = Wire {
        kdf: Kdf {
            name: SCRYPT.to_owned(),
            params: Params { n: 1 << WRITTEN_LOG_N, r: R, p: P },
            salt: STANDARD.encode(salt),
        },
        cipher: Cipher { name: SECRETBOX.to_owned(), nonce: STANDARD.encode(nonce) },
        ciphertext: STANDARD.encode(sealed.map_err(|_| Error::unexpected("the key cannot be encrypted"))?),
    };
    let json = serde_json::to_vec(&wire).map_err(|e| Error::unexpected("the key cannot be written").caused_by(e))?;
    Ok(to_pem(TYPES[0], &json))
}

fn secretbox(password: &Secret, salt: &[u8], log_n: u8) -> Result<XSalsa20Poly1305> {
    let failed = || Error::unexpected("scrypt failed");
    let params = scrypt::Params::new(log_n, R, P).map_err(|_| failed())?;
    let mut key = Zeroizing::new([0; 32]);
    scrypt::scrypt(password.reveal().as_bytes(), salt, &params, &mut *key).map_err(|_| failed())?;
    Ok(XSalsa20Poly1305::new(Key::from_slice(&*key)))
}

fn field<const N: usize>(text: &str) -> Result<[u8; N]> {
    STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(malformed)
}

fn malformed() -> Error {
    Error::invalid("the encrypted key does not parse")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::sign::KeySigner;

    fn file(log_n: u8, change: impl FnOnce(&mut serde_json::Value), plain: &[u8]) -> String {
        let params = scrypt::Params::new(log_n, R, P).unwrap();
        let mut key = [0; 32];
        scrypt::scrypt(b"pw", &[1; SALT], &params, &mut key).unwrap();
        let sealed = XSalsa20Poly1305::new(Key::from_slice(&key)).encrypt(Nonce::from_slice(&[2; NONCE]), plain);
        let mut json = serde_json::json!({
            "kdf": {"name": "scrypt", "params": {"N": 1u64 << log_n, "r": R, "p": P}, "salt": STANDARD.encode([1; SALT])},
            "cipher": {"name": "nacl/secretbox", "nonce": STANDARD.encode([2; NONCE])},
            "ciphertext": STANDARD.encode(sealed.unwrap()),
        });
        change(&mut json);
        to_pem(TYPES[0], json.to_string().as_bytes())
    }

    #[test]
    fn a_key_opens_with_its_password_and_no_other() {
        let plain = KeySigner::generate("k").unwrap();
        let der = pem::parse(&*plain.to_pem().unwrap()).unwrap().into_contents();
        let file = file(15, |_| (), &der);
        let opened = KeySigner::from_encrypted_pem("k", &file, &Secret::new("pw")).unwrap();
        assert_eq!(opened.public_key(), plain.public_key());
        for wrong in ["", "pw ", "Pw"] {
            let error = KeySigner::from_encrypted_pem("k", &file, &Secret::new(wrong)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Denied);
        }
        assert_eq!(KeySigner::from_pem("k", &file).unwrap_err().kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn other_parameters_are_refused_before_any_work() {
        type Change = fn(&mut serde_json::Value);
        let changes: [(Change, ErrorKind); 8] = [
            (|j| j["kdf"]["params"]["N"] = (1u64 << 40).into(), ErrorKind::Unsupported),
            (|j| j["kdf"]["params"]["N"] = 1024.into(), ErrorKind::Unsupported),
            (|j| j["kdf"]["params"]["r"] = 4096.into(), ErrorKind::Unsupported),
            (|j| j["kdf"]["params"]["p"] = 2.into(), ErrorKind::Unsupported),
            (|j| j["kdf"]["name"] = "argon2".into(), ErrorKind::Unsupported),
            (|j| j["cipher"]["name"] = "aes-gcm".into(), ErrorKind::Unsupported),
            (|j| j["kdf"]["salt"] = "AA==".into(), ErrorKind::Invalid),
            (|j| j["cipher"]["nonce"] = "%".into(), ErrorKind::Invalid),
        ];
        for (change, kind) in changes {
            let error = decrypt_cosign_key(&file(15, change, b""), &Secret::new("pw")).unwrap_err();
            assert_eq!(error.kind(), kind);
        }
    }

    #[test]
    fn neither_password_nor_key_is_shown() {
        assert_eq!(format!("{:?}", Secret::new("secret")), "***");
        let broken = to_pem(TYPES[1], b"{\"kdf\":\"secret\"}");
        assert!(!format!("{:?}", decrypt_cosign_key(&broken, &Secret::default()).unwrap_err()).contains("secret"));
    }
}
