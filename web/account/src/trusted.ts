import { Refused, send } from "./api";
import { find, focus, write } from "./dom";
import { removeTrustedDevice, secondFactors, type TrustedDevice } from "./operations";
import { refreshSessions } from "./sessions";
import { moment, say, sayProblem, sayRefused } from "./say";

type OnRefused = (refused: Refused) => boolean;

/** Lists the devices that skip the second step, with a button for each to be signed out and asked again. */
export function listTrusted(list: readonly TrustedDevice[], onRefused: OnRefused): void {
  const template = find<HTMLTemplateElement>("template[data-trusted-device]");
  const rows = list.map((trusted) => {
    const row = template?.content.firstElementChild?.cloneNode(true) as HTMLElement;
    const device = trusted.device ?? say("account.sessions.unknown");
    write(find("[data-device]", row), device);
    write(find("[data-until]", row), say("factor.trusted_until", { time: moment(trusted.expiresAt) }));
    const badge = find("[data-current]", row);
    if (badge) {
      badge.hidden = !trusted.current;
    }
    const button = find<HTMLButtonElement>("[data-remove]", row);
    button?.setAttribute("aria-label", say("factor.trusted_label", { device }));
    button?.addEventListener("click", () => void remove(trusted, device, button, onRefused));
    return row;
  });
  const place = find("[data-trusted-devices]");
  if (template && place) {
    place.replaceChildren(...rows);
  }
  const section = find("[data-trusted]");
  if (section) {
    section.hidden = list.length === 0;
  }
}

async function remove(trusted: TrustedDevice, device: string, button: HTMLButtonElement, onRefused: OnRefused): Promise<void> {
  write(find("[data-trusted-alert]"), "");
  button.disabled = true;
  try {
    const { result } = await send(removeTrustedDevice, { input: { id: trusted.id } });
    const problem = result.errors[0];
    if (problem && problem.code !== "NOT_FOUND") { // that it was removed meanwhile is as well
      write(find("[data-trusted-alert]"), sayProblem(problem));
      return;
    }
    const { me } = await send(secondFactors, {});
    listTrusted(me?.secondFactors.trustedDevices ?? [], onRefused);
    await refreshSessions(onRefused);
    focus(find("#security-title"));
    write(find("[data-trusted-done]"), say(trusted.current ? "factor.trusted_removed_here" : "factor.trusted_removed", { device }));
  } catch (reason) {
    if (!(reason instanceof Refused)) {
      throw reason;
    }
    if (!onRefused(reason)) {
      write(find("[data-trusted-alert]"), sayRefused(reason));
    }
  } finally {
    button.disabled = false;
  }
}
