"use client";
/** Latchkey in React: a provider, hooks, and forms without looks. */
export { LatchkeyProvider, SignedIn, SignedOut, useLatchkey, useSession, useUser } from "./session.js";
export { ForgotForm, SignInForm, SignUpForm, type AuthFormProps } from "./forms.js";
export { SecondStepForm } from "./second-step.js";
export { RecoveryCodes } from "./recovery-codes.js";
export { useSubmit, type Submission } from "./submit.js";
export { englishLabels, type Labels } from "./labels.js";
