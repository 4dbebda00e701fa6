import { Refused, send } from "../../account/src/api";
import { all, find, main, write } from "../../account/src/dom";
import { onSubmit } from "../../account/src/form";
import { signOut } from "../../account/src/operations";
import { proofDialog } from "../../account/src/proof";
import { say, sayRefused } from "../../account/src/say";
import { auditPage } from "./audit";
import { createPage } from "./create-user";
import { bdi, el } from "./el";
import { entitle, view, type Context } from "./frame";
import { invitationsPage } from "./invitations";
import { listenToKeys } from "./keys";
import { here } from "./route";
import { userPage } from "./user";
import { usersPage } from "./users";
import { onRefused, whoIsThere, type Viewer } from "./viewer";

/** Ends what the page that is left still waits for. */
let leave = new AbortController();

/** The pages beside those of users, by the first part of their addresses. */
const pages: Readonly<Record<string, (page: Context) => void>> = { invitations: invitationsPage, audit: auditPage };

/** Shows the page of the address. */
function show(viewer: Viewer): void {
  leave.abort();
  for (const dialog of all<HTMLDialogElement>("dialog[open]")) {
    dialog.close(); // what it asks is about the page that is left
  }
  leave = new AbortController();
  const { path: [section = "users", which], query } = here();
  for (const link of all("[data-nav] a")) {
    link.toggleAttribute("aria-current", false);
    if (link.dataset.section === section) {
      link.setAttribute("aria-current", "page");
    }
  }
  const page = { viewer, query, left: leave.signal };
  const other = pages[section];
  if (other) {
    other(page);
  } else if (which === "new") {
    createPage(page);
  } else if (which) {
    userPage(page, which);
  } else {
    usersPage(page);
  }
}

/** Says that these pages are for others. */
function refuse(email: string): void {
  entitle(say("admin.forbidden.title"));
  view(el("p", {}, ...sentence(say("admin.forbidden.text"), "{email}", bdi(email))), el("p", {}, el("a", { href: "account" }, say("admin.account"))));
}

/** Puts an element into a text. */
function sentence(text: string, at: string, element: HTMLElement): (Node | string)[] {
  const [before = "", after = ""] = text.split(at);
  return [before, element, after];
}

proofDialog();
onSubmit("sign-out", async () => {
  await send(signOut, {});
  location.assign("sign-in?return_to=admin");
}, onRefused);

whoIsThere().then(
  (viewer) => {
    if (!viewer) {
      return;
    }
    write(find("[data-loading]"), "");
    find("[data-who]")?.replaceChildren(bdi(viewer.email));
    for (const part of all("[data-signed-in]")) {
      part.hidden = false;
    }
    if (viewer.role === "USER") {
      refuse(viewer.email);
      return;
    }
    for (const part of all("[data-nav]")) {
      part.hidden = false;
    }
    addEventListener("hashchange", () => show(viewer));
    listenToKeys();
    show(viewer);
  },
  (reason: unknown) => {
    if (!(reason instanceof Refused)) {
      throw reason;
    }
    if (!onRefused(reason)) {
      write(find("[data-loading]"), "");
      write(find("[data-page-alert]", main), sayRefused(reason));
    }
  },
);
