import { send } from "./api";
import { all, find } from "./dom";
import { onSubmit } from "./form";
import { leave } from "./leave";
import { passkeyOffer } from "./operations";
import { add, hasPasskeys } from "./passkey";

const declined = "latchkey-no-passkey-until";
const declinedFor = 30 * 24 * 60 * 60_000;

/** How long the browser may take to make a passkey by itself. */
const automatic = 3_000;

/**
 * Makes the panel work that offers a passkey after a sign-in with a password. It returns what comes after such a
 * sign-in. Where the account has a second step already, a browser that has just filled in the password may make a
 * passkey by itself. Otherwise a passkey makes signing in need more, so the user is asked. Like every new factor a
 * passkey ends the trust in all devices, perhaps in this one, which the user has just trusted: so none is made then.
 */
export function passkeyOfferPanel(turnTo: (name: string) => void, keep: (codes: readonly string[]) => void): () => Promise<void> {
  onSubmit("offer", async () => {
    const result = await add();
    if (result.errors.length === 0) {
      keep(result.recoveryCodes ?? []);
    }
    return result.errors;
  });
  for (const button of all("[data-decline]")) {
    button.addEventListener("click", () => {
      localStorage.setItem(declined, String(Date.now() + declinedFor));
      leave();
    });
  }

  return async () => {
    if (!hasPasskeys || !find('[data-panel="offer"]')) {
      leave();
      return;
    }
    const { me, authConfig } = await send(passkeyOffer, {});
    if (!me?.emailVerified || me.secondFactors.passkeys.length > 0 || !authConfig?.passkeys) {
      leave();
    } else if (me.secondFactors.totp) {
      const { recoveryCodesLeft, trustedDevices } = me.secondFactors;
      const quiet = recoveryCodesLeft > 0 && trustedDevices.length === 0; // nothing ends, and there is nothing to keep
      const capabilities: Record<string, boolean | undefined> = (await PublicKeyCredential.getClientCapabilities?.()) ?? {};
      let codes: readonly string[] = [];
      if (quiet && capabilities.conditionalCreate) {
        const late = new Promise<void>((done) => setTimeout(done, automatic));
        const made = add("", true).then((result) => { codes = result.recoveryCodes ?? []; }, () => undefined);
        await Promise.race([late, made]); // it is no matter if it does not
      }
      keep(codes);
    } else if (Number(localStorage.getItem(declined) ?? 0) < Date.now() && (await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable())) {
      turnTo("offer");
    } else {
      leave();
    }
  };
}
