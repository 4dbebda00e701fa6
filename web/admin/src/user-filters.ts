import { say } from "../../account/src/say";
import { el } from "./el";
import { roleName, roles } from "./names";
import type { Role, UserFilter } from "./operations";

const debounce = 200; // milliseconds between the last key and the search

/** What there is to choose from, by the names in the address. */
const orders = { newest: ["CREATED_AT", "DESC"], oldest: ["CREATED_AT", "ASC"], recent: ["LAST_LOGIN_AT", "DESC"], idle: ["LAST_LOGIN_AT", "ASC"], email: ["EMAIL", "ASC"] } as const;
const facts = { disabled: "disabled", verified: "verified", factor: "secondFactor" } as const;
type Order = keyof typeof orders;
type Fact = keyof typeof facts;

/** Returns the filter that the address asks for. */
export function filterOf(query: URLSearchParams): UserFilter {
  const filter: UserFilter = {};
  const search = query.get("search")?.trim();
  if (search) {
    filter.search = search;
  }
  const role = roles.find((role) => role === query.get("role"));
  if (role) {
    filter.role = [role];
  }
  for (const fact of Object.keys(facts) as Fact[]) {
    const value = query.get(fact);
    if (value === "yes" || value === "no") {
      filter[facts[fact]] = value === "yes";
    }
  }
  return filter;
}

/** Returns the order that the address asks for. */
export function orderOf(query: URLSearchParams): { field: string; direction: string } {
  const [field, direction] = orders[(query.get("order") ?? "") as Order] ?? orders.newest;
  return { field, direction };
}

/** Draws the search and the filters. What is chosen is written to query, and then changed is called. */
export function filterForm(query: URLSearchParams, changed: () => void): HTMLElement {
  let timer = 0;
  const set = (name: string, value: string): void => {
    clearTimeout(timer);
    if (value === "") {
      query.delete(name);
    } else {
      query.set(name, value);
    }
    changed();
  };

  const search = el("input", {
    type: "search", id: "search", autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: 254,
    placeholder: say("admin.search.hint"), "aria-label": say("admin.search.label"), "aria-keyshortcuts": "/",
  });
  search.value = query.get("search") ?? "";
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => set("search", search.value), debounce);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      set("search", search.value);
    }
  });

  const choice = (name: string, label: string, options: readonly (readonly [string, string])[]): HTMLElement => {
    const select = el("select", { id: `filter-${name}`, "aria-label": label });
    select.append(...options.map(([value, text]) => new Option(text, value)));
    select.value = options.some(([value]) => value === query.get(name)) ? (query.get(name) ?? "") : "";
    select.classList.toggle("chosen", select.value !== "" && name !== "order");
    select.addEventListener("change", () => {
      select.classList.toggle("chosen", select.value !== "" && name !== "order");
      set(name, select.value);
    });
    return select;
  };
  return el("div", { class: "filters", role: "search" }, search,
    choice("role", say("admin.filter.role"), [["", say("admin.filter.role")], ...roles.map((role: Role) => [role, roleName(role)] as const)]),
    choice("disabled", say("admin.filter.disabled"), [["", say("admin.filter.disabled")], ["no", say("admin.filter.disabled.no")], ["yes", say("admin.filter.disabled.yes")]]),
    choice("verified", say("admin.filter.verified"), [["", say("admin.filter.verified")], ["yes", say("admin.filter.verified.yes")], ["no", say("admin.filter.verified.no")]]),
    choice("factor", say("admin.filter.factor"), [["", say("admin.filter.factor")], ["yes", say("admin.filter.factor.yes")], ["no", say("admin.filter.factor.no")]]),
    choice("order", say("admin.order"), [["", say("admin.order.newest")], ["oldest", say("admin.order.oldest")], ["recent", say("admin.order.recent")], ["idle", say("admin.order.idle")], ["email", say("admin.order.email")]]));
}
