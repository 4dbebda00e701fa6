import type { Refused } from "./api";
import { send } from "./api";
import { all, find, focus, show, write } from "./dom";
import { onSubmit } from "./form";
import { showCodes, showSecret } from "./factor";
import { confirmTotp, createRecoveryCodes, removeTotp, secondFactors, type SecondFactors } from "./operations";
import { listTrusted } from "./trusted";
import { listPasskeys, passkeySection } from "./passkeys";
import { proveByFactor, proven } from "./proof";
import { moment, say } from "./say";

/** Shows which second factors there are, and what can be done about them. */
export function showFactors(factors: SecondFactors, passkeys: boolean, onRefused: (refused: Refused) => boolean): void {
  listTrusted(factors.trustedDevices, onRefused);
  const hasPasskey = factors.passkeys.length > 0;
  proveByFactor(factors.totp !== null || hasPasskey, passkeys && hasPasskey);
  const count = String(factors.recoveryCodesLeft);
  write(find("[data-factors]"), factors.totp
    ? say("factor.have", { time: moment(factors.totp.createdAt), count })
    : hasPasskey ? say("factor.have_passkey", { count }) : say("factor.none"));
  show(all("[data-with-factor]"), factors.totp !== null || hasPasskey);
  show(all("[data-with-app]"), factors.totp !== null);
  show(all("[data-without-app]"), factors.totp === null);
  show(all('form[data-form="totp-remove"]'), factors.totp !== null && (!factors.required || hasPasskey));
  listPasskeys(factors.passkeys, passkeys);
  show(all("[data-enroll]"), false);
}

/** Makes the section work in which second factors are set up and removed. */
export function securitySection(onRefused: (refused: Refused) => boolean): void {
  let setup = "";
  const again = async (): Promise<void> => {
    const { me, authConfig } = await send(secondFactors, {});
    if (me) {
      showFactors(me.secondFactors, authConfig?.passkeys ?? false, onRefused);
    }
  };
  const keep = (codes: readonly string[]): void => {
    showCodes(codes);
    show(all("[data-kept-codes]"), codes.length > 0);
    focus(find("#security-title"));
  };

  passkeySection(again, keep, onRefused);

  onSubmit("totp-begin", async () => {
    keep([]);
    setup = await proven(() => showSecret());
    show(all("[data-enroll]"), true);
    find<HTMLInputElement>("[data-enroll] input")?.focus();
  }, onRefused);

  onSubmit("enroll", async (value) => {
    const { result } = await send(confirmTotp, { input: { setup, code: value("code"), delivery: "COOKIE" } });
    if (result.errors.length > 0) {
      return result.errors;
    }
    await again();
    keep(result.recoveryCodes ?? []);
    return [];
  }, onRefused);

  onSubmit("totp-remove", async () => {
    const { result } = await proven(() => send(removeTotp, {}));
    if (result.errors.length === 0) {
      keep([]);
      await again();
    }
    return result.errors;
  }, onRefused);

  onSubmit("recovery-codes", async () => {
    const { result } = await proven(() => send(createRecoveryCodes, {}));
    if (result.errors.length > 0) {
      return result.errors;
    }
    await again();
    keep(result.recoveryCodes ?? []);
    return [];
  }, onRefused);
}
