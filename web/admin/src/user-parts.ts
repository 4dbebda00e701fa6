import type { Identity, Json, JsonObject } from "../../account/src/operations";
import { say } from "../../account/src/say";
import { badge, bdi, el, present, type Child } from "./el";
import { roleName } from "./names";
import type { WholeUser } from "./operations";
import { ago, day, exact } from "./time";

/** Draws pairs of a name and a value; those without a value are left out. */
function pairs(...list: readonly (readonly [Child, ...Child[]])[]): HTMLElement {
  const shown = list.filter(([, ...values]) => present(values).length > 0);
  return el("dl", { class: "pairs" }, ...shown.map(([name, ...values]) => el("div", {}, el("dt", {}, name), el("dd", {}, ...values))));
}

/** What is known of the account itself. */
export function factsOf(user: WholeUser): HTMLElement {
  return pairs(
    [say("admin.fact.role"), roleName(user.role)],
    [say("admin.fact.last"), user.lastLoginAt ? ago(user.lastLoginAt) : say("admin.never")],
    [say("admin.fact.created"), exact(user.createdAt)],
    [say("admin.fact.updated"), exact(user.updatedAt)],
    [say("admin.fact.deleted"), user.deletedAt && exact(user.deletedAt)],
    [say("admin.fact.id"), el("code", {}, user.id)],
  );
}

/** What the user is called, and the fields of the profile by their titles in the schema. */
export function profileOf(user: WholeUser, schema: JsonObject): HTMLElement {
  const titles = isObject(schema.properties) ? schema.properties : {};
  return pairs(
    [say("field.name"), user.name ? bdi(user.name) : say("admin.nothing")],
    [say("field.email"), bdi(user.email), " ", !user.emailVerified && badge(say("admin.unconfirmed"))],
    [say("field.username"), user.username && bdi(user.username)],
    ...Object.entries(user.profile).map(([name, value]) => {
      const field = titles[name];
      const title = isObject(field) && typeof field.title === "string" ? field.title : name;
      return [bdi(title), bdi(inWords(value))] as const;
    }));
}

/** How the user signs in, and what is asked besides. */
export function factorsOf(user: WholeUser): HTMLElement {
  const { totp, passkeys, recoveryCodesLeft, trustedDevices, required } = user.secondFactors;
  return pairs(
    [say("field.password"), user.hasPassword ? say("admin.factor.set") : say("admin.factor.none")],
    [say("admin.factor.required"), required && say("admin.factor.by_role")],
    [say("admin.factor.app"), totp ? say("admin.factor.set") : say("admin.factor.none"), totp && " · ", totp && (totp.lastUsedAt ? ago(totp.lastUsedAt) : day(totp.createdAt))],
    [say("passkey.title"), ...(passkeys.length === 0 ? [say("admin.factor.none")] : passkeys.map((passkey) => el("div", {},
      bdi(passkey.name), " · ", passkey.lastUsedAt ? ago(passkey.lastUsedAt) : day(passkey.createdAt), " ", passkey.clonedAt && badge(say("admin.factor.cloned"), "bad"))))],
    [say("admin.factor.codes"), (totp || passkeys.length > 0) && String(recoveryCodesLeft)],
    [say("admin.factor.trusted"), ...trustedDevices.map((device) => el("div", {}, bdi(device.device ?? say("account.sessions.unknown")), " · ", ago(device.expiresAt)))],
  );
}

/** The accounts elsewhere with which the user signs in. */
export function identitiesOf(identities: readonly Identity[]): HTMLElement[] {
  return identities.length === 0 ? [] : [el("h3", {}, say("admin.identities.title")), el("ul", { class: "rows" }, ...identities.map((identity) => el("li", {},
    el("span", { class: "strong" }, identity.provider), " ", bdi(identity.email ?? identity.name ?? ""),
    el("span", { class: "second" }, identity.lastUsedAt ? ago(identity.lastUsedAt) : day(identity.createdAt)))))];
}

/** Where the user is signed in. */
export function sessionsOf(sessions: WholeUser["sessions"]): HTMLElement {
  if (sessions.length === 0) {
    return el("p", { class: "hint" }, say("admin.sessions.none"));
  }
  return el("ul", { class: "rows" }, ...sessions.map((session) => el("li", {},
    bdi(session.device ?? say("account.sessions.unknown"), "strong"), " ", session.current && badge(say("account.sessions.current"), "accent"),
    el("span", { class: "second" }, session.ipAddress && `${session.ipAddress} · `, ago(session.lastSeenAt), " · ", day(session.createdAt)))));
}

const isObject = (value: Json | undefined): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);

const inWords = (value: Json): string =>
  typeof value === "string" ? value : typeof value === "boolean" ? (value ? say("profile.yes") : say("profile.no")) : JSON.stringify(value);
