//! A passkey in software: what a browser and its authenticator do (WebAuthn level 3), with a key known to the test.

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
    /// The origin that the browser reports.
    pub origin: String,
    /// Whether it verifies the user, by a PIN for example.
    pub verifies: bool,
}

impl Authenticator {
    /// A device in a browser at this origin; each `number` is a different device.
    pub fn at(origin: &str, number: u8) -> Self {
        let key = SigningKey::from_slice(&[number.max(1); 32]).expect("a key");
        let (user, origin) = (String::new(), origin.to_owned());
        Self { key, id: vec![number; 32], user, counter: 0, origin, verifies: true }
    }

    /// Answers registration options with a new passkey.
    pub fn register(&mut self, asked: &Value) -> Value {
        let options = &asked["options"];
        self.user = options["user"]["id"].as_str().expect("a user").to_owned();
        let client_data = self.client_data("webauthn.create", options);
        let mut data = self.authenticator_data(options["rp"]["id"].as_str().expect("a domain"), 0x40);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).expect("short").to_be_bytes());
        data.extend(&self.id);
        data.extend(self.public_key());
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let mut attestation = vec![0xa3, 0x63];
        attestation.extend(b"fmt\x64none\x67attStmt\xa0\x68authData\x58");
        attestation.push(u8::try_from(data.len()).expect("short"));
        attestation.extend(&data);
        let spki = self.spki();
        json!({
            "id": BASE64.encode(&self.id), "rawId": BASE64.encode(&self.id), "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64.encode(client_data), "attestationObject": BASE64.encode(attestation),
                "authenticatorData": BASE64.encode(data), "transports": ["internal"],
                "publicKey": BASE64.encode(spki), "publicKeyAlgorithm": -7,
            },
        })
    }

    /// Answers sign-in options with a signature.
    pub fn sign(&mut self, asked: &Value) -> Value {
        let options = &asked["options"];
        self.counter += 1;
        let client_data = self.client_data("webauthn.get", options);
        let data = self.authenticator_data(options["rpId"].as_str().expect("a domain"), 0);
        let signed = [data.as_slice(), Sha256::digest(&client_data).as_slice()].concat();
        let signature: Signature = self.key.sign(&signed);
        json!({
            "id": BASE64.encode(&self.id), "rawId": BASE64.encode(&self.id), "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64.encode(client_data), "authenticatorData": BASE64.encode(data),
                "signature": BASE64.encode(signature.to_der()), "userHandle": self.user,
            },
        })
    }

    /// A copy of the device with its current signature counter, as a thief would have it.
    pub fn copy(&self) -> Self {
        let Self { key, id, user, counter, origin, verifies } = self;
        let (key, id, user, origin) = (key.clone(), id.clone(), user.clone(), origin.clone());
        Self { key, id, user, counter: *counter, origin, verifies: *verifies }
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = options["challenge"].as_str().expect("a challenge");
        format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{}","crossOrigin":false}}"#, self.origin)
            .into()
    }

    fn authenticator_data(&self, domain: &str, more_flags: u8) -> Vec<u8> {
        let flags = 0x01 | more_flags | if self.verifies { 0x04 } else { 0 };
        let mut data = Sha256::digest(domain).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// The public key in COSE form: {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
    fn public_key(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_encoded_point(false);
        let mut key = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        key.extend(point.x().expect("a point"));
        key.extend([0x22, 0x58, 0x20]);
        key.extend(point.y().expect("a point"));
        key
    }

    /// The public key in X.509 form (RFC 5480).
    fn spki(&self) -> Vec<u8> {
        let mut spki = vec![
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
            0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ];
        spki.extend(self.key.verifying_key().to_encoded_point(false).as_bytes());
        spki
    }
}
