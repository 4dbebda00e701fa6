import { say } from "../../account/src/say";
import { badge, bdi, el } from "./el";
import type { ListedUser, Role } from "./operations";

/** All roles, from the lowest. */
export const roles: readonly Role[] = ["USER", "STAFF", "ADMIN"];

/** Says a role. */
export const roleName = (role: Role): string => say(`admin.role.${role}`);

/** Shows how a user is called: the name, or the address if there is none. */
export const nameOf = (user: ListedUser): HTMLElement => bdi(user.name?.trim() || user.email);

/** Shows what stands out about a user. */
export function badgesOf(user: ListedUser): HTMLElement {
  return el("span", { class: "tags" },
    user.role !== "USER" && badge(roleName(user.role), "accent"),
    user.disabled && badge(say("admin.disabled"), "bad"),
    !user.emailVerified && badge(say("admin.unconfirmed")),
    hasFactor(user) && badge(say("admin.two_factors"), "good"),
  );
}

/** Whether a user has a second factor. */
export const hasFactor = (user: ListedUser): boolean => user.secondFactors.totp !== null || user.secondFactors.passkeys.length > 0;
