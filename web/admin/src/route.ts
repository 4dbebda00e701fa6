/** Where one is within the pages: what follows #/ in the address. The server never sees it. */
export interface Place {
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

/** Returns the place of the address. */
export function here(): Place {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

/** Returns a link to a place. */
export function link(path: readonly string[], query?: URLSearchParams): string {
  const asked = query?.toString();
  return `#/${path.map(encodeURIComponent).join("/")}${asked ? `?${asked}` : ""}`;
}

/** Goes to a place. */
export function go(address: string): void {
  location.hash = address;
}

/** Says that the address is another one now, without going there or adding to the history. */
export function settleAt(address: string): void {
  history.replaceState(null, "", address);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
