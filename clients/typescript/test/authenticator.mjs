// A browser with an authenticator that keeps passkeys and verifies its user (W3C Web Authentication).
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

const sha256 = (data) => createHash("sha256").update(data).digest();
const base64url = (data) => Buffer.from(data).toString("base64url");
const text = (value) => Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)]); // of CBOR, shorter than 24
const verified = 0x01 | 0x04 | 0x08 | 0x10; // present, verified, may be synced, is synced

/** Makes an authenticator for pages of an origin, and puts it into the globals until the test ends. */
export function withAuthenticator(t, origin) {
  const keys = new Map(); // by id
  const forgotten = [];
  const clientData = (type, challenge) => Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  const credential = (id, response) => ({ toJSON: () => ({ id, rawId: id, type: "public-key", clientExtensionResults: {}, response }) });

  async function create({ publicKey: { rp, user, challenge } }) {
    const id = randomBytes(16);
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { x, y } = publicKey.export({ format: "jwk" });
    // A COSE key: 1: EC2, 3: ES256, -1: P-256, -2: x, -3: y.
    const cose = Buffer.concat([Buffer.from("a5010203262001215820", "hex"), Buffer.from(x, "base64url"), Buffer.from("225820", "hex"), Buffer.from(y, "base64url")]);
    const data = Buffer.concat([sha256(rp.id), Buffer.from([verified | 0x40]), Buffer.alloc(4 + 16), Buffer.from([0, id.length]), id, cose]);
    const attestation = Buffer.concat([
      Buffer.from([0xa3]), text("fmt"), text("none"), text("attStmt"), Buffer.from([0xa0]), text("authData"), Buffer.from([0x58, data.length]), data,
    ]);
    keys.set(base64url(id), { privateKey, userHandle: user.id });
    return credential(base64url(id), { clientDataJSON: base64url(clientData("webauthn.create", challenge)), attestationObject: base64url(attestation), transports: ["internal"] });
  }

  async function get({ publicKey: { rpId, challenge, allowCredentials = [] } }) {
    const id = allowCredentials[0]?.id ?? [...keys.keys()][0];
    const key = keys.get(id);
    if (!key) throw new DOMException("There is no passkey.", "NotAllowedError");
    const data = Buffer.concat([sha256(rpId), Buffer.from([verified]), Buffer.alloc(4)]);
    const json = clientData("webauthn.get", challenge);
    const signature = sign("sha256", Buffer.concat([data, sha256(json)]), key.privateKey);
    return credential(id, { clientDataJSON: base64url(json), authenticatorData: base64url(data), signature: base64url(signature), userHandle: key.userHandle });
  }

  const globals = {
    PublicKeyCredential: {
      parseCreationOptionsFromJSON: (options) => options,
      parseRequestOptionsFromJSON: (options) => options,
      signalUnknownCredential: async ({ credentialId }) => void forgotten.push(credentialId),
    },
    navigator: { credentials: { create, get } },
  };
  for (const [name, value] of Object.entries(globals)) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { configurable: true, value });
    t.after(() => (before ? Object.defineProperty(globalThis, name, before) : delete globalThis[name]));
  }
  return { keys, forgotten };
}
