import { Refused, send } from "./api";
import { all, find, focus, write } from "./dom";
import { onSubmit } from "./form";
import { endSession, endSessions, sessions, type Session } from "./operations";
import { moment, say, sayProblem, sayRefused } from "./say";

type OnRefused = (refused: Refused) => boolean;

/** Lists where somebody is signed in, with a button to end each session. */
export function listSessions(list: readonly Session[], onRefused: OnRefused): void {
  const template = find<HTMLTemplateElement>("template[data-session]");
  const rows = list.map((session) => {
    const row = template?.content.firstElementChild?.cloneNode(true) as HTMLElement;
    const device = session.device ?? say("account.sessions.unknown");
    write(find("[data-device]", row), device);
    write(find("[data-address]", row), session.ipAddress ? `${session.ipAddress} · ` : "");
    write(find("[data-seen]", row), say("account.sessions.seen", { time: moment(session.lastSeenAt) }));
    write(find("[data-since]", row), say("account.sessions.since", { time: moment(session.createdAt) }));
    const badge = find("[data-current]", row);
    if (badge) {
      badge.hidden = !session.current;
    }
    const button = find<HTMLButtonElement>("[data-end]", row);
    if (button) {
      button.hidden = session.current; // "sign out" does that
      button.setAttribute("aria-label", say("account.sessions.end_label", { device }));
      button.addEventListener("click", () => void end(session, device, button, onRefused));
    }
    return row;
  });
  find("[data-sessions]")?.replaceChildren(...rows);
  for (const form of all('form[data-form="end-others"]')) {
    form.hidden = list.length < 2;
  }
}

/** Asks for the list again and shows it. */
export async function refreshSessions(onRefused: OnRefused): Promise<void> {
  listSessions((await send(sessions, {})).sessions ?? [], onRefused);
}

async function end(session: Session, device: string, button: HTMLButtonElement, onRefused: OnRefused): Promise<void> {
  write(find("[data-sessions-alert]"), "");
  button.disabled = true;
  try {
    const { result } = await send(endSession, { input: { id: session.id } });
    const problem = result.errors[0];
    if (problem && problem.code !== "NOT_FOUND") { // that it has ended meanwhile is as well
      write(find("[data-sessions-alert]"), sayProblem(problem));
      return;
    }
    await refreshSessions(onRefused);
    focus(find("#sessions-title"));
    write(find("[data-sessions-done]"), say("account.sessions.ended", { device }));
  } catch (reason) {
    if (!(reason instanceof Refused)) {
      throw reason;
    }
    if (!onRefused(reason)) {
      write(find("[data-sessions-alert]"), sayRefused(reason));
    }
  } finally {
    button.disabled = false;
  }
}

/** Makes the buttons work that end several sessions. */
export function endingSeveral(onRefused: OnRefused): void {
  onSubmit("end-others", async () => {
    const { result } = await send(endSessions, { input: { keepCurrent: true } });
    if (result.errors.length === 0) {
      await refreshSessions(onRefused);
      focus(find("#sessions-title"));
      write(find("[data-sessions-done]"), say("account.sessions.others_ended", { count: String(result.endedCount) }));
    }
    return result.errors;
  }, onRefused);
  onSubmit("end-all", async () => {
    const { result } = await send(endSessions, { input: { keepCurrent: false } });
    if (result.errors.length === 0) {
      location.assign("sign-in");
    }
    return result.errors;
  }, onRefused);
}
