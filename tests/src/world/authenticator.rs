//! A passkey in software: what a browser and its authenticator do (WebAuthn level 3), with a key that the test holds.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A device with one passkey.
pub struct Authenticator {
    key: SigningKey,
    id: Vec<u8>,
    user: String,
    counter: u32,
    /// Where the browser is.
    pub origin: String,
    /// Whether it asked who holds it.
    pub verifies: bool,
}

impl Authenticator {
    /// A device in a browser at this origin; each number is another one.
    pub fn at(origin: &str, number: u8) -> Self {
        let key = SigningKey::from_slice(&[number.max(1); 32]).expect("a key");
        let (user, origin) = (String::new(), origin.to_owned());
        Self { key, id: vec![number; 32], user, counter: 0, origin, verifies: true }
    }

    /// Makes the passkey that these options ask for.
    pub fn make(&mut self, asked: &Value) -> Value {
        let options = &asked["options"];
        self.user = options["user"]["id"].as_str().expect("a user").to_owned();
        let said = self.said("webauthn.create", options);
        let mut data = self.data(options["rp"]["id"].as_str().expect("a domain"), 0x40);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).expect("short").to_be_bytes());
        data.extend(&self.id);
        data.extend(self.public_key());
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt\x64none\x67attStmt\xa0\x68authData\x58");
        object.push(u8::try_from(data.len()).expect("short"));
        object.extend(&data);
        let spki = self.spki();
        json!({
            "id": BASE64.encode(&self.id), "rawId": BASE64.encode(&self.id), "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64.encode(said), "attestationObject": BASE64.encode(object),
                "authenticatorData": BASE64.encode(data), "transports": ["internal"],
                "publicKey": BASE64.encode(spki), "publicKeyAlgorithm": -7,
            },
        })
    }

    /// Signs what these options ask for.
    pub fn sign(&mut self, asked: &Value) -> Value {
        let options = &asked["options"];
        self.counter += 1;
        let said = self.said("webauthn.get", options);
        let data = self.data(options["rpId"].as_str().expect("a domain"), 0);
        let signed = [data.as_slice(), Sha256::digest(&said).as_slice()].concat();
        let signature: Signature = self.key.sign(&signed);
        json!({
            "id": BASE64.encode(&self.id), "rawId": BASE64.encode(&self.id), "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64.encode(said), "authenticatorData": BASE64.encode(data),
                "signature": BASE64.encode(signature.to_der()), "userHandle": self.user,
            },
        })
    }

    /// The same device, copied before it was used.
    pub fn copy(&self) -> Self {
        let Self { key, id, user, counter, origin, verifies } = self;
        let (key, id, user, origin) = (key.clone(), id.clone(), user.clone(), origin.clone());
        Self { key, id, user, counter: *counter, origin, verifies: *verifies }
    }

    fn said(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = options["challenge"].as_str().expect("a challenge");
        format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{}","crossOrigin":false}}"#, self.origin)
            .into()
    }

    fn data(&self, domain: &str, more: u8) -> Vec<u8> {
        let flags = 0x01 | more | if self.verifies { 0x04 } else { 0 };
        let mut data = Sha256::digest(domain).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// As COSE has it: {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
    fn public_key(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_encoded_point(false);
        let mut key = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        key.extend(point.x().expect("a point"));
        key.extend([0x22, 0x58, 0x20]);
        key.extend(point.y().expect("a point"));
        key
    }

    /// As X.509 has it (RFC 5480).
    fn spki(&self) -> Vec<u8> {
        let mut spki = vec![
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
            0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ];
        spki.extend(self.key.verifying_key().to_encoded_point(false).as_bytes());
        spki
    }
}
