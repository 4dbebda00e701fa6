// What the pages for administrators ask of the API. A test compares the documents with the schema.

import { mutation, operation, type Identity, type JsonObject, type Passkey, type Payload, type Session, type TrustedDevice } from "../../account/src/operations";

export type Role = "USER" | "STAFF" | "ADMIN";

/** A user in a list. */
export interface ListedUser {
  readonly id: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly username: string | null;
  readonly name: string | null;
  readonly role: Role;
  readonly disabled: boolean;
  readonly createdAt: string;
  readonly lastLoginAt: string | null;
  readonly secondFactors: { readonly totp: { readonly createdAt: string } | null; readonly passkeys: readonly { readonly id: string }[] };
}

/** A user with everything that there is to see. */
export interface WholeUser extends ListedUser {
  readonly profile: JsonObject;
  readonly disabledReason: string | null;
  readonly deletedAt: string | null;
  readonly hasPassword: boolean;
  readonly updatedAt: string;
  readonly secondFactors: {
    readonly required: boolean;
    readonly totp: { readonly createdAt: string; readonly lastUsedAt: string | null } | null;
    readonly recoveryCodesLeft: number;
    readonly trustedDevices: readonly TrustedDevice[];
    readonly passkeys: readonly Passkey[];
  };
  readonly identities: readonly Identity[];
  readonly sessions: readonly (Session & { readonly expiresAt: string })[];
  readonly auditEvents: Page<AuditEvent>;
}

export interface AuditEvent {
  readonly id: string;
  readonly at: string;
  readonly act: string;
  readonly outcome: string;
  readonly userId: string | null;
  readonly actor: string | null;
  readonly actorId: string | null;
  readonly sessionId: string | null;
  readonly reason: string | null;
  readonly ipAddress: string | null;
  readonly device: string | null;
}

export interface Invitation {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly invitedBy: string | null;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly acceptedAt: string | null;
}

/** A part of a list. */
export interface Page<T> {
  readonly nodes: readonly T[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean; readonly startCursor: string | null; readonly endCursor: string | null };
}

export interface UserFilter {
  search?: string;
  role?: readonly Role[];
  disabled?: boolean;
  verified?: boolean;
  secondFactor?: boolean;
}

export interface AuditFilter {
  userId?: string;
  actorId?: string;
  act?: readonly string[];
  outcome?: string;
  since?: string;
  until?: string;
  ipAddress?: string;
}

export const viewer = operation<
  Record<string, never>,
  {
    me: { id: string; email: string; role: Role; hasPassword: boolean; secondFactors: { totp: { createdAt: string } | null; passkeys: readonly { id: string }[] } } | null;
    authConfig: { profileSchema: JsonObject; usernames: string; passkeys: boolean; registration: string } | null;
  }
>(/* GraphQL */ `query Viewer { me { id email role hasPassword secondFactors { totp { createdAt } passkeys { id } } } authConfig { profileSchema usernames passkeys registration } }`);

export const users = operation<
  { first?: number; after?: string; last?: number; before?: string; filter: UserFilter; orderBy: { field: string; direction: string }; count: boolean },
  { users: (Page<ListedUser> & { readonly totalCount?: number | null }) | null }
>(
  /* GraphQL */ `query Users($first: Int, $after: String, $last: Int, $before: String, $filter: UserFilter, $orderBy: UserOrder, $count: Boolean!) { users(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) { nodes { id email emailVerified username name role disabled createdAt lastLoginAt secondFactors { totp { createdAt } passkeys { id } } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount @include(if: $count) } }`,
);

export const user = operation<{ id: string }, { user: WholeUser | null }>(
  /* GraphQL */ `query OneUser($id: ID!) { user(id: $id) { id email emailVerified username name profile role disabled disabledReason deletedAt hasPassword createdAt updatedAt lastLoginAt secondFactors { required totp { createdAt lastUsedAt } recoveryCodesLeft trustedDevices { id device expiresAt current } passkeys { id name provider createdAt lastUsedAt clonedAt } } identities { id provider name email createdAt lastUsedAt } sessions { id current createdAt lastSeenAt expiresAt ipAddress device } auditEvents(first: 20) { nodes { id at act outcome userId actor actorId sessionId reason ipAddress device } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`,
);

export const auditEvents = operation<{ first: number; after?: string; filter: AuditFilter }, { auditEvents: Page<AuditEvent> | null }>(
  /* GraphQL */ `query AuditEvents($first: Int, $after: String, $filter: AuditFilter) { auditEvents(first: $first, after: $after, filter: $filter) { nodes { id at act outcome userId actor actorId sessionId reason ipAddress device } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
);

export const createUser = mutation<
  { email: string; username: string | null; name: string | null; role: Role; sendInvitation: boolean },
  Payload & { user: { id: string } | null }
>(/* GraphQL */ `mutation CreateUser($input: CreateUserInput!) { result: createUser(input: $input) { user { id } errors { code message path } } }`);

export const setUserRole = mutation<{ id: string; role: Role; reason: string }>(
  /* GraphQL */ `mutation SetUserRole($input: SetUserRoleInput!) { result: setUserRole(input: $input) { errors { code message path } } }`,
);

export const setUserProfile = mutation<{ id: string; name: string | null; profile?: JsonObject }>(
  /* GraphQL */ `mutation SetUserProfile($input: SetUserProfileInput!) { result: setUserProfile(input: $input) { errors { code message path } } }`,
);

export const disableUser = mutation<{ id: string; reason: string }>(
  /* GraphQL */ `mutation DisableUser($input: DisableUserInput!) { result: disableUser(input: $input) { errors { code message path } } }`,
);

export const enableUser = mutation<{ id: string }>(
  /* GraphQL */ `mutation EnableUser($input: UserIdInput!) { result: enableUser(input: $input) { errors { code message path } } }`,
);

export const confirmUserEmail = mutation<{ id: string }>(
  /* GraphQL */ `mutation ConfirmUserEmail($input: UserIdInput!) { result: confirmUserEmail(input: $input) { errors { code message path } } }`,
);

export const endUserSessions = mutation<{ id: string }, Payload & { endedCount: number }>(
  /* GraphQL */ `mutation EndUserSessions($input: UserIdInput!) { result: endUserSessions(input: $input) { endedCount errors { code message path } } }`,
);

export const sendUserPasswordReset = mutation<{ id: string }>(
  /* GraphQL */ `mutation SendUserPasswordReset($input: UserIdInput!) { result: sendUserPasswordReset(input: $input) { errors { code message path } } }`,
);

export const removeUserSecondFactors = mutation<{ id: string; reason: string }>(
  /* GraphQL */ `mutation RemoveUserSecondFactors($input: UserReasonInput!) { result: removeUserSecondFactors(input: $input) { errors { code message path } } }`,
);

export const deleteUser = mutation<{ id: string; reason: string }>(
  /* GraphQL */ `mutation DeleteUser($input: UserReasonInput!) { result: deleteUser(input: $input) { errors { code message path } } }`,
);

export const invitations = operation<{ first: number; after?: string }, { invitations: Page<Invitation> | null }>(
  /* GraphQL */ `query Invitations($first: Int, $after: String) { invitations(first: $first, after: $after) { nodes { id email role invitedBy createdAt expiresAt acceptedAt } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`,
);

export const inviteUser = mutation<{ email: string; role: Role }>(
  /* GraphQL */ `mutation InviteUser($input: InviteUserInput!) { result: inviteUser(input: $input) { errors { code message path } } }`,
);

export const withdrawInvitation = mutation<{ id: string }>(
  /* GraphQL */ `mutation WithdrawInvitation($input: WithdrawInvitationInput!) { result: withdrawInvitation(input: $input) { errors { code message path } } }`,
);
