import { save } from "../../account/src/dom";
import { Refused, send } from "../../account/src/api";
import { say, sayRefused } from "../../account/src/say";
import { auditTable } from "./audit-table";
import { csvOf } from "./csv";
import { button, el } from "./el";
import { announce, entitle, view, type Context } from "./frame";
import { listing } from "./listing";
import { auditEvents, type AuditEvent, type AuditFilter } from "./operations";
import { settleAt, link } from "./route";
import { count } from "./time";
import { onRefused } from "./viewer";

const pageSize = 50;
const exported = 100; // events asked for at once
const exportLimit = 20_000; // events in one file

/** The page with the audit trail. */
export function auditPage({ query, left }: Context): void {
  const asked = new URLSearchParams(query);
  const list = listing<AuditEvent>(left, async (after, signal) =>
    (await send(auditEvents, { first: pageSize, filter: filterOf(asked), ...(after ? { after } : {}) }, "", signal)).auditEvents,
  (events) => auditTable(events, true));
  const filtered = (): void => {
    settleAt(link(["audit"], asked));
    list.load();
  };

  const download = button(say("admin.audit.export"), () => {
    download.disabled = true;
    announce(say("admin.audit.exporting"));
    collect(filterOf(asked), left).then((events) => {
      save("audit-trail.csv", `\ufeff${csvOf(events)}`, "text/csv;charset=utf-8");
      announce(say(events.length < exportLimit ? "admin.audit.exported" : "admin.audit.exported_part", { count: count(events.length) }));
    }).catch((reason: unknown) => {
      if (left.aborted) {
        return;
      }
      if (!(reason instanceof Refused)) {
        throw reason;
      }
      if (!onRefused(reason)) {
        announce(sayRefused(reason));
      }
    }).finally(() => {
      download.disabled = false;
    });
  });

  entitle(say("admin.audit.title"));
  view(el("div", { class: "toolbar" }, el("p", { class: "hint" }, say("admin.audit.hint")), download), filters(asked, filtered), list.element);
  list.load();
}

/** Returns all events that pass a filter, the newest first, up to a limit. */
async function collect(filter: AuditFilter, signal: AbortSignal): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  let after: string | null = null;
  do {
    const answer: { auditEvents: { nodes: readonly AuditEvent[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } | null } =
      await send(auditEvents, { first: exported, filter, ...(after ? { after } : {}) }, "", signal);
    events.push(...(answer.auditEvents?.nodes ?? []));
    after = answer.auditEvents?.pageInfo.hasNextPage ? answer.auditEvents.pageInfo.endCursor : null;
  } while (after && events.length < exportLimit);
  return events;
}

const names = { act: "act", user: "userId", ip: "ipAddress", since: "since", until: "until" } as const;

/** Returns the filter that the address asks for. An act may be written in words; days are those of the browser. */
function filterOf(query: URLSearchParams): AuditFilter {
  const filter: AuditFilter = {};
  const value = (name: keyof typeof names): string => query.get(name)?.trim() ?? "";
  const act = value("act").toLowerCase().replace(/[\s-]+/g, "_");
  if (act) {
    filter.act = [act];
  }
  if (value("user")) {
    filter.userId = value("user");
  }
  if (value("ip")) {
    filter.ipAddress = value("ip");
  }
  const since = new Date(`${value("since")}T00:00`);
  const until = new Date(`${value("until")}T00:00`);
  if (!Number.isNaN(since.getTime())) {
    filter.since = since.toISOString();
  }
  if (!Number.isNaN(until.getTime())) {
    until.setDate(until.getDate() + 1); // the whole of that day
    filter.until = until.toISOString();
  }
  return filter;
}

function filters(query: URLSearchParams, changed: () => void): HTMLElement {
  const labelled = (name: keyof typeof names, type: string): HTMLElement => {
    const input = el("input", { type, id: `audit-${name}`, autocomplete: "off", spellcheck: "false", maxlength: type === "date" ? undefined : 100 });
    input.value = query.get(name) ?? "";
    input.addEventListener("change", () => {
      if (input.value.trim()) {
        query.set(name, input.value.trim());
      } else {
        query.delete(name);
      }
      changed();
    });
    return el("div", { class: "filter" }, el("label", { for: input.id }, say(`admin.audit.filter.${name}`)), input);
  };
  return el("div", { class: "filters", role: "search" }, labelled("act", "search"), labelled("user", "search"), labelled("ip", "search"), labelled("since", "date"), labelled("until", "date"));
}
