// What the pages ask of the API: each document with the types of its variables and of its answer. A
// test compares the documents with schema.graphqls.

/** Something about the input that the user can mend. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[] | null;
}

/** What every mutation answers. */
export interface Payload {
  readonly errors: readonly Problem[];
}

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

export interface User {
  readonly email: string;
  readonly emailVerified: boolean;
  readonly username: string | null;
  readonly name: string | null;
  readonly profile: JsonObject;
  readonly hasPassword: boolean;
}

export interface SecondFactors {
  readonly required: boolean;
  readonly totp: { readonly createdAt: string } | null;
  readonly recoveryCodesLeft: number;
  readonly trustedDevices: readonly TrustedDevice[];
  readonly passkeys: readonly Passkey[];
}

export interface Passkey {
  readonly id: string;
  readonly name: string;
  readonly provider: string | null;
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
  readonly clonedAt: string | null;
}

/** The first half of what is done with a passkey. */
export interface Begun extends Payload {
  readonly options: JsonObject | null;
  readonly state: string | null;
}

export interface PasskeyAdded extends Payload {
  readonly recoveryCodes: readonly string[] | null;
}

/** A device that skips the second step. */
export interface TrustedDevice {
  readonly id: string;
  readonly device: string | null;
  readonly expiresAt: string;
  readonly current: boolean;
}

/** A login that needs a second step. The server may learn more methods. */
export interface Challenge {
  readonly token: string;
  readonly kind: "PROVE" | "ENROLL";
  readonly methods: readonly string[];
  readonly passkeyOptions: JsonObject | null;
}

/** Somebody whom a provider has identified, and who still has to prove something. */
export interface PendingIdentity {
  readonly token: string;
  readonly provider: string;
  readonly email: string | null;
  readonly reason: "CONNECT" | "EMAIL_NEEDED" | "REGISTRATION_CLOSED";
}

/** What came of a sign-in with a provider. */
export interface ProviderResult extends Payload {
  readonly challenge: Challenge | null;
  readonly pendingIdentity: PendingIdentity | null;
}

/** An account at a provider with which the user signs in. */
export interface Identity {
  readonly id: string;
  readonly provider: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
}

export interface Session {
  readonly id: string;
  readonly current: boolean;
  readonly createdAt: string;
  readonly lastSeenAt: string;
  readonly ipAddress: string | null;
  readonly device: string | null;
}

/** A document, which takes V and answers D. */
export interface Operation<V, D> {
  readonly document: string;
  readonly types?: (variables: V) => D;
}

/* @__NO_SIDE_EFFECTS__ */
export const operation = <V, D>(document: string): Operation<V, D> => ({ document });
/* @__NO_SIDE_EFFECTS__ */
export const mutation = <I, P extends Payload = Payload>(document: string): Operation<{ input: I }, { result: P }> => ({ document });

export const signUp = mutation<
  { email: string; password: string; username: string | null; name: string | null; profile: JsonObject; delivery: "COOKIE" },
  Payload & { confirmationRequired: boolean; challenge: { kind: string } | null }
>(/* GraphQL */ `mutation SignUp($input: RegisterInput!) { result: register(input: $input) { confirmationRequired challenge { kind } errors { code message path } } }`);

export const resend = mutation<{ email: string }>(
  /* GraphQL */ `mutation Resend($input: ResendConfirmationEmailInput!) { result: resendConfirmationEmail(input: $input) { errors { code message path } } }`,
);

export const signIn = mutation<{ email?: string; username?: string; password: string; delivery: "COOKIE" }, Payload & { challenge: Challenge | null }>(
  /* GraphQL */ `mutation SignIn($input: LoginInput!) { result: login(input: $input) { challenge { token kind methods passkeyOptions } errors { code message path } } }`,
);

export const requestCode = mutation<{ email: string }, Payload & { requestId: string | null }>(
  /* GraphQL */ `mutation RequestCode($input: RequestLoginCodeInput!) { result: requestLoginCode(input: $input) { requestId errors { code message path } } }`,
);

export const signInWithCode = mutation<{ requestId: string; code: string; delivery: "COOKIE" }, Payload & { challenge: Challenge | null }>(
  /* GraphQL */ `mutation SignInWithCode($input: LoginWithCodeInput!) { result: loginWithCode(input: $input) { challenge { token kind methods passkeyOptions } errors { code message path } } }`,
);

export const completeLogin = mutation<{ totpCode?: string; recoveryCode?: string; passkey?: JsonObject; trustDevice?: boolean }, Payload & { replacementRecoveryCode: string | null }>(
  /* GraphQL */ `mutation CompleteLogin($input: CompleteLoginInput!) { result: completeLogin(input: $input) { replacementRecoveryCode errors { code message path } } }`,
);

export const beginTotp = operation<
  Record<string, never>,
  { result: Payload & { setup: string | null; secret: string | null; uri: string | null; qrCode: string | null } }
>(/* GraphQL */ `mutation BeginTotp { result: beginTotp { setup secret uri qrCode errors { code message path } } }`);

export const confirmTotp = mutation<{ setup: string; code: string; delivery: "COOKIE" }, Payload & { recoveryCodes: readonly string[] | null }>(
  /* GraphQL */ `mutation ConfirmTotp($input: ConfirmTotpInput!) { result: confirmTotp(input: $input) { recoveryCodes errors { code message path } } }`,
);

export const removeTotp = operation<Record<string, never>, { result: Payload }>(
  /* GraphQL */ `mutation RemoveTotp { result: removeTotp { errors { code message path } } }`,
);

export const createRecoveryCodes = operation<Record<string, never>, { result: Payload & { recoveryCodes: readonly string[] | null } }>(
  /* GraphQL */ `mutation CreateRecoveryCodes { result: createRecoveryCodes { recoveryCodes errors { code message path } } }`,
);

export const secondFactors = operation<Record<string, never>, { me: { secondFactors: SecondFactors } | null; authConfig: { passkeys: boolean } | null }>(
  /* GraphQL */ `query SecondFactors { me { secondFactors { required totp { createdAt } recoveryCodesLeft trustedDevices { id device expiresAt current } passkeys { id name provider createdAt lastUsedAt clonedAt } } } authConfig { passkeys } }`,
);

export const removeTrustedDevice = mutation<{ id: string }>(
  /* GraphQL */ `mutation RemoveTrustedDevice($input: RemoveTrustedDeviceInput!) { result: removeTrustedDevice(input: $input) { errors { code message path } } }`,
);

export const beginPasskeyLogin = operation<Record<string, never>, { result: Begun }>(
  /* GraphQL */ `mutation BeginPasskeyLogin { result: beginPasskeyLogin { options state errors { code message path } } }`,
);

export const signInWithPasskey = mutation<{ state: string; credential: JsonObject; delivery: "COOKIE" }>(
  /* GraphQL */ `mutation SignInWithPasskey($input: LoginWithPasskeyInput!) { result: loginWithPasskey(input: $input) { errors { code message path } } }`,
);

export const beginPasskey = operation<{ conditional: boolean }, { result: Begun }>(
  /* GraphQL */ `mutation BeginPasskey($conditional: Boolean!) { result: beginPasskey(conditional: $conditional) { options state errors { code message path } } }`,
);

export const addPasskey = mutation<{ state: string; credential: JsonObject; delivery: "COOKIE" }, PasskeyAdded>(
  /* GraphQL */ `mutation AddPasskey($input: AddPasskeyInput!) { result: addPasskey(input: $input) { recoveryCodes errors { code message path } } }`,
);

export const renamePasskey = mutation<{ id: string; name: string }>(
  /* GraphQL */ `mutation RenamePasskey($input: RenamePasskeyInput!) { result: renamePasskey(input: $input) { errors { code message path } } }`,
);

export const removePasskey = mutation<{ id: string }>(
  /* GraphQL */ `mutation RemovePasskey($input: RemovePasskeyInput!) { result: removePasskey(input: $input) { errors { code message path } } }`,
);

export const beginPasskeyProof = operation<Record<string, never>, { result: Begun }>(
  /* GraphQL */ `mutation BeginPasskeyProof { result: beginPasskeyReauthentication { options state errors { code message path } } }`,
);

export const passkeySignal = operation<
  Record<string, never>,
  { me: { passkeySignal: { rpId: string; userId: string; allAcceptedCredentialIds: readonly string[]; name: string; displayName: string } | null } | null }
>(/* GraphQL */ `query PasskeySignal { me { passkeySignal { rpId userId allAcceptedCredentialIds name displayName } } }`);

export const passkeyOffer = operation<
  Record<string, never>,
  { me: { emailVerified: boolean; secondFactors: { totp: { createdAt: string } | null; passkeys: readonly { id: string }[]; recoveryCodesLeft: number; trustedDevices: readonly { id: string }[] } } | null; authConfig: { passkeys: boolean } | null }
>(/* GraphQL */ `query PasskeyOffer { me { emailVerified secondFactors { totp { createdAt } passkeys { id } recoveryCodesLeft trustedDevices { id } } } authConfig { passkeys } }`);

export const signInWithProvider = mutation<{ code: string; verifier: string; delivery: "COOKIE" }, ProviderResult>(
  /* GraphQL */ `mutation SignInWithProvider($input: LoginWithProviderInput!) { result: loginWithProvider(input: $input) { challenge { token kind methods passkeyOptions } pendingIdentity { token provider email reason } errors { code message path } } }`,
);

export const requestProviderCode = mutation<{ pending: string; verifier: string; email: string }, Payload & { requestId: string | null }>(
  /* GraphQL */ `mutation RequestProviderCode($input: RequestProviderCodeInput!) { result: requestProviderCode(input: $input) { requestId errors { code message path } } }`,
);

export const signUpWithProvider = mutation<{ pending: string; verifier: string; requestId: string; code: string; delivery: "COOKIE" }, ProviderResult>(
  /* GraphQL */ `mutation SignUpWithProvider($input: RegisterWithProviderInput!) { result: registerWithProvider(input: $input) { challenge { token kind methods passkeyOptions } pendingIdentity { token provider email reason } errors { code message path } } }`,
);

export const connectIdentity = mutation<{ code?: string; pending?: string; verifier: string }, Payload & { identity: { provider: string } | null }>(
  /* GraphQL */ `mutation ConnectIdentity($input: ConnectIdentityInput!) { result: connectIdentity(input: $input) { identity { provider } errors { code message path } } }`,
);

export const disconnectIdentity = mutation<{ id: string }>(
  /* GraphQL */ `mutation DisconnectIdentity($input: DisconnectIdentityInput!) { result: disconnectIdentity(input: $input) { errors { code message path } } }`,
);

export const identities = operation<Record<string, never>, { me: { identities: readonly Identity[] } | null }>(
  /* GraphQL */ `query Identities { me { identities { id provider name email createdAt lastUsedAt } } }`,
);
export const acceptInvitation = mutation<
  {
    token: string; password: string | null; username: string | null; name: string | null; profile: JsonObject;
    identity: { code: string; verifier: string } | null; delivery: "COOKIE";
  },
  Payload & { challenge: Challenge | null }
>(/* GraphQL */ `mutation AcceptInvitation($input: AcceptInvitationInput!) { result: acceptInvitation(input: $input) { challenge { token kind methods passkeyOptions } errors { code message path } } }`);

export const forgot = mutation<{ email: string }>(
  /* GraphQL */ `mutation Forgot($input: RequestPasswordResetInput!) { result: requestPasswordReset(input: $input) { errors { code message path } } }`,
);

export const profileSchema = operation<Record<string, never>, { authConfig: { profileSchema: JsonObject } }>(
  /* GraphQL */ `query ProfileSchema { authConfig { profileSchema } }`,
);

export const whoAmI = operation<Record<string, never>, { me: { email: string } | null }>(
  /* GraphQL */ `query WhoAmI { me { email } }`,
);

export const account = operation<
  Record<string, never>,
  { me: (User & { readonly secondFactors: SecondFactors }) | null; sessions: readonly (Session & { readonly secondFactorAt: string | null })[] | null; authConfig: { profileSchema: JsonObject; passkeys: boolean } | null }
>(
  /* GraphQL */ `query Account { me { email emailVerified username name profile hasPassword secondFactors { required totp { createdAt } recoveryCodesLeft trustedDevices { id device expiresAt current } passkeys { id name provider createdAt lastUsedAt clonedAt } } } sessions { id current createdAt lastSeenAt ipAddress device secondFactorAt } authConfig { profileSchema passkeys } }`,
);

export const sessions = operation<Record<string, never>, { sessions: readonly Session[] | null }>(
  /* GraphQL */ `query Sessions { sessions { id current createdAt lastSeenAt ipAddress device } }`,
);

export const updateProfile = mutation<{ name: string | null; profile?: JsonObject }, Payload & { user: User | null }>(
  /* GraphQL */ `mutation UpdateProfile($input: UpdateProfileInput!) { result: updateProfile(input: $input) { user { email emailVerified username name profile hasPassword } errors { code message path } } }`,
);

export const changeUsername = mutation<{ username: string }>(
  /* GraphQL */ `mutation ChangeUsername($input: ChangeUsernameInput!) { result: changeUsername(input: $input) { errors { code message path } } }`,
);

export const requestEmailChange = mutation<{ newEmail: string }>(
  /* GraphQL */ `mutation RequestEmailChange($input: RequestEmailChangeInput!) { result: requestEmailChange(input: $input) { errors { code message path } } }`,
);

export const confirmEmailChange = mutation<{ token: string }, Payload & { user: { email: string } | null }>(
  /* GraphQL */ `mutation ConfirmEmailChange($input: ConfirmEmailChangeInput!) { result: confirmEmailChange(input: $input) { user { email } errors { code message path } } }`,
);

export const changePassword = mutation<{ currentPassword?: string; newPassword: string }, Payload & { endedCount: number }>(
  /* GraphQL */ `mutation ChangePassword($input: ChangePasswordInput!) { result: changePassword(input: $input) { endedCount errors { code message path } } }`,
);

export const requestProofCode = operation<Record<string, never>, { result: Payload & { requestId: string | null } }>(
  /* GraphQL */ `mutation RequestProofCode { result: requestReauthenticationCode { requestId errors { code message path } } }`,
);

export const prove = mutation<{ password?: string; requestId?: string; code?: string; totpCode?: string; recoveryCode?: string; passkey?: JsonObject; passkeyState?: string }>(
  /* GraphQL */ `mutation Prove($input: ReauthenticateInput!) { result: reauthenticate(input: $input) { errors { code message path } } }`,
);

export const endSession = mutation<{ id: string }>(
  /* GraphQL */ `mutation EndSession($input: RevokeSessionInput!) { result: revokeSession(input: $input) { errors { code message path } } }`,
);

export const endSessions = mutation<{ keepCurrent: boolean }, Payload & { endedCount: number }>(
  /* GraphQL */ `mutation EndSessions($input: LogoutAllInput!) { result: logoutAll(input: $input) { endedCount errors { code message path } } }`,
);

export const signOut = operation<Record<string, never>, { result: Payload }>(
  /* GraphQL */ `mutation SignOut { result: logout { errors { code message path } } }`,
);

export const exportMyData = operation<Record<string, never>, { data: JsonObject | null }>(
  /* GraphQL */ `query ExportMyData { data: exportMyData }`,
);

export const deleteAccount = mutation<{ confirmEmail: string }>(
  /* GraphQL */ `mutation DeleteAccount($input: DeleteAccountInput!) { result: deleteAccount(input: $input) { errors { code message path } } }`,
);
