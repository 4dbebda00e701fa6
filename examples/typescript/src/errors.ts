import type { ProblemFragment, UserErrorCode } from "./generated.js";

// advice says what to do about a problem, in the words of this program. `tsc` fails here when the schema
// has a code that the switch does not: add it.
export function advice({ code, message }: ProblemFragment): string {
  switch (code) {
    case "REQUIRED":
      return "Something is missing.";
    case "EMAIL_INVALID":
      return "This is not an email address.";
    case "EMAIL_TAKEN":
      return "There is such an account already: log in.";
    case "INVALID_CREDENTIALS":
      return "The address or the password is wrong.";
    case "ACCOUNT_DISABLED":
      return "This account is disabled: ask whoever runs the service.";
    case "PASSWORD_TOO_SHORT":
    case "PASSWORD_TOO_COMMON":
    case "PASSWORD_TOO_SIMILAR":
      return `Choose another password. ${message}`;
    case "PASSWORD_TOO_LONG":
      return "This password is too long.";
    case "REGISTRATION_CLOSED":
      return "Nobody can sign up here: ask for an account.";
    case "TOKEN_INVALID":
    case "CODE_INVALID":
    case "REFRESH_TOKEN_INVALID":
    case "PASSKEY_INVALID":
      return "This was used or is too old: begin again.";
    case "NAME_INVALID":
    case "CONFIRMATION_MISMATCH":
    case "USERNAME_INVALID":
    case "USERNAME_TAKEN":
    case "USERNAME_RESERVED":
    case "PASSWORD_INCORRECT":
    case "PROFILE_INVALID":
    case "REDIRECT_URL_NOT_ALLOWED":
    case "NOT_FOUND":
    case "SECOND_FACTOR_NEEDED":
    case "LAST_CREDENTIAL":
    case "TOO_MANY":
    case "LAST_ADMIN":
    case "REASON_INVALID":
    case "EMAIL_MISMATCH":
    case "IDENTITY_TAKEN":
    case "PROVIDER_FAILED":
    case "PROVIDER_UNKNOWN":
      return message;
    default:
      return unheardOf(code, message);
  }
}

// A server that is newer than this program may send a code that the program does not know.
function unheardOf(_code: never, message: string): string {
  return message;
}
