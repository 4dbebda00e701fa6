// Verifies an access token with jose, by the published keys, and sees it refuse what it has to.
import assert from "node:assert/strict";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";

const { LATCHKEY_URL: url, ISSUER: issuer, TOKEN: token, ALGORITHM: algorithm } = process.env;
const keys = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`));
const expected = { issuer, audience: "https://api.example.com", typ: "at+jwt", algorithms: [algorithm], requiredClaims: ["sub", "exp", "iat", "jti", "sid"] };
const verify = (text, changes) => jwtVerify(text, keys, { ...expected, ...changes });

const { payload, protectedHeader } = await verify(token);
assert.deepEqual(Object.keys(protectedHeader).sort(), ["alg", "kid", "typ"]);
assert.equal(protectedHeader.alg, algorithm);
assert.ok(payload.exp - payload.iat <= 15 * 60);
assert.deepEqual(payload.roles, ["USER"]);
assert.deepEqual(payload.aud, ["https://api.example.com", "reports"]);

const soon = new Date((payload.exp - 1) * 1000);
const late = new Date(payload.exp * 1000);
await verify(token, { currentDate: soon });
await assert.rejects(verify(token, { currentDate: late }), { code: "ERR_JWT_EXPIRED" });
for (const [claim, changes] of Object.entries({
  aud: { audience: "https://other.example.com" },
  iss: { issuer: "https://other.example.com" },
  typ: { typ: "JWT" },
})) {
  await assert.rejects(verify(token, changes), { code: "ERR_JWT_CLAIM_VALIDATION_FAILED", claim });
}
const others = ["EdDSA", "ES256", "RS256"].filter((name) => name !== algorithm);
await assert.rejects(verify(token, { algorithms: others }), { code: "ERR_JOSE_ALG_NOT_ALLOWED" });

const [head, body, signature] = token.split(".");
const claims = JSON.parse(Buffer.from(body, "base64url"));
const promoted = Buffer.from(JSON.stringify({ ...claims, roles: ["USER", "STAFF", "ADMIN"] })).toString("base64url");
await assert.rejects(verify([head, promoted, signature].join(".")), { code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" });
const unknown = Buffer.from(JSON.stringify({ ...decodeProtectedHeader(token), kid: "another" })).toString("base64url");
await assert.rejects(verify([unknown, body, signature].join(".")), { code: "ERR_JWKS_NO_MATCHING_KEY" });

console.log("all is well");
