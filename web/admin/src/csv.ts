import type { AuditEvent } from "./operations";

const columns = ["at", "act", "outcome", "userId", "actor", "actorId", "sessionId", "ipAddress", "device", "reason", "id"] as const;

/**
 * Writes events as CSV (RFC 4180). A cell that a spreadsheet could take for a formula gets an apostrophe before it: reasons and
 * devices are what somebody else wrote (OWASP, CSV Injection).
 */
export function csvOf(events: readonly AuditEvent[]): string {
  return [columns.map(cell), ...events.map((event) => columns.map((column) => cell(event[column] ?? "")))].map((row) => `${row.join(",")}\r\n`).join("");
}

function cell(text: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return `"${safe.replace(/"/g, '""')}"`;
}
