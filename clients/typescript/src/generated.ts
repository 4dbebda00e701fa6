// Written by generate.mjs from the schema: do not edit.

/** Any JSON object. */
export type JSONObject = { [name: string]: unknown };

/** A way to prove who one is. The server may learn more of them: treat an unknown one as some other way. */
export type AuthMethod =
  /** The password of the account, or the one that was chosen at sign-up. */
  | "PASSWORD"
  /** A code that was sent by email. */
  | "MAILED_CODE"
  /** A passkey. */
  | "PASSKEY"
  /** An account at another provider. */
  | "PROVIDER"
  /** A code of an authenticator app. */
  | "TOTP"
  /** A recovery code. */
  | "RECOVERY_CODE"
  /** A device that the user trusts to skip the second step. */
  | "TRUSTED_DEVICE"
  /** An invitation that was sent by email. */
  | "INVITATION";

/** What a login waits for. */
export type ChallengeKind =
  /** The user has a second factor: send it with `completeLogin`. */
  | "PROVE"
  /** The user needs a second factor and has none: set one up with `beginTotp` and `confirmTotp`, which completes the login. */
  | "ENROLL";

/** What an unconfirmed address may do. */
export type EmailVerification =
  /** Nothing: it can log in only when it is confirmed. */
  | "MANDATORY"
  /** Log in. A mail asks for the confirmation. */
  | "OPTIONAL"
  /** Log in. No mail is sent. */
  | "NONE";

/** Why an identity leads to no account yet. */
export type PendingReason =
  /** An account has the address. Sign in to it in another way, then `connectIdentity`. */
  | "CONNECT"
  /** The provider's word does not count for an address, or it gave none: `requestProviderCode` and `registerWithProvider`. Or sign in to an account that there is, then `connectIdentity`. */
  | "EMAIL_NEEDED"
  /** Nobody can sign up here. Sign in to an account that there is, then `connectIdentity`. */
  | "REGISTRATION_CLOSED";

/** Who may sign up. */
export type RegistrationMode =
  /** Everybody. */
  | "OPEN"
  /** Nobody: an operator makes the accounts. */
  | "CLOSED"
  /** Whoever was invited: see `acceptInvitation`. */
  | "INVITE";

/** What a user may do, in rising order: each role includes the ones before it. */
export type Role =
  /** Has an account of their own. */
  | "USER"
  /** Helps to run the product. */
  | "STAFF"
  /** May do everything. */
  | "ADMIN";

/** A way to prove a second factor. The server may learn more of them. */
export type SecondFactor =
  /** A code of an authenticator app. */
  | "TOTP"
  /** A recovery code, in place of a factor that is lost. */
  | "RECOVERY_CODE"
  /** A passkey: see `passkeyOptions`. Users who have one can also sign in with it alone. */
  | "PASSKEY";

/**
 * How the tokens of a login reach the client. In variables, null or an empty string for an input field that has a default
 * means the default; any other text than the two below is refused, in small letters too.
 */
export type TokenDelivery =
  /** They are in the answer, for the client to keep. */
  | "BODY"
  /**
   * A cookie that no script can read (HttpOnly) carries an opaque session token, whatever form access tokens have here, and
   * `tokens.accessToken` is null. For pages on the same site as this server.
   */
  | "COOKIE";

/** What is wrong with an input. More codes will come: keep a default branch. */
export type UserErrorCode =
  /** The field may not be empty. */
  | "REQUIRED"
  /** The name is too long or has control characters. */
  | "NAME_INVALID"
  /** What was typed to confirm is not what had to be typed. */
  | "CONFIRMATION_MISMATCH"
  /** This is not an email address. */
  | "EMAIL_INVALID"
  /** Another account has this address. While confirmation is mandatory, only said to who reads its mail. */
  | "EMAIL_TAKEN"
  /** No user can have this username: it breaks the rules of `RegisterInput.username`, or there are none here. */
  | "USERNAME_INVALID"
  /** Somebody else has this username, or has signed up with it within the last day. */
  | "USERNAME_TAKEN"
  /** This username is kept for whoever runs the service. */
  | "USERNAME_RESERVED"
  /** The password has fewer characters than `authConfig.passwordMinLength`. */
  | "PASSWORD_TOO_SHORT"
  /** The password has more characters than `authConfig.passwordMaxLength`. */
  | "PASSWORD_TOO_LONG"
  /** The password is one of those that are tried first. */
  | "PASSWORD_TOO_COMMON"
  /** The password is mostly the address, the username or the name. */
  | "PASSWORD_TOO_SIMILAR"
  /** This is not the current password. */
  | "PASSWORD_INCORRECT"
  /** Wrong email, username or password. Unknown accounts and unconfirmed sign-ups get the same answer. */
  | "INVALID_CREDENTIALS"
  /** An operator has disabled the account. */
  | "ACCOUNT_DISABLED"
  /** The link was used, is too old, or never was. */
  | "TOKEN_INVALID"
  /** The code is mistyped, was used, is too old, was tried too often, or was asked for elsewhere. */
  | "CODE_INVALID"
  /** The refresh token is unknown or used, or its session has ended: log in again. */
  | "REFRESH_TOKEN_INVALID"
  /** Only an operator makes accounts here. */
  | "REGISTRATION_CLOSED"
  /** The profile breaks a rule of `authConfig.profileSchema`, is too large, or would change what only an operator sets. The path leads into it. */
  | "PROFILE_INVALID"
  /** A mailed link may not lead to this page: the operator lists those to which it may. */
  | "REDIRECT_URL_NOT_ALLOWED"
  /** Nothing of the caller's has this id. */
  | "NOT_FOUND"
  /** Nobody else is an administrator who is not disabled. */
  | "LAST_ADMIN"
  /** The reason is too long, or has line breaks or characters that cannot be seen. */
  | "REASON_INVALID"
  /** The account must have a second factor, or needs one for this. */
  | "SECOND_FACTOR_NEEDED"
  /** The caller is signed in with another email address. */
  | "EMAIL_MISMATCH"
  /** The passkey could not be used or added: the attempt has expired, was used, was begun elsewhere, or was not verified. */
  | "PASSKEY_INVALID"
  /** Nothing would be left to sign in with. */
  | "LAST_CREDENTIAL"
  /** As many as one may have. */
  | "TOO_MANY"
  /** Another account has this account of the provider. */
  | "IDENTITY_TAKEN"
  /** There is no such provider here. */
  | "PROVIDER_UNKNOWN"
  /** The provider refused, could not be reached, or answered what cannot be trusted. */
  | "PROVIDER_FAILED";

/** Whether users have usernames. */
export type UsernameMode =
  /** Nobody has one. */
  | "OFF"
  /** Who likes has one. */
  | "OPTIONAL"
  /** Nobody signs up without one. */
  | "REQUIRED";

/** Something about the input that the user can mend: a union by `code`. Newer servers may send a code that is not here. */
export type UserError = { [C in UserErrorCode]: { code: C; message: string; path: string[] | null } }[UserErrorCode];

/** Nothing was changed: `errors` says what the user can mend, all of it at once. */
export interface Failed {
  ok: false;
  errors: [UserError, ...UserError[]];
}

/** For one call. */
export interface CallOptions {
  /** Sent as the bearer in place of what the client has: the `token` of a challenge that is not this client's. */
  token?: string;
  signal?: AbortSignal;
}

/** How this server was set up, as far as a form needs to know. */
export interface AuthConfig {
  /** Who may sign up. */
  registration: RegistrationMode;
  /** What an unconfirmed address may do. */
  emailVerification: EmailVerification;
  /** Whether users have usernames. */
  usernames: UsernameMode;
  /** Whether one can log in by a mailed code. */
  loginCodes: boolean;
  /** The least number of characters of a password (Unicode code points, as it is compared: see `RegisterInput.password`). */
  passwordMinLength: number;
  /** The greatest number of characters of a password (Unicode code points, as it is compared: see `RegisterInput.password`). */
  passwordMaxLength: number;
  /**
   * What a profile may hold: a JSON Schema, draft 2020-12. Fields marked `readOnly` can be set at
   * sign-up only, or once later if its answers were dropped because a stranger may have given them, and fields marked `"x-set-by": "operator"` never by a user: leave them out of forms. Where the operator has declared no fields, it allows none.
   */
  profileSchema: JSONObject;
  /** Whether `completeLogin` takes `trustDevice`, so that the user can be offered it. */
  trustedDevices: boolean;
  /** The second factors that users of this server can have. */
  secondFactors: SecondFactor[];
  /** Whether users can have passkeys, and sign in with them. */
  passkeys: boolean;
  /** With whom one can sign in, in the order of buttons. */
  providers: LoginProvider[];
}

/** An account at a provider with which a user signs in here. */
export interface Identity {
  /** Names it for `disconnectIdentity`. */
  id: string;
  /** Which provider: `authConfig.providers` has its name, unless the operator has removed it. */
  provider: string;
  /** What the user is called there, at the last sign-in. */
  name: string | null;
  /** The address there, at the last sign-in. It need not be `User.email`, and changes nothing here. */
  email: string | null;
  /** When it was connected. */
  createdAt: string;
  /** When the user last signed in with it; null: never since. */
  lastUsedAt: string | null;
}

/**
 * A login that needs a second step. It is not a session: its token opens the fields that complete the login, and nothing
 * else. One screen can handle every challenge: show what `kind` and `methods` say.
 */
export interface LoginChallenge {
  /** Send it as `Authorization: Bearer <token>` with the fields that complete the login. Keep it in memory. */
  token: string;
  /** When the login has to begin again. */
  expiresAt: string;
  /** What to do. */
  kind: ChallengeKind;
  /**
   * With PROVE, what `completeLogin` takes from this user now; empty if the authenticator app is locked and no recovery
   * code is left. With ENROLL, what can be set up. More will come: leave out those that you do not know.
   */
  methods: SecondFactor[];
  /**
   * With PROVE, what `navigator.credentials.get` takes to complete the login with a passkey, as in `beginPasskeyLogin`;
   * null if it cannot be completed with one.
   */
  passkeyOptions: JSONObject | null;
}

/** A service by which people sign in. */
export interface LoginProvider {
  /** For `beginProviderLogin`. */
  id: string;
  /** What a button says: Sign in with {name}. */
  name: string;
}

/** A passkey: a key pair whose private half an authenticator keeps (W3C Web Authentication). */
export interface Passkey {
  /** Names the passkey. */
  id: string;
  /** What the user calls it. */
  name: string;
  /** What keeps it, such as `1Password`, as that says itself; null if it is not known. */
  provider: string | null;
  /** When it was added. */
  createdAt: string;
  /** When it was last used; null: never since it was added. */
  lastUsedAt: string | null;
  /** Whether it is synced, so that it outlives the device. */
  backedUp: boolean;
  /** Whether one can sign in with it alone. Otherwise it is a second factor only, such as a security key without a PIN. */
  canLogIn: boolean;
  /** When its counter showed that there may be a copy of it; null: never. Unless the operator tolerates that, it no longer works. */
  clonedAt: string | null;
}

/**
 * What the browser needs to offer the passkeys that there are. Give it, as it is, to
 * `PublicKeyCredential.signalAllAcceptedCredentials` and `PublicKeyCredential.signalCurrentUserDetails`.
 */
export interface PasskeySignal {
  /** The domain on which the passkeys work. */
  rpId: string;
  /** By which authenticators know the user: random, in base64url. */
  userId: string;
  /** The ids by which authenticators know the passkeys, in base64url. */
  allAcceptedCredentialIds: string[];
  /** Which account it is: the email address. */
  name: string;
  /** What the user is called. */
  displayName: string;
}

/** Somebody whom a provider has identified, and who has to prove something else. It is no session. */
export interface PendingIdentity {
  /** For `connectIdentity`, `requestProviderCode` and `registerWithProvider`, together with the verifier. */
  token: string;
  /** Which provider. */
  provider: string;
  /** The address that the provider gave, to fill in a form; null: none. */
  email: string | null;
  /** What to do. */
  reason: PendingReason;
  /** When the sign-in has to begin again. */
  expiresAt: string;
}

/** The second factors of a user. */
export interface SecondFactors {
  /** Whether the role of the user needs one, so that the last one cannot be removed. */
  required: boolean;
  /** The authenticator app; null if there is none. */
  totp: Totp | null;
  /** How many recovery codes are left. */
  recoveryCodesLeft: number;
  /** The devices on which logins skip the second factor, the newest first. */
  trustedDevices: TrustedDevice[];
  /** The passkeys, the oldest first. */
  passkeys: Passkey[];
}

/** One login on one client. */
export interface Session {
  /** Names the session; it is not its token. */
  id: string;
  /** Whether this is the session that is asking, or was just begun. */
  current: boolean;
  /** When it began. */
  createdAt: string;
  /** When it was last used, to the minute. */
  lastSeenAt: string;
  /** When it ends unless it is used again, to the minute. */
  expiresAt: string;
  /** When a credential was last proved in it. */
  authenticatedAt: string;
  /**
   * What was proved in it, each method once: by the login, and later by `reauthenticate`. Empty for a session that began
   * before the server wrote this down.
   */
  methods: AuthMethod[];
  /** The address that logged in; null if not known. */
  ipAddress: string | null;
  /** The User-Agent header of the login; null if there was none. */
  userAgent: string | null;
  /** The user agent in words, such as `Firefox on Android`, for people to recognize; null if not known. */
  device: string | null;
  /** When a second factor was last proved in it; null: never. */
  secondFactorAt: string | null;
  /** Whether an administrator acts in it as the user. */
  impersonated: boolean;
}

/** What a client keeps of a login. */
export interface Tokens {
  /**
   * Send as `Authorization: Bearer …` or `Authorization: Token …`. Keep it like a password. Null where a cookie carries the session
   * and there is nothing else to carry.
   */
  accessToken: string | null;
  /**
   * When the access token stops working. A JWT does so within 15 minutes, and `refreshSession` gets the next one; an opaque token,
   * and a cookie, last as long as the session, which each use prolongs.
   */
  expiresAt: string;
  /** For `refreshSession`, once. Null where the access token or the cookie lasts as long as the session. */
  refreshToken: string | null;
  /** When the refresh token stops working unless it is used; null without one. */
  refreshExpiresAt: string | null;
}

/** An authenticator app that shows time-based codes (RFC 6238). */
export interface Totp {
  /** When it was set up. */
  createdAt: string;
  /** When a code of it was last accepted; null: never since it was set up. */
  lastUsedAt: string | null;
}

/** A device on which logins of a user skip the second factor. */
export interface TrustedDevice {
  /** Names it for `removeTrustedDevice`. */
  id: string;
  /** The browser and the system in words, such as `Firefox on Android`; null if they are not known. */
  device: string | null;
  /** When the second factor was proved on it. */
  createdAt: string;
  /** When it is asked for again, at the latest. */
  expiresAt: string;
  /** Whether this request came from it, by its cookie or the header `Latchkey-Device`. */
  current: boolean;
}

/** That a device is trusted. It opens nothing by itself. */
export interface TrustedDeviceToken {
  /**
   * Keep it like a password, and send it as the header `Latchkey-Device` with the next logins of this user. Null where a
   * cookie carries it.
   */
  token: string | null;
  /** When the second factor is asked for again, at the latest. */
  expiresAt: string;
}

/** Somebody with an account. */
export interface User {
  /** Never changes and is never used again. */
  id: string;
  /** Where mail goes, written as the user did. */
  email: string;
  /** Whether the user has shown to read the mail of `email`. */
  emailVerified: boolean;
  /** What to log in with beside the address, and what others may see, written as the user did; null if there is none. */
  username: string | null;
  /** What to call the user; null if they did not say. */
  name: string | null;
  /** The fields that `authConfig.profileSchema` declares, as far as the user has them. */
  profile: JSONObject;
  /** What the user may do. */
  role: Role;
  /** Whether there is a password to log in with. */
  hasPassword: boolean;
  /** When the account began. */
  createdAt: string;
  /** When something about the user last changed. */
  updatedAt: string;
  /** When the user last logged in; null: never. */
  lastLoginAt: string | null;
  /** What the user has to prove beside the first factor. */
  secondFactors: SecondFactors;
  /** What to tell the browser after a passkey, the name or the email address was changed; null for who never had a passkey. */
  passkeySignal: PasskeySignal | null;
  /** The accounts at providers with which the user signs in, the oldest first. */
  identities: Identity[];
}

/** Who accepts an invitation. */
export interface AcceptInvitationInput {
  /** The parameter `token` of the link. */
  token: string;
  /** As in `register`; null: none. */
  password?: string | null | undefined;
  /** As in `register`. */
  username?: string | null | undefined;
  /** As in `register`. */
  name?: string | null | undefined;
  /** As in `register`. */
  profile?: JSONObject | null | undefined;
  /** An account at a provider to sign in with, as in `connectIdentity`. Its email address may be another one. */
  identity?: ConnectIdentityInput | null | undefined;
}

/** The second half of adding a passkey. */
export interface AddPasskeyInput {
  /** From the answer of `beginPasskey`. */
  state: string;
  /** What the browser responded, by `toJSON()`. */
  credential: JSONObject;
  /** What the user calls it, up to 100 characters. Left out: the name of what keeps it, if that is known. */
  name?: string | null | undefined;
}

/** Which provider, and where to go afterwards. */
export interface BeginProviderLoginInput {
  /** From `authConfig.providers`. */
  provider: string;
  /** The page of the client that gets the code: one of those that the operator allows. REQUIRED without it. */
  redirectUrl?: string | null | undefined;
  /** The SHA-256 of a random verifier that the client keeps, in base64url without padding (RFC 7636, S256). */
  challenge: string;
}

/** A new password, by the current one. */
export interface ChangePasswordInput {
  /** May be left out only by a user who has none, and then the session must be fresh. */
  currentPassword?: string | null | undefined;
  /** The password from now on. */
  newPassword: string;
}

/** Another username. */
export interface ChangeUsernameInput {
  /** As in `RegisterInput`. One's own may be written with other capitals. */
  username: string;
}

/** A password that somebody thinks of taking. */
export interface CheckPasswordInput {
  /** The password. Any characters; spaces count. See `RegisterInput.password` for what is the same. */
  password: string;
  /** The address that goes with it; left out: nothing to compare it with. It need not be whole yet. */
  email?: string | null | undefined;
  /** What the user is called that goes with it: a username or a name; left out: nothing to compare it with. */
  username?: string | null | undefined;
}

/** Exactly one of `totpCode`, `recoveryCode`, and `passkey`. */
export interface CompleteLoginInput {
  /** The six digits that the authenticator app shows. Spaces and dashes make no difference. */
  totpCode?: string | null | undefined;
  /** A recovery code. Capitals, spaces and dashes make no difference. */
  recoveryCode?: string | null | undefined;
  /**
   * Whether the next logins on this device skip the second factor, for 30 days. Let the user choose, and only on a device
   * of their own. Ignored with a recovery code, and where `authConfig.trustedDevices` is false.
   */
  trustDevice?: boolean | undefined;
  /** What the browser responded to `passkeyOptions` of the challenge, by `toJSON()`. PASSKEY_INVALID if that is wrong. */
  passkey?: JSONObject | null | undefined;
}

/** The token of a link to a new address. */
export interface ConfirmEmailChangeInput {
  /** The query parameter `token` of the mailed link. */
  token: string;
}

/** The token of a confirmation link. */
export interface ConfirmEmailInput {
  /** The query parameter `token` of the mailed link. */
  token: string;
}

/** That the app has the secret. */
export interface ConfirmTotpInput {
  /** From the answer of `beginTotp`. */
  setup: string;
  /** The six digits that the app shows. */
  code: string;
}

/** What a provider said, in one of two forms. */
export interface ConnectIdentityInput {
  /** The parameter `code` with which the browser came back, instead of `loginWithProvider`. */
  code?: string | null | undefined;
  /** The token of a `pendingIdentity`. */
  pending?: string | null | undefined;
  /** Of the challenge with which it began. */
  verifier: string;
}

/** That the account is to be deleted. */
export interface DeleteAccountInput {
  /** The address of the account. Capitals make no difference. */
  confirmEmail: string;
}

/** What to disconnect. */
export interface DisconnectIdentityInput {
  /** From `User.identities`. */
  id: string;
}

/** Who logs in, by exactly one of `email` and `username`, and the proof. */
export interface LoginInput {
  /** The address of the account. */
  email?: string | null | undefined;
  /** The username of the account. */
  username?: string | null | undefined;
  /** The password of the account. */
  password: string;
}

/** A mailed code, and the request it was mailed for. */
export interface LoginWithCodeInput {
  /** From the answer of `requestLoginCode`. */
  requestId: string;
  /** As it was typed: eight letters, in any case, with or without spaces and dashes. */
  code: string;
}

/** What an app got from a provider. */
export interface LoginWithIdTokenInput {
  /** From `authConfig.providers`. */
  provider: string;
  /** The id token. */
  idToken: string;
  /** What the app gave the provider as the nonce: at least 22 random characters, new for each sign-in. It is the verifier of a `pendingIdentity`. */
  nonce: string;
}

/** The second half of signing in with a passkey. */
export interface LoginWithPasskeyInput {
  /** From the answer of `beginPasskeyLogin`. */
  state: string;
  /** What the browser responded, by `toJSON()`. */
  credential: JSONObject;
}

/** What the browser brought back, and what the client kept. */
export interface LoginWithProviderInput {
  /** The parameter `code` of the page. */
  code: string;
  /** Of the challenge with which it began. */
  verifier: string;
}

/** Which sessions end. */
export interface LogoutAllInput {
  /** Whether the session that is asking goes on. */
  keepCurrent?: boolean | undefined;
}

/** Either `password`, or `requestId` and `code`; for an account with a second factor `totpCode`, or `recoveryCode`, or `passkey` and `passkeyState`. */
export interface ReauthenticateInput {
  /** The password of the account. */
  password?: string | null | undefined;
  /** From the answer of `requestReauthenticationCode`. */
  requestId?: string | null | undefined;
  /** As it was typed: eight letters, in any case, with or without spaces and dashes. */
  code?: string | null | undefined;
  /** The six digits that the authenticator app shows. An account with a second factor takes this, a recovery code, or a passkey, and nothing else. */
  totpCode?: string | null | undefined;
  /** A recovery code, in place of a factor that is lost. */
  recoveryCode?: string | null | undefined;
  /** What the browser responded to `beginPasskeyReauthentication`, by `toJSON()`. PASSKEY_INVALID if that is wrong. */
  passkey?: JSONObject | null | undefined;
  /** From the answer of `beginPasskeyReauthentication`. */
  passkeyState?: string | null | undefined;
}

/** What a session is refreshed by. */
export interface RefreshSessionInput {
  /** The one that was got last. Left out where a cookie, or an opaque access token in the header, carries the session. */
  refreshToken?: string | null | undefined;
}

/** Who signs up. */
export interface RegisterInput {
  /** At most 254 bytes. Spaces around it are dropped; capitals make no difference. */
  email: string;
  /**
   * See `authConfig` for its length. Any characters; spaces count. Every kind of space is the same, a no-break one too, and every
   * normal form of Unicode (RFC 8265, OpaqueString). Nothing else is changed or cut.
   */
  password: string;
  /**
   * 3 to 30 characters: letters from A to Z, digits, and between them single dots, hyphens and
   * underscores. Capitals make no difference, and full-width letters are taken as the usual ones (RFC 8265, UsernameCaseMapped). See `authConfig.usernames` for whether there are any.
   */
  username?: string | null | undefined;
  /** What to call the user: at most 100 characters, none of them control characters. */
  name?: string | null | undefined;
  /** What `authConfig.profileSchema` asks for. Left out, it is empty; a field that is null is not there. */
  profile?: JSONObject | null | undefined;
  /**
   * Where the mailed link leads, with the token added as the query parameter `token`; left out or empty: to the page that the
   * operator has set. An absolute URL of at most 2,000 bytes that is on the operator's list: exactly so or, where the list says it, with a
   * path below an entry's or with a query, which is kept. REDIRECT_URL_NOT_ALLOWED otherwise, and for a user, a fragment, a backslash, the segments
   * `.` and `..`, %2e, %2f, %5c, or a parameter `token`. A mail to who has an account already leads to the
   * operator's page in any case.
   */
  redirectUrl?: string | null | undefined;
}

/** The code, and what it is for. */
export interface RegisterWithProviderInput {
  /** The token of the `pendingIdentity`. */
  pending: string;
  /** Of the challenge with which it began. */
  verifier: string;
  /** From the answer of `requestProviderCode`. */
  requestId: string;
  /** As it was typed: eight letters, in any case, with or without spaces and dashes. */
  code: string;
}

/** The passkey to remove. */
export interface RemovePasskeyInput {
  /** Which passkey of the caller. */
  id: string;
}

/** Which device is not to be trusted any more. */
export interface RemoveTrustedDeviceInput {
  /** The `id` that `secondFactors.trustedDevices` gave it. */
  id: string;
}

/** Another name for a passkey. */
export interface RenamePasskeyInput {
  /** Which passkey of the caller. */
  id: string;
  /** The name, up to 100 characters. */
  name: string;
}

/** Another address for the account. */
export interface RequestEmailChangeInput {
  /** At most 254 bytes. Spaces around it are dropped; capitals make no difference. */
  newEmail: string;
  /** Where the mailed link leads, as in `RegisterInput.redirectUrl`. */
  redirectUrl?: string | null | undefined;
}

/** The address of an account. */
export interface RequestLoginCodeInput {
  /** Where the code is to go, if it has an account. */
  email: string;
}

/** The address of an account. */
export interface RequestPasswordResetInput {
  /** Where the link is to go, if it has an account. */
  email: string;
  /** Where the mailed link leads, as in `RegisterInput.redirectUrl`. */
  redirectUrl?: string | null | undefined;
}

/** An address for a sign-in that needs one. */
export interface RequestProviderCodeInput {
  /** The token of the `pendingIdentity`. */
  pending: string;
  /** Of the challenge with which it began. */
  verifier: string;
  /** The address. */
  email: string;
}

/** An address that waits for its confirmation. */
export interface ResendConfirmationEmailInput {
  /** The address that was signed up. */
  email: string;
  /** Where the mailed link leads, as in `RegisterInput.redirectUrl`. What the sign-up said is not remembered. */
  redirectUrl?: string | null | undefined;
}

/** A new password, by mailed link. */
export interface ResetPasswordInput {
  /** The query parameter `token` of the mailed link. */
  token: string;
  /** The password from now on. */
  newPassword: string;
}

/** A session of the caller. */
export interface RevokeSessionInput {
  /** The `id` that `sessions` gave it. */
  id: string;
}

/** The token of a link to an old address. */
export interface UndoEmailChangeInput {
  /** The query parameter `token` of the mailed link. */
  token: string;
}

/** What is left out stays as it is; null clears. */
export interface UpdateProfileInput {
  /** As in `RegisterInput`. */
  name?: string | null | undefined;
  /** Merged into the profile as RFC 7396 says: a field that is null is taken away, an object changes the fields that it names, everything else is replaced. Null takes every field away, and is refused where only an operator sets one of them. */
  profile?: JSONObject | null | undefined;
}

/** What becomes of the password when it is taken. */
export type CheckPasswordResult =
  | { ok: true; accepted: boolean }
  | Failed;

/** With mandatory confirmation the answer is the same for a known and an unknown address, and carries no user or token. */
export type RegisterResult =
  | { ok: true; status: "signedIn"; user: User; session: Session }
  | { ok: true; status: "challenge"; challenge: LoginChallenge }
  | { ok: true; status: "confirmEmail" }
  | Failed;

/** Who is confirmed now. */
export type ConfirmEmailResult =
  | { ok: true; user: User }
  | Failed;

/** The same whether a mail is sent or not. */
export type ResendConfirmationEmailResult =
  | { ok: true }
  | Failed;

/** The end of every way of logging in. Without errors all of `tokens`, `user` and `session` are set, or `challenge` is. */
export type AuthResult =
  | { ok: true; status: "signedIn"; user: User; session: Session }
  | { ok: true; status: "challenge"; challenge: LoginChallenge }
  | Failed;

/** The same whether a mail is sent or not. */
export type RequestLoginCodeResult =
  | { ok: true; requestId: string }
  | Failed;

/** The session is over. */
export type LogoutResult =
  | { ok: true }
  | Failed;

/** The sessions are over. */
export type LogoutAllResult =
  | { ok: true; endedCount: number }
  | Failed;

/** The session is over. */
export type RevokeSessionResult =
  | { ok: true; session: Session }
  | Failed;

/** The same whether a mail is sent or not. */
export type RequestPasswordResetResult =
  | { ok: true }
  | Failed;

/** Whose password is new. */
export type ResetPasswordResult =
  | { ok: true; user: User }
  | Failed;

/** A new password, and the token that this session goes on with. */
export type ChangePasswordResult =
  | { ok: true; user: User; endedCount: number }
  | Failed;

/** The user after the change. */
export type UpdateProfileResult =
  | { ok: true; user: User }
  | Failed;

/** The user after the change. */
export type ChangeUsernameResult =
  | { ok: true; user: User }
  | Failed;

/** A code is on its way. */
export type RequestReauthenticationCodeResult =
  | { ok: true; requestId: string }
  | Failed;

/** The session, fresh again. */
export type ReauthenticateResult =
  | { ok: true; session: Session }
  | Failed;

/** The same whether somebody has the address or not. */
export type RequestEmailChangeResult =
  | { ok: true }
  | Failed;

/** Who has another address now. */
export type ConfirmEmailChangeResult =
  | { ok: true; user: User }
  | Failed;

/** Who has the old address again. */
export type UndoEmailChangeResult =
  | { ok: true; user: User }
  | Failed;

/** The account is gone. */
export type DeleteAccountResult =
  | { ok: true }
  | Failed;

/** The session that has begun. Its tokens reach the client as the first step of the login said. */
export type CompleteLoginResult =
  | { ok: true; user: User; session: Session; replacementRecoveryCode: string | null }
  | Failed;

/** A secret for an authenticator app, in three forms. */
export type BeginTotpResult =
  | { ok: true; setup: string; secret: string; uri: string; qrCode: string }
  | Failed;

/** What has been set up. */
export type ConfirmTotpResult =
  | { ok: true; recoveryCodes: string[] | null; user: User | null; session: Session | null }
  | Failed;

/** The app is removed. */
export type RemoveTotpResult =
  | { ok: true }
  | Failed;

/** New recovery codes. */
export type CreateRecoveryCodesResult =
  | { ok: true; recoveryCodes: string[] }
  | Failed;

/** The device is trusted no more. */
export type RemoveTrustedDeviceResult =
  | { ok: true }
  | Failed;

/** The first half of what is done with a passkey. */
export type BeginPasskeyResult =
  | { ok: true; options: JSONObject; state: string }
  | Failed;

/** What has been added. */
export type AddPasskeyResult =
  | { ok: true; passkey: Passkey; recoveryCodes: string[] | null; user: User | null; session: Session | null }
  | Failed;

/** The passkey as it is now. */
export type RenamePasskeyResult =
  | { ok: true; passkey: Passkey }
  | Failed;

/** The passkey is removed. */
export type RemovePasskeyResult =
  | { ok: true }
  | Failed;

/** Where to go. */
export type BeginProviderLoginResult =
  | { ok: true; authorizationUrl: string }
  | Failed;

/** What came of a sign-in with a provider: tokens, a challenge or a pending identity. */
export type ProviderAuthResult =
  | { ok: true; status: "signedIn"; user: User; session: Session }
  | { ok: true; status: "challenge"; challenge: LoginChallenge }
  | { ok: true; status: "pendingIdentity"; pendingIdentity: PendingIdentity }
  | Failed;

/** The same whether anybody has the address or not. */
export type RequestProviderCodeResult =
  | { ok: true; requestId: string }
  | Failed;

/** What is connected now. */
export type ConnectIdentityResult =
  | { ok: true; identity: Identity }
  | Failed;

/** It is disconnected. */
export type DisconnectIdentityResult =
  | { ok: true }
  | Failed;

/** A method for each operation. They throw a RequestError for what is wrong with the request as a whole. */
export interface Operations {
  /** The user who is asking. */
  me(options?: CallOptions): Promise<User>;
  /** What a frontend has to know before it can draw a form. */
  authConfig(options?: CallOptions): Promise<AuthConfig>;
  /**
   * The living sessions of the caller: the one that is asking first, then those that were last seen
   * first. A session that has expired is not among them.
   */
  sessions(options?: CallOptions): Promise<Session[]>;
  /**
   * Whether a password would be accepted by `register`, and if not, every reason: for feedback while
   * somebody types. It is neither stored nor logged, and nothing is looked up. `accepted` does not mean
   * that the address is free or the name can be had.
   */
  checkPassword(input: CheckPasswordInput, options?: CallOptions): Promise<CheckPasswordResult>;
  /**
   * Everything that is remembered about the caller, to keep or to take elsewhere: `account`, `sessions`, `secondFactors`,
   * `passkeys`, `identities`, `trustedDevices`, `devices`, `emailChanges`, `invitations`, and the `events` of the account, up to
   * the newest 10,000. No password, hash, token, key or secret is in it. The audit trail has that it was asked for.
   * RATE_LIMITED after 5 times within a minute.
   */
  exportMyData(options?: CallOptions): Promise<JSONObject>;
  /**
   * Signs somebody up. With mandatory confirmation nobody is logged in yet: a mail asks for the
   * confirmation, and the answer is the same whether the address has an account or not; who has one
   * gets a mail that says so. With optional confirmation, or none, the new user is logged in, and a
   * known address answers EMAIL_TAKEN. In every mode a username that a user or a waiting sign-up has
   * answers USERNAME_TAKEN, whether the address is known or not, and each fault of the profile
   * PROFILE_INVALID with its path; a page that a link may not lead to is REDIRECT_URL_NOT_ALLOWED. REGISTRATION_CLOSED where only an operator makes accounts.
   */
  register(input: RegisterInput, options?: CallOptions): Promise<RegisterResult>;
  /**
   * Confirms an address with the token that was mailed to it. The link works once, for 24 hours;
   * after that TOKEN_INVALID. If the same address was signed up several times, it is confirmed but no
   * password of those sign-ups works, and no name or profile of them is kept: a mail asks its owner to
   * choose a password.
   *
   * An account that has set up a second factor already is confirmed only in its own session, in which that was proved:
   * otherwise SECOND_FACTOR_NEEDED, which uses nothing up. Have the user sign in, and send the token again with the
   * session. Whoever did not create the account resets the password instead, which removes the factor.
   */
  confirmEmail(input: ConfirmEmailInput, options?: CallOptions): Promise<ConfirmEmailResult>;
  /** Mails the confirmation link again, if the address waits for one. The answer never says whether it does. */
  resendConfirmationEmail(input: ResendConfirmationEmailInput, options?: CallOptions): Promise<ResendConfirmationEmailResult>;
  /**
   * Logs in and begins a session, by exactly one of email address and username: REQUIRED for neither,
   * USERNAME_INVALID for both, or where there are no usernames. INVALID_CREDENTIALS for an unknown account, a wrong password and a
   * sign-up that is not confirmed yet alike; after the right password of such a sign-up the confirmation email is sent
   * again, no more often than `resendConfirmationEmail` allows. ACCOUNT_DISABLED only after the right password. RATE_LIMITED while too many passwords are
   * being checked, and after too many wrong ones; who has logged in from there before is not kept out by the guesses of others.
   */
  login(input: LoginInput, options?: CallOptions): Promise<AuthResult>;
  /**
   * Mails a code to log in with, if the address has an account. The answer never says whether it does: there is a `requestId` in
   * any case. FORBIDDEN where `authConfig.loginCodes` is false.
   */
  requestLoginCode(input: RequestLoginCodeInput, options?: CallOptions): Promise<RequestLoginCodeResult>;
  /**
   * Logs in with a mailed code and begins a session. CODE_INVALID for everything that is wrong with a code: mistyped, used, of
   * another request, older than 10 minutes, tried more than 5 times. After 100 wrong codes in a row no code of the address works
   * until its owner logs in with the password or resets it. ACCOUNT_DISABLED only after the right code. FORBIDDEN where
   * `authConfig.loginCodes` is false.
   *
   * The first login by code confirms the address. A password that was set before that, by whoever signed up, is removed with
   * all sessions and links, because it may be a stranger's: where `user.hasPassword` is false now, `changePassword` sets one.
   */
  loginWithCode(input: LoginWithCodeInput, options?: CallOptions): Promise<AuthResult>;
  /**
   * Goes on with a session: gets the next access token and, in place of the refresh token that is used up by it, the next one of
   * those too. For 30 seconds, until that is used, the same refresh token gets the same successor again from the same client, so
   * that two tabs may refresh at once and an answer may be lost. Used later than that, or from another network or kind of
   * device, somebody else must have it: the session ends, and its user is told by email. REFRESH_TOKEN_INVALID for a token that is unknown or used, and where the session has ended.
   *
   * SECOND_FACTOR_REQUIRED, and the token stays good, if the user needs a second factor by now that was not proved: the
   * login begins again. There is never a `challenge` here, because a refresh proves no first factor.
   *
   * Without `refreshToken`, a session that a cookie carries gets an access token for other services where those are JWTs
   * (and no refresh token); where they are opaque, only `tokens.expiresAt`.
   */
  refreshSession(input?: RefreshSessionInput, options?: CallOptions): Promise<AuthResult>;
  /**
   * Ends the session of the caller, whose tokens then work no longer, and clears its cookie. Succeeds when there is none;
   * UNAUTHENTICATED if nothing ended because the Authorization header cannot be read or its token is for other services only. Other
   * services that verify JWTs themselves take one for up to 15 minutes more.
   */
  logout(options?: CallOptions): Promise<LogoutResult>;
  /**
   * Ends all sessions of the caller, or all others with `keepCurrent`, and tells how many they were.
   * The tokens of the ended ones work no longer.
   */
  logoutAll(input?: LogoutAllInput, options?: CallOptions): Promise<LogoutAllResult>;
  /**
   * Ends one session of the caller, which may be the one that is asking. NOT_FOUND for an id that none
   * of the caller's living sessions has: one that has ended, was never there, or is somebody else's.
   */
  revokeSession(input: RevokeSessionInput, options?: CallOptions): Promise<RevokeSessionResult>;
  /** Mails a link to choose a new password, if the address has an account. The answer never says whether it does. */
  requestPasswordReset(input: RequestPasswordResetInput, options?: CallOptions): Promise<RequestPasswordResetResult>;
  /**
   * Chooses a new password with the token that was mailed. It confirms the address too, ends all
   * sessions and voids all other mailed links. The link works once, for one hour; after that
   * TOKEN_INVALID. A password that is not accepted leaves the link usable.
   */
  resetPassword(input: ResetPasswordInput, options?: CallOptions): Promise<ResetPasswordResult>;
  /**
   * Changes the password of the caller. All other sessions end, this one goes on with the new token
   * of the answer, and the address gets a notice. All mailed links and codes are void. PASSWORD_INCORRECT if the current one is
   * wrong. A user without a password sets the first one by this, which needs a fresh session: REAUTHENTICATION_REQUIRED otherwise.
   */
  changePassword(input: ChangePasswordInput, options?: CallOptions): Promise<ChangePasswordResult>;
  /**
   * Changes the name and the profile of the caller. NAME_INVALID, and PROFILE_INVALID for each fault of
   * the profile as it would be then, with its path; a fault that was there before, in a field that the
   * input does not name, is not held against the caller. Fields marked `"x-set-by": "operator"` stay as they are.
   */
  updateProfile(input: UpdateProfileInput, options?: CallOptions): Promise<UpdateProfileResult>;
  /**
   * Gives the caller another username; the one before is free for others at once. USERNAME_INVALID,
   * also where there are no usernames, USERNAME_RESERVED, or USERNAME_TAKEN. Needs a credential that
   * was proved within the last 10 minutes.
   */
  changeUsername(input: ChangeUsernameInput, options?: CallOptions): Promise<ChangeUsernameResult>;
  /**
   * Mails a code for `reauthenticate` to the caller's own address. For those without a password; with one it is the password that
   * proves who somebody is, and the answer is REQUIRED.
   */
  requestReauthenticationCode(options?: CallOptions): Promise<RequestReauthenticationCodeResult>;
  /**
   * Proves a credential again, so that fields which need a recent proof work for 10 minutes: the answer to
   * REAUTHENTICATION_REQUIRED. Only this session is renewed, and its token stays. PASSWORD_INCORRECT; CODE_INVALID as in
   * `loginWithCode`, and for a code that another session asked for; PASSKEY_INVALID; REQUIRED. An account with a second factor
   * proves that: REQUIRED for a password or a mailed code. RATE_LIMITED while too many passwords are being
   * checked, and after too many wrong ones.
   */
  reauthenticate(input: ReauthenticateInput, options?: CallOptions): Promise<ReauthenticateResult>;
  /**
   * Asks for another address. A mail with a link goes there, and the old address stays in force until
   * `confirmEmailChange`. The answer never says whether somebody has the new address: if so, they get a
   * mail without a link. A second request voids the link of the first, and so does a change or reset
   * of the password. EMAIL_INVALID also for the address that the account has already.
   */
  requestEmailChange(input: RequestEmailChangeInput, options?: CallOptions): Promise<RequestEmailChangeResult>;
  /**
   * Makes the address whose mail had the link that of the account, confirmed. Only a session of the
   * account that asked can do it; for all others the answer is TOKEN_INVALID, and the link goes on
   * working. It works once, for 24 hours. EMAIL_TAKEN if another account was given the address
   * meanwhile. All other mailed links are void, and sessions go on. If the old address was confirmed,
   * it gets a notice with a link that undoes the change, and nobody else can have it for 7 days.
   */
  confirmEmailChange(input: ConfirmEmailChangeInput, options?: CallOptions): Promise<ConfirmEmailChangeResult>;
  /**
   * Gives the account back to the address that a change left, in case it was stolen. That address is
   * confirmed, this change and all later ones are reverted, all sessions end, all other mailed links are
   * void, the password is gone, and a mail brings a link to choose another. An account that was deleted
   * since comes back. The link works once, for 7 days from the change, whatever else happens, unless an
   * earlier change is undone; after that TOKEN_INVALID.
   */
  undoEmailChange(input: UndoEmailChangeInput, options?: CallOptions): Promise<UndoEmailChangeResult>;
  /**
   * Deletes the account of the caller. All sessions end, all mailed links are void, everything that is
   * known of the user is erased, the address is free and gets a notice. While a change of the address
   * can still be undone, the account is disabled at once and erased when that time is over.
   * CONFIRMATION_MISMATCH if the address is not that of the account, LAST_ADMIN if nobody else is an administrator.
   */
  deleteAccount(input: DeleteAccountInput, options?: CallOptions): Promise<DeleteAccountResult>;
  /**
   * Completes a login with a second factor, and begins the session. Needs the `token` of the login's `challenge` as the
   * bearer, of kind PROVE: UNAUTHENTICATED for any other token, and when the challenge has expired, was tried 5 times, or
   * has ended with a change of the password, the role or the second factors; SECOND_FACTOR_REQUIRED for one of kind
   * ENROLL. CODE_INVALID for everything that is wrong with a code, PASSKEY_INVALID for a passkey. RATE_LIMITED after too
   * many wrong codes of the account; recovery codes and passkeys still work then. After 100 wrong codes in a row the
   * authenticator app no longer works until a recovery code is used.
   *
   * With `trustDevice` the next logins of this user on this device skip the second factor for 30 days. They still need the
   * first one, and their sessions have proved one factor: what needs a fresh session asks for the second factor. Each
   * change of the password, the address, the role or the second factors ends that, and so do a recovery code and
   * `logoutAll`. The sessions that skipped the second factor, and have not proved one since, end with it.
   */
  completeLogin(input: CompleteLoginInput, options?: CallOptions): Promise<CompleteLoginResult>;
  /**
   * Begins to set up an authenticator app: makes its secret, and stores nothing until `confirmTotp`. An app that is set up
   * already stays in force until then. Needs a fresh session, or the token of a challenge of kind ENROLL as the bearer.
   */
  beginTotp(options?: CallOptions): Promise<BeginTotpResult>;
  /**
   * Sets up the authenticator app, in place of the one before. The code that confirms it is used up by that. With the
   * first second factor all other sessions end, and there are ten recovery codes to keep. With the token of a challenge
   * as the bearer, the login is complete, and there are tokens. The address gets a notice. TOKEN_INVALID if `setup` is
   * older than 10 minutes, was used, or was begun in another session or login; CODE_INVALID.
   */
  confirmTotp(input: ConfirmTotpInput, options?: CallOptions): Promise<ConfirmTotpResult>;
  /**
   * Removes the authenticator app, and with the last second factor that works the recovery codes. The address gets a
   * notice. SECOND_FACTOR_NEEDED when the role of the caller needs a second factor, the app works, and there is no passkey
   * that works; NOT_FOUND when there is no app.
   */
  removeTotp(options?: CallOptions): Promise<RemoveTotpResult>;
  /**
   * Makes ten new recovery codes. Those before no longer work, and the address gets a notice. SECOND_FACTOR_NEEDED when
   * there is no second factor that they could stand in for.
   */
  createRecoveryCodes(options?: CallOptions): Promise<CreateRecoveryCodesResult>;
  /**
   * Removes a trusted device: the next login on it asks for the second factor again, and its sessions end. Only the session
   * that asks continues. NOT_FOUND for a device that the caller does not have.
   */
  removeTrustedDevice(input: RemoveTrustedDeviceInput, options?: CallOptions): Promise<RemoveTrustedDeviceResult>;
  /**
   * Accepts an invitation, which confirms its address, and begins a session; a role that needs a second factor gets a
   * `challenge` to set one up. Without a password, the session can add a passkey at once. With an `identity`, the user signs in
   * with that account at a provider. Problems leave the link usable: TOKEN_INVALID for one that is unknown, used, expired,
   * replaced or withdrawn, or whose sender could not send it any more; EMAIL_MISMATCH for whoever is signed in with another
   * address; EMAIL_TAKEN when an account with the address is confirmed; ACCOUNT_DISABLED; those of `register` for the rest of
   * the input; TOKEN_INVALID and IDENTITY_TAKEN for the identity; REGISTRATION_CLOSED.
   */
  acceptInvitation(input: AcceptInvitationInput, options?: CallOptions): Promise<AuthResult>;
  /**
   * Begins to sign in with a passkey, without asking who it is. Nothing is stored, so a page can call this when it is
   * opened, and offer passkeys where the address is typed (`autocomplete="username webauthn"`). Give `options` to
   * `PublicKeyCredential.parseRequestOptionsFromJSON`, the result as `publicKey` to `navigator.credentials.get`, and what
   * comes of that, by its `toJSON()`, to `loginWithPasskey`. FORBIDDEN where `authConfig.passkeys` is false.
   */
  beginPasskeyLogin(options?: CallOptions): Promise<BeginPasskeyResult>;
  /**
   * Signs in with a passkey. Its authenticator has verified the user, so it counts as two factors and there is no
   * challenge. NOT_FOUND for a passkey that no account has: tell the browser with
   * `PublicKeyCredential.signalUnknownCredential`. PASSKEY_INVALID for everything else that is wrong with it, also when
   * `state` is older than 5 minutes or was used; ACCOUNT_DISABLED. FORBIDDEN where `authConfig.passkeys` is false.
   */
  loginWithPasskey(input: LoginWithPasskeyInput, options?: CallOptions): Promise<AuthResult>;
  /**
   * Begins to add a passkey. Nothing is stored until `addPasskey`. Give `options` to
   * `PublicKeyCredential.parseCreationOptionsFromJSON`, the result as `publicKey` to `navigator.credentials.create`, and
   * what comes of that, by its `toJSON()`, to `addPasskey`. Needs a fresh session, or the token of a challenge of kind
   * ENROLL as the bearer. EMAIL_NOT_CONFIRMED until the address is confirmed; TOO_MANY for who has 20 passkeys; FORBIDDEN
   * where `authConfig.passkeys` is false.
   */
  beginPasskey(input?: { conditional?: boolean }, options?: CallOptions): Promise<BeginPasskeyResult>;
  /**
   * Begins to prove a passkey of the caller, for `reauthenticate` with `passkey` and `passkeyState`. Nothing is stored.
   * NOT_FOUND for who has none; FORBIDDEN where `authConfig.passkeys` is false.
   */
  beginPasskeyReauthentication(options?: CallOptions): Promise<BeginPasskeyResult>;
  /**
   * Adds a passkey: a way to sign in without the password, and a second factor beside it. With the first second factor
   * all other sessions end, and there are ten recovery codes to keep. With the token of a challenge as the bearer, the
   * login is complete, and there are tokens. The address gets a notice. PASSKEY_INVALID for everything that is wrong with
   * it, also when `state` is older than 5 minutes, was used, or was begun in another session or login; TOO_MANY,
   * NAME_INVALID.
   */
  addPasskey(input: AddPasskeyInput, options?: CallOptions): Promise<AddPasskeyResult>;
  /** Gives a passkey of the caller another name. NOT_FOUND when the caller has no such passkey; REQUIRED, NAME_INVALID. */
  renamePasskey(input: RenamePasskeyInput, options?: CallOptions): Promise<RenamePasskeyResult>;
  /**
   * Removes a passkey of the caller, and with the last second factor that works the recovery codes. The address gets a
   * notice. Tell the browser with `PublicKeyCredential.signalAllAcceptedCredentials` and `user.passkeySignal`.
   * LAST_CREDENTIAL when it is the only way to sign in, SECOND_FACTOR_NEEDED when the role of the caller needs a second
   * factor and this is the last one that works, NOT_FOUND when the caller has no such passkey. A passkey that no longer works can always be
   * removed.
   */
  removePasskey(input: RemovePasskeyInput, options?: CallOptions): Promise<RemovePasskeyResult>;
  /**
   * Begins to sign in with a provider: returns the address to open in the browser. The provider sends the browser back to
   * this server, and this server to `redirectUrl`, with a `code` that works for a minute and only together with the verifier, or
   * with an `error`: ACCESS_DENIED or PROVIDER_FAILED. PROVIDER_UNKNOWN; REDIRECT_URL_NOT_ALLOWED; PROVIDER_FAILED when the
   * provider cannot be reached; BAD_USER_INPUT for a challenge that is none.
   */
  beginProviderLogin(input: BeginProviderLoginInput, options?: CallOptions): Promise<BeginProviderLoginResult>;
  /**
   * Signs in whoever the provider has identified. Who was not known becomes a new user, if the provider's word counts for the
   * email address and no account has it. Otherwise there is a `pendingIdentity`, and nothing is connected. TOKEN_INVALID for a
   * code that was used, is older than a minute, or is not of this verifier; ACCOUNT_DISABLED.
   */
  loginWithProvider(input: LoginWithProviderInput, options?: CallOptions): Promise<ProviderAuthResult>;
  /**
   * As `loginWithProvider`, for apps that get an id token by the provider's own library. Each token works once. PROVIDER_FAILED
   * for everything that is wrong with a token, also that it was made for an app that the operator has not listed;
   * TOKEN_INVALID for one that was used; PROVIDER_UNKNOWN, also for a provider without id tokens.
   */
  loginWithIdToken(input: LoginWithIdTokenInput, options?: CallOptions): Promise<ProviderAuthResult>;
  /**
   * Mails a code that shows who reads the email of an address, for a `pendingIdentity` that needs one. The answer is the same
   * whether anybody has the address or not. TOKEN_INVALID; EMAIL_INVALID.
   */
  requestProviderCode(input: RequestProviderCodeInput, options?: CallOptions): Promise<RequestProviderCodeResult>;
  /**
   * Signs up whoever the provider has identified, with the address that the code was mailed to. If an account has the address,
   * there is a `pendingIdentity` to CONNECT. CODE_INVALID as in `loginWithCode`; TOKEN_INVALID; ACCOUNT_DISABLED.
   */
  registerWithProvider(input: RegisterWithProviderInput, options?: CallOptions): Promise<ProviderAuthResult>;
  /**
   * Connects an account at a provider to the caller's, who can sign in with it from then on. The address gets a notice.
   * Connecting what is the caller's already changes nothing. IDENTITY_TAKEN when another account has it, TOO_MANY above 20,
   * TOKEN_INVALID. BAD_USER_INPUT unless there is exactly one of `code` and `pending`. EMAIL_NOT_VERIFIED until the address
   * is confirmed.
   */
  connectIdentity(input: ConnectIdentityInput, options?: CallOptions): Promise<ConnectIdentityResult>;
  /**
   * Disconnects an account at a provider: the caller can no longer sign in with it. The address gets a notice. NOT_FOUND;
   * LAST_CREDENTIAL when there would be no way to sign in any more.
   */
  disconnectIdentity(input: DisconnectIdentityInput, options?: CallOptions): Promise<DisconnectIdentityResult>;
}

/** How an operation is asked for: its kind, its variables with their types, what of the answer. Flags: 1 its input has `delivery`, 2 it takes the token of a challenge. */
export type OperationText = readonly [kind: "query" | "mutation", variables: string, fields: string, flags?: number];

const totpFields = `createdAt lastUsedAt`;
const trustedDeviceFields = `id device createdAt expiresAt current`;
const passkeyFields = `id name provider createdAt lastUsedAt backedUp canLogIn clonedAt`;
const secondFactorsFields = `required totp{${totpFields}} recoveryCodesLeft trustedDevices{${trustedDeviceFields}} passkeys{${passkeyFields}}`;
const passkeySignalFields = `rpId userId allAcceptedCredentialIds name displayName`;
const identityFields = `id provider name email createdAt lastUsedAt`;
const userFields = `id email emailVerified username name profile role hasPassword createdAt updatedAt lastLoginAt secondFactors{${secondFactorsFields}} passkeySignal{${passkeySignalFields}} identities{${identityFields}}`;
const loginProviderFields = `id name`;
const authConfigFields = `registration emailVerification usernames loginCodes passwordMinLength passwordMaxLength profileSchema trustedDevices secondFactors passkeys providers{${loginProviderFields}}`;
const sessionFields = `id current createdAt lastSeenAt expiresAt authenticatedAt methods ipAddress userAgent device secondFactorAt impersonated`;
const userErrorFields = `code message path`;
const checkPasswordPayloadFields = `accepted errors{${userErrorFields}}`;
const tokensFields = `accessToken expiresAt refreshToken refreshExpiresAt`;
const loginChallengeFields = `token expiresAt kind methods passkeyOptions`;
const registerPayloadFields = `confirmationRequired tokens{${tokensFields}} user{${userFields}} session{${sessionFields}} errors{${userErrorFields}} challenge{${loginChallengeFields}}`;
const confirmEmailPayloadFields = `user{${userFields}} errors{${userErrorFields}}`;
const resendConfirmationEmailPayloadFields = `errors{${userErrorFields}}`;
const authPayloadFields = `tokens{${tokensFields}} user{${userFields}} session{${sessionFields}} errors{${userErrorFields}} challenge{${loginChallengeFields}}`;
const requestLoginCodePayloadFields = `requestId errors{${userErrorFields}}`;
const logoutPayloadFields = `errors{${userErrorFields}}`;
const logoutAllPayloadFields = `endedCount errors{${userErrorFields}}`;
const revokeSessionPayloadFields = `session{${sessionFields}} errors{${userErrorFields}}`;
const requestPasswordResetPayloadFields = `errors{${userErrorFields}}`;
const resetPasswordPayloadFields = `user{${userFields}} errors{${userErrorFields}}`;
const changePasswordPayloadFields = `user{${userFields}} tokens{${tokensFields}} endedCount errors{${userErrorFields}}`;
const updateProfilePayloadFields = `user{${userFields}} errors{${userErrorFields}}`;
const changeUsernamePayloadFields = `user{${userFields}} errors{${userErrorFields}}`;
const requestReauthenticationCodePayloadFields = `requestId errors{${userErrorFields}}`;
const reauthenticatePayloadFields = `session{${sessionFields}} errors{${userErrorFields}}`;
const requestEmailChangePayloadFields = `errors{${userErrorFields}}`;
const confirmEmailChangePayloadFields = `user{${userFields}} errors{${userErrorFields}}`;
const undoEmailChangePayloadFields = `user{${userFields}} errors{${userErrorFields}}`;
const deleteAccountPayloadFields = `errors{${userErrorFields}}`;
const trustedDeviceTokenFields = `token expiresAt`;
const completeLoginPayloadFields = `tokens{${tokensFields}} user{${userFields}} session{${sessionFields}} trustedDevice{${trustedDeviceTokenFields}} replacementRecoveryCode errors{${userErrorFields}}`;
const beginTotpPayloadFields = `setup secret uri qrCode errors{${userErrorFields}}`;
const confirmTotpPayloadFields = `recoveryCodes tokens{${tokensFields}} user{${userFields}} session{${sessionFields}} errors{${userErrorFields}}`;
const removeTotpPayloadFields = `errors{${userErrorFields}}`;
const createRecoveryCodesPayloadFields = `recoveryCodes errors{${userErrorFields}}`;
const removeTrustedDevicePayloadFields = `errors{${userErrorFields}}`;
const beginPasskeyPayloadFields = `options state errors{${userErrorFields}}`;
const addPasskeyPayloadFields = `passkey{${passkeyFields}} recoveryCodes tokens{${tokensFields}} user{${userFields}} session{${sessionFields}} errors{${userErrorFields}}`;
const renamePasskeyPayloadFields = `passkey{${passkeyFields}} errors{${userErrorFields}}`;
const removePasskeyPayloadFields = `errors{${userErrorFields}}`;
const beginProviderLoginPayloadFields = `authorizationUrl errors{${userErrorFields}}`;
const pendingIdentityFields = `token provider email reason expiresAt`;
const providerAuthPayloadFields = `tokens{${tokensFields}} user{${userFields}} session{${sessionFields}} challenge{${loginChallengeFields}} pendingIdentity{${pendingIdentityFields}} errors{${userErrorFields}}`;
const requestProviderCodePayloadFields = `requestId errors{${userErrorFields}}`;
const connectIdentityPayloadFields = `identity{${identityFields}} errors{${userErrorFields}}`;
const disconnectIdentityPayloadFields = `errors{${userErrorFields}}`;

export const operations: { readonly [N in keyof Operations]: OperationText } = {
  me: ["query", "", userFields],
  authConfig: ["query", "", authConfigFields],
  sessions: ["query", "", sessionFields],
  checkPassword: ["query", "input:CheckPasswordInput!", checkPasswordPayloadFields],
  exportMyData: ["query", "", ""],
  register: ["mutation", "input:RegisterInput!", registerPayloadFields, 1],
  confirmEmail: ["mutation", "input:ConfirmEmailInput!", confirmEmailPayloadFields],
  resendConfirmationEmail: ["mutation", "input:ResendConfirmationEmailInput!", resendConfirmationEmailPayloadFields],
  login: ["mutation", "input:LoginInput!", authPayloadFields, 1],
  requestLoginCode: ["mutation", "input:RequestLoginCodeInput!", requestLoginCodePayloadFields],
  loginWithCode: ["mutation", "input:LoginWithCodeInput!", authPayloadFields, 1],
  refreshSession: ["mutation", "input:RefreshSessionInput", authPayloadFields],
  logout: ["mutation", "", logoutPayloadFields],
  logoutAll: ["mutation", "input:LogoutAllInput", logoutAllPayloadFields],
  revokeSession: ["mutation", "input:RevokeSessionInput!", revokeSessionPayloadFields],
  requestPasswordReset: ["mutation", "input:RequestPasswordResetInput!", requestPasswordResetPayloadFields],
  resetPassword: ["mutation", "input:ResetPasswordInput!", resetPasswordPayloadFields],
  changePassword: ["mutation", "input:ChangePasswordInput!", changePasswordPayloadFields],
  updateProfile: ["mutation", "input:UpdateProfileInput!", updateProfilePayloadFields],
  changeUsername: ["mutation", "input:ChangeUsernameInput!", changeUsernamePayloadFields],
  requestReauthenticationCode: ["mutation", "", requestReauthenticationCodePayloadFields],
  reauthenticate: ["mutation", "input:ReauthenticateInput!", reauthenticatePayloadFields],
  requestEmailChange: ["mutation", "input:RequestEmailChangeInput!", requestEmailChangePayloadFields],
  confirmEmailChange: ["mutation", "input:ConfirmEmailChangeInput!", confirmEmailChangePayloadFields],
  undoEmailChange: ["mutation", "input:UndoEmailChangeInput!", undoEmailChangePayloadFields],
  deleteAccount: ["mutation", "input:DeleteAccountInput!", deleteAccountPayloadFields],
  completeLogin: ["mutation", "input:CompleteLoginInput!", completeLoginPayloadFields, 2],
  beginTotp: ["mutation", "", beginTotpPayloadFields, 2],
  confirmTotp: ["mutation", "input:ConfirmTotpInput!", confirmTotpPayloadFields, 3],
  removeTotp: ["mutation", "", removeTotpPayloadFields],
  createRecoveryCodes: ["mutation", "", createRecoveryCodesPayloadFields],
  removeTrustedDevice: ["mutation", "input:RemoveTrustedDeviceInput!", removeTrustedDevicePayloadFields],
  acceptInvitation: ["mutation", "input:AcceptInvitationInput!", authPayloadFields, 1],
  beginPasskeyLogin: ["mutation", "", beginPasskeyPayloadFields],
  loginWithPasskey: ["mutation", "input:LoginWithPasskeyInput!", authPayloadFields, 1],
  beginPasskey: ["mutation", "conditional:Boolean", beginPasskeyPayloadFields, 2],
  beginPasskeyReauthentication: ["mutation", "", beginPasskeyPayloadFields],
  addPasskey: ["mutation", "input:AddPasskeyInput!", addPasskeyPayloadFields, 3],
  renamePasskey: ["mutation", "input:RenamePasskeyInput!", renamePasskeyPayloadFields],
  removePasskey: ["mutation", "input:RemovePasskeyInput!", removePasskeyPayloadFields],
  beginProviderLogin: ["mutation", "input:BeginProviderLoginInput!", beginProviderLoginPayloadFields],
  loginWithProvider: ["mutation", "input:LoginWithProviderInput!", providerAuthPayloadFields, 1],
  loginWithIdToken: ["mutation", "input:LoginWithIdTokenInput!", providerAuthPayloadFields, 1],
  requestProviderCode: ["mutation", "input:RequestProviderCodeInput!", requestProviderCodePayloadFields],
  registerWithProvider: ["mutation", "input:RegisterWithProviderInput!", providerAuthPayloadFields, 1],
  connectIdentity: ["mutation", "input:ConnectIdentityInput!", connectIdentityPayloadFields],
  disconnectIdentity: ["mutation", "input:DisconnectIdentityInput!", disconnectIdentityPayloadFields],
};
