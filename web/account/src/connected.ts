import { Refused, send } from "./api";
import { find, focus, formOf, write } from "./dom";
import { Cancelled, onSubmit } from "./form";
import { connectIdentity, disconnectIdentity, identities, type Identity } from "./operations";
import { proven } from "./proof";
import { returned, type Returned } from "./provider";
import { moment, say, sayProblem, sayRefused } from "./say";

let chosen: Identity | undefined;

/**
 * Makes the section work in which accounts at providers are connected and disconnected. It returns what is to be done when
 * the account is shown: list them, and ask whether to connect the one with which the browser came back. It asks even
 * though a button led there: whose account that is, the provider knows, and the user may not have chosen it.
 */
export function connectedSection(onRefused: (refused: Refused) => boolean): () => void {
  const form = formOf("connect");
  const dialog = find<HTMLDialogElement>('[data-dialog="disconnect"]');
  const ask = find("[data-connect-ask]", form ?? document);
  let back: Returned | undefined = returned("account");
  find("[data-connect-cancel]", ask ?? document)?.addEventListener("click", () => {
    back = undefined;
    ask?.toggleAttribute("hidden", true);
    focus(find("#connected-title"));
  });
  find("[data-cancel]", dialog ?? document)?.addEventListener("click", () => dialog?.close());

  onSubmit("connect", async () => {
    const input = back;
    back = undefined;
    ask?.toggleAttribute("hidden", true);
    if (input) {
      const { result } = await proven(() => send(connectIdentity, { input }));
      if (result.errors.length > 0) {
        return result.errors;
      }
      await list();
      focus(find("#connected-title"));
      return say("connected.done", { name: nameOf(result.identity?.provider ?? "") });
    }
    return [];
  }, onRefused);

  onSubmit("disconnect", async () => {
    dialog?.close(); // another dialog may have to ask who it is
    const id = chosen?.id ?? "";
    const done = form && find("[data-done]", form);
    write(done, "");
    try {
      const { result } = await proven(() => send(disconnectIdentity, { input: { id } }));
      write(form && find("[data-alert]", form), result.errors.map(sayProblem).join(" "));
      if (result.errors.length === 0) {
        const name = nameOf(chosen?.provider ?? "");
        await list();
        write(done, say("connected.disconnected", { name }));
        focus(find("#connected-title"));
      }
    } catch (reason) {
      if (reason instanceof Refused && onRefused(reason)) {
        return;
      }
      if (!(reason instanceof Refused || reason instanceof Cancelled)) {
        throw reason;
      }
      write(form && find("[data-alert]", form), reason instanceof Refused ? sayRefused(reason) : reason.message);
    }
  }, onRefused);

  return () => {
    if (form) {
      list().catch((reason: unknown) => {
        if (reason instanceof Refused && !onRefused(reason)) {
          write(find("[data-alert]", form), sayRefused(reason));
        }
      });
      if (back) {
        ask?.toggleAttribute("hidden", false);
        focus(find("#connected-title"));
      }
    }
  };
}

const nameOf = (id: string): string => find(`[data-provider="${CSS.escape(id)}"]`)?.dataset.name ?? id;

/** Lists the accounts, with a button to disconnect each. */
async function list(): Promise<void> {
  const { me } = await send(identities, {});
  const template = find<HTMLTemplateElement>("template[data-identity]");
  const dialog = find<HTMLDialogElement>('[data-dialog="disconnect"]');
  const rows = (me?.identities ?? []).map((identity) => {
    const row = template?.content.firstElementChild?.cloneNode(true) as HTMLElement;
    const name = nameOf(identity.provider);
    const mark = find<HTMLImageElement>("[data-mark]", row);
    const known = find<HTMLImageElement>(`[data-provider="${CSS.escape(identity.provider)}"] img`);
    if (mark && known) {
      mark.src = known.src;
      mark.hidden = false;
    }
    const whom = identity.name ?? identity.email;
    write(find("[data-name]", row), name);
    write(find("[data-whom]", row), whom ? `${whom} · ` : "");
    write(find("[data-since]", row), say("connected.since", { time: moment(identity.createdAt) }));
    write(find("[data-used]", row), identity.lastUsedAt ? say("connected.used", { time: moment(identity.lastUsedAt) }) : say("connected.unused"));
    const button = find<HTMLButtonElement>("[data-remove]", row);
    button?.setAttribute("aria-label", say("connected.disconnect_label", { name: whom ? `${name} (${whom})` : name }));
    button?.addEventListener("click", () => {
      chosen = identity;
      write(find("[data-which]", dialog ?? document), say("connected.disconnect_text", { name: whom ? `${name} (${whom})` : name }));
      dialog?.showModal();
    });
    return row;
  });
  find("[data-identities]")?.replaceChildren(...rows);
}
