import { Refused, send } from "../../account/src/api";
import type { JsonObject } from "../../account/src/operations";
import { proveBy, proveByFactor } from "../../account/src/proof";
import { viewer as query, type Role } from "./operations";

/** Whoever uses the pages. */
export interface Viewer {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly profileSchema: JsonObject;
  readonly usernames: boolean;
  /** Whether people can be invited. */
  readonly invites: boolean;
}

const place = "latchkey-admin-place";

/** Returns who is signed in, and prepares how they prove it. Undefined: nobody is, and the page for signing in opens. */
export async function whoIsThere(): Promise<Viewer | undefined> {
  const { me, authConfig } = await send(query, {});
  if (!me) {
    signIn();
    return undefined;
  }
  const hasPasskey = me.secondFactors.passkeys.length > 0;
  proveBy(me.hasPassword);
  proveByFactor(me.secondFactors.totp !== null || hasPasskey, (authConfig?.passkeys ?? false) && hasPasskey);
  const kept = sessionStorage.getItem(place);
  sessionStorage.removeItem(place);
  if (kept && !location.hash) {
    history.replaceState(null, "", kept);
  }
  return { id: me.id, email: me.email, role: me.role, profileSchema: authConfig?.profileSchema ?? {}, usernames: authConfig?.usernames !== "OFF", invites: authConfig?.registration !== "CLOSED" };
}

/** Leads to the page for signing in if there is no session any more, or one that lacks a second factor. */
export function onRefused(refused: Refused): boolean {
  if (refused.code !== "UNAUTHENTICATED" && refused.code !== "SECOND_FACTOR_REQUIRED") {
    return false;
  }
  signIn();
  return true;
}

/** Signs in and comes back to the same place, which this tab keeps: the server is told the page only. */
function signIn(): void {
  if (location.hash) {
    sessionStorage.setItem(place, location.hash);
  }
  location.assign("sign-in?return_to=admin");
}
