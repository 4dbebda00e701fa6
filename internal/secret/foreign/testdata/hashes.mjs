// Prints hashes that better-auth makes, one as JSON on each line: npm install better-auth && node hashes.mjs
import { hashPassword } from "better-auth/crypto";

for (const password of ["correct horse battery", "Paßwört 火🔥", "ﬁle № Ⅳ, u\u0308ber"]) {
  console.log(JSON.stringify({ by: "better-auth", as: "better-auth", password, text: [await hashPassword(password)] }));
}
