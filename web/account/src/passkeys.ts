import type { Refused } from "./api";
import { send } from "./api";
import { find, focus, write } from "./dom";
import { onSubmit } from "./form";
import { removePasskey, renamePasskey, type Passkey } from "./operations";
import { add, hasPasskeys, keepInStep, showWithPasskeys } from "./passkey";
import { proven } from "./proof";
import { moment, say, sayProblem } from "./say";

let chosen: Passkey | undefined;

const dialogOf = (name: string): HTMLDialogElement | null => find<HTMLDialogElement>(`[data-dialog="${name}"]`);

/** Lists the passkeys, with buttons to rename and remove each. */
export function listPasskeys(list: readonly Passkey[], enabled: boolean): void {
  showWithPasskeys(enabled);
  const template = find<HTMLTemplateElement>("template[data-passkey]");
  const rows = list.map((passkey) => {
    const row = template?.content.firstElementChild?.cloneNode(true) as HTMLElement;
    write(find("[data-name]", row), passkey.name);
    write(find("[data-provider]", row), passkey.provider && passkey.provider !== passkey.name ? `${passkey.provider} · ` : "");
    write(find("[data-added]", row), say("passkey.added", { time: moment(passkey.createdAt) }));
    write(find("[data-used]", row), passkey.lastUsedAt ? say("passkey.used", { time: moment(passkey.lastUsedAt) }) : say("passkey.unused"));
    write(find("[data-cloned]", row), passkey.clonedAt ? say("passkey.cloned") : "");
    for (const act of ["rename", "remove"] as const) {
      const button = find<HTMLButtonElement>(`[data-${act}]`, row);
      button?.setAttribute("aria-label", say(`passkey.${act}_label`, { name: passkey.name }));
      button?.addEventListener("click", () => {
        chosen = passkey;
        const dialog = dialogOf(`passkey-${act}`);
        write(find("[data-which]", dialog ?? document), say(`passkey.${act}_text`, { name: passkey.name }));
        const input = find<HTMLInputElement>("input", dialog ?? document);
        if (act === "rename" && input) {
          input.value = passkey.name;
        }
        dialog?.showModal();
      });
    }
    return row;
  });
  find("[data-passkeys]")?.replaceChildren(...rows);
}

/** Makes the part of the section work in which passkeys are added, renamed and removed. */
export function passkeySection(again: () => Promise<void>, keep: (codes: readonly string[]) => void, onRefused: (refused: Refused) => boolean): void {
  const changed = async (): Promise<void> => {
    await again();
    await keepInStep();
  };
  for (const name of ["passkey-rename", "passkey-remove"]) {
    const dialog = dialogOf(name);
    find("[data-cancel]", dialog ?? document)?.addEventListener("click", () => dialog?.close());
  }

  onSubmit("passkey-add", async () => {
    keep([]);
    const result = await proven(() => add());
    if (result.errors.length > 0) {
      return result.errors;
    }
    await changed();
    keep(result.recoveryCodes ?? []);
    return [];
  }, onRefused);

  onSubmit("passkey-rename", async (value) => {
    const { result } = await send(renamePasskey, { input: { id: chosen?.id ?? "", name: value("name") } });
    if (result.errors.length === 0) {
      dialogOf("passkey-rename")?.close();
      await again();
      focus(find("#passkeys-title"));
    }
    return result.errors;
  }, onRefused);

  onSubmit("passkey-remove", async () => {
    dialogOf("passkey-remove")?.close(); // another dialog may have to ask who it is
    const { result } = await proven(() => send(removePasskey, { input: { id: chosen?.id ?? "" } }));
    write(find("[data-passkeys-alert]"), result.errors.map(sayProblem).join(" "));
    if (result.errors.length === 0) {
      keep([]);
      await changed();
      focus(find("#passkeys-title"));
    }
  }, onRefused);

  if (hasPasskeys) {
    keepInStep().catch(() => undefined); // it is for the next time
  }
}
