// Written by generate.mjs: do not edit.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** What is wrong with an input. More codes will come: keep a default branch. */
export type UserErrorCode =
  /** Another account has this account of the provider. */
  | 'IDENTITY_TAKEN'
  /** There is no such provider here. */
  | 'PROVIDER_UNKNOWN'
  /** The provider refused, could not be reached, or answered what cannot be trusted. */
  | 'PROVIDER_FAILED'
  /** The passkey could not be used or added: the attempt has expired, was used, was begun elsewhere, or was not verified. */
  | 'PASSKEY_INVALID'
  /** Nothing would be left to sign in with. */
  | 'LAST_CREDENTIAL'
  /** As many as one may have. */
  | 'TOO_MANY'
  /** The caller is signed in with another email address. */
  | 'EMAIL_MISMATCH'
  /** The account must have a second factor, or needs one for this. */
  | 'SECOND_FACTOR_NEEDED'
  /** Nobody else is an administrator who is not disabled. */
  | 'LAST_ADMIN'
  /** The reason is too long, or has line breaks or characters that cannot be seen. */
  | 'REASON_INVALID'
  /** The field may not be empty. */
  | 'REQUIRED'
  /** The name is too long or has control characters. */
  | 'NAME_INVALID'
  /** What was typed to confirm is not what had to be typed. */
  | 'CONFIRMATION_MISMATCH'
  /** This is not an email address. */
  | 'EMAIL_INVALID'
  /** Another account has this address. While confirmation is mandatory, only said to who reads its mail. */
  | 'EMAIL_TAKEN'
  /** No user can have this username: it breaks the rules of `RegisterInput.username`, or there are none here. */
  | 'USERNAME_INVALID'
  /** Somebody else has this username, or has signed up with it within the last day. */
  | 'USERNAME_TAKEN'
  /** This username is kept for whoever runs the service. */
  | 'USERNAME_RESERVED'
  /** The password has fewer characters than `authConfig.passwordMinLength`. */
  | 'PASSWORD_TOO_SHORT'
  /** The password has more characters than `authConfig.passwordMaxLength`. */
  | 'PASSWORD_TOO_LONG'
  /** The password is one of those that are tried first. */
  | 'PASSWORD_TOO_COMMON'
  /** The password is mostly the address, the username or the name. */
  | 'PASSWORD_TOO_SIMILAR'
  /** This is not the current password. */
  | 'PASSWORD_INCORRECT'
  /** Wrong email, username or password. Unknown accounts and unconfirmed sign-ups get the same answer. */
  | 'INVALID_CREDENTIALS'
  /** An operator has disabled the account. */
  | 'ACCOUNT_DISABLED'
  /** The link was used, is too old, or never was. */
  | 'TOKEN_INVALID'
  /** The code is mistyped, was used, is too old, was tried too often, or was asked for elsewhere. */
  | 'CODE_INVALID'
  /** The refresh token is unknown or used, or its session has ended: log in again. */
  | 'REFRESH_TOKEN_INVALID'
  /** Only an operator makes accounts here. */
  | 'REGISTRATION_CLOSED'
  /** The profile breaks a rule of `authConfig.profileSchema`, is too large, or would change what only an operator sets. The path leads into it. */
  | 'PROFILE_INVALID'
  /** A mailed link may not lead to this page: the operator lists those to which it may. */
  | 'REDIRECT_URL_NOT_ALLOWED'
  /** Nothing of the caller's has this id. */
  | 'NOT_FOUND';

/**
 * How the tokens of a login reach the client. In variables, null or an empty string for an input field that has a default
 * means the default; any other text than the two below is refused, in small letters too.
 */
export type TokenDelivery =
  /** They are in the answer, for the client to keep. */
  | 'BODY'
  /**
   * A cookie that no script can read (HttpOnly) carries an opaque session token, whatever form access tokens have here, and
   * `tokens.accessToken` is null. For pages on the same site as this server.
   */
  | 'COOKIE';

/** Who signs up. */
export type RegisterInput = {
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
  profile?: Record<string, unknown> | null | undefined;
  /**
   * Where the mailed link leads, with the token added as the query parameter `token`; left out or empty: to the page that the
   * operator has set. An absolute URL of at most 2,000 bytes that is on the operator's list: exactly so or, where the list says it, with a
   * path below an entry's or with a query, which is kept. REDIRECT_URL_NOT_ALLOWED otherwise, and for a user, a fragment, a backslash, the segments
   * `.` and `..`, %2e, %2f, %5c, or a parameter `token`. A mail to who has an account already leads to the
   * operator's page in any case.
   */
  redirectUrl?: string | null | undefined;
  /** How the tokens reach the client, where there are any: while addresses must be confirmed first, a sign-up gets none. */
  delivery?: TokenDelivery;
};

/** Who logs in, by exactly one of `email` and `username`, and the proof. */
export type LoginInput = {
  /** The address of the account. */
  email?: string | null | undefined;
  /** The username of the account. */
  username?: string | null | undefined;
  /** The password of the account. */
  password: string;
  /** How the tokens reach the client. */
  delivery?: TokenDelivery;
};

/** What a login waits for. */
export type ChallengeKind =
  /** The user has a second factor: send it with `completeLogin`. */
  | 'PROVE'
  /** The user needs a second factor and has none: set one up with `beginTotp` and `confirmTotp`, which completes the login. */
  | 'ENROLL';

/** A way to prove a second factor. The server may learn more of them. */
export type SecondFactor =
  /** A passkey: see `passkeyOptions`. Users who have one can also sign in with it alone. */
  | 'PASSKEY'
  /** A code of an authenticator app. */
  | 'TOTP'
  /** A recovery code, in place of a factor that is lost. */
  | 'RECOVERY_CODE';

/** Exactly one of `totpCode`, `recoveryCode`, and `passkey`. */
export type CompleteLoginInput = {
  /** The six digits that the authenticator app shows. Spaces and dashes make no difference. */
  totpCode?: string | null | undefined;
  /** A recovery code. Capitals, spaces and dashes make no difference. */
  recoveryCode?: string | null | undefined;
  /**
   * Whether the next logins on this device skip the second factor, for 30 days. Let the user choose, and only on a device
   * of their own. Ignored with a recovery code, and where `authConfig.trustedDevices` is false.
   */
  trustDevice?: boolean;
  /** What the browser responded to `passkeyOptions` of the challenge, by `toJSON()`. PASSKEY_INVALID if that is wrong. */
  passkey?: Record<string, unknown> | null | undefined;
};

/** That the app has the secret. */
export type ConfirmTotpInput = {
  /** From the answer of `beginTotp`. */
  setup: string;
  /** The six digits that the app shows. */
  code: string;
  /** How the tokens reach the client, if this completes a login. */
  delivery?: TokenDelivery;
};

export type ProblemFragment = { code: UserErrorCode, message: string, path: Array<string> | null };

export type LoginFragment = { accessToken: string | null, refreshToken: string | null };

export type ChallengeFragment = { token: string, kind: ChallengeKind, methods: Array<SecondFactor> };

export type SignUpMutationVariables = Exact<{
  input: RegisterInput;
}>;


export type SignUpMutation = { register: { confirmationRequired: boolean, tokens: { accessToken: string | null, refreshToken: string | null } | null, challenge: { token: string, kind: ChallengeKind, methods: Array<SecondFactor> } | null, errors: Array<{ code: UserErrorCode, message: string, path: Array<string> | null }> } | null };

export type SignInMutationVariables = Exact<{
  input: LoginInput;
}>;


export type SignInMutation = { login: { tokens: { accessToken: string | null, refreshToken: string | null } | null, challenge: { token: string, kind: ChallengeKind, methods: Array<SecondFactor> } | null, errors: Array<{ code: UserErrorCode, message: string, path: Array<string> | null }> } | null };

export type CompleteLoginMutationVariables = Exact<{
  input: CompleteLoginInput;
}>;


export type CompleteLoginMutation = { completeLogin: { replacementRecoveryCode: string | null, tokens: { accessToken: string | null, refreshToken: string | null } | null, errors: Array<{ code: UserErrorCode, message: string, path: Array<string> | null }> } | null };

export type BeginAppMutationVariables = Exact<{ [key: string]: never; }>;


export type BeginAppMutation = { beginTotp: { setup: string | null, secret: string | null, uri: string | null } | null };

export type ConfirmAppMutationVariables = Exact<{
  input: ConfirmTotpInput;
}>;


export type ConfirmAppMutation = { confirmTotp: { recoveryCodes: Array<string> | null, tokens: { accessToken: string | null, refreshToken: string | null } | null, errors: Array<{ code: UserErrorCode, message: string, path: Array<string> | null }> } | null };

export type RefreshMutationVariables = Exact<{
  refreshToken: string;
}>;


export type RefreshMutation = { refreshSession: { tokens: { accessToken: string | null, refreshToken: string | null } | null, errors: Array<{ code: UserErrorCode, message: string, path: Array<string> | null }> } | null };

export type SignOutMutationVariables = Exact<{ [key: string]: never; }>;


export type SignOutMutation = { logout: { errors: Array<{ code: UserErrorCode, message: string, path: Array<string> | null }> } | null };

export type MeQueryVariables = Exact<{ [key: string]: never; }>;


export type MeQuery = { me: { id: string, email: string, name: string | null } | null };

export type SessionsQueryVariables = Exact<{ [key: string]: never; }>;


export type SessionsQuery = { sessions: Array<{ id: string, current: boolean, device: string | null, lastSeenAt: string }> | null };

export const ProblemFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Problem"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]} as unknown as DocumentNode<ProblemFragment, unknown>;
export const LoginFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Login"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Tokens"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accessToken"}},{"kind":"Field","name":{"kind":"Name","value":"refreshToken"}}]}}]} as unknown as DocumentNode<LoginFragment, unknown>;
export const ChallengeFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Challenge"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"LoginChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"token"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"methods"}}]}}]} as unknown as DocumentNode<ChallengeFragment, unknown>;
export const SignUpDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SignUp"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RegisterInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"register"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"confirmationRequired"}},{"kind":"Field","name":{"kind":"Name","value":"tokens"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Login"}}]}},{"kind":"Field","name":{"kind":"Name","value":"challenge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Challenge"}}]}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Problem"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Login"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Tokens"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accessToken"}},{"kind":"Field","name":{"kind":"Name","value":"refreshToken"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Challenge"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"LoginChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"token"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"methods"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Problem"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]} as unknown as DocumentNode<SignUpMutation, SignUpMutationVariables>;
export const SignInDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SignIn"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"LoginInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"login"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tokens"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Login"}}]}},{"kind":"Field","name":{"kind":"Name","value":"challenge"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Challenge"}}]}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Problem"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Login"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Tokens"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accessToken"}},{"kind":"Field","name":{"kind":"Name","value":"refreshToken"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Challenge"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"LoginChallenge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"token"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"methods"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Problem"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]} as unknown as DocumentNode<SignInMutation, SignInMutationVariables>;
export const CompleteLoginDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CompleteLogin"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CompleteLoginInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"completeLogin"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tokens"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Login"}}]}},{"kind":"Field","name":{"kind":"Name","value":"replacementRecoveryCode"}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Problem"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Login"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Tokens"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accessToken"}},{"kind":"Field","name":{"kind":"Name","value":"refreshToken"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Problem"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]} as unknown as DocumentNode<CompleteLoginMutation, CompleteLoginMutationVariables>;
export const BeginAppDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"BeginApp"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"beginTotp"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"setup"}},{"kind":"Field","name":{"kind":"Name","value":"secret"}},{"kind":"Field","name":{"kind":"Name","value":"uri"}}]}}]}}]} as unknown as DocumentNode<BeginAppMutation, BeginAppMutationVariables>;
export const ConfirmAppDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ConfirmApp"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ConfirmTotpInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"confirmTotp"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tokens"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Login"}}]}},{"kind":"Field","name":{"kind":"Name","value":"recoveryCodes"}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Problem"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Login"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Tokens"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accessToken"}},{"kind":"Field","name":{"kind":"Name","value":"refreshToken"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Problem"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]} as unknown as DocumentNode<ConfirmAppMutation, ConfirmAppMutationVariables>;
export const RefreshDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Refresh"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"refreshToken"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"refreshSession"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"refreshToken"},"value":{"kind":"Variable","name":{"kind":"Name","value":"refreshToken"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"tokens"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Login"}}]}},{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Problem"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Login"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Tokens"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accessToken"}},{"kind":"Field","name":{"kind":"Name","value":"refreshToken"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Problem"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]} as unknown as DocumentNode<RefreshMutation, RefreshMutationVariables>;
export const SignOutDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SignOut"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"logout"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"errors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Problem"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Problem"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]} as unknown as DocumentNode<SignOutMutation, SignOutMutationVariables>;
export const MeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]} as unknown as DocumentNode<MeQuery, MeQueryVariables>;
export const SessionsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Sessions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sessions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"current"}},{"kind":"Field","name":{"kind":"Name","value":"device"}},{"kind":"Field","name":{"kind":"Name","value":"lastSeenAt"}}]}}]}}]} as unknown as DocumentNode<SessionsQuery, SessionsQueryVariables>;