/** What tabs of one origin do together. */
export interface Tabs {
  /** Runs `act` in one tab at a time. */
  exclusively<T>(act: () => Promise<T>): Promise<T>;
  /** Tells the other tabs that the session is another one, or that the user has changed. */
  tell(): void;
  close(): void;
}

// A tab that was put to sleep with the lock in hand does not hold up the others for longer. They go on without it: for
// 30 seconds the server gives the same successor of a refresh token to all of them.
const patience = 12_000; // milliseconds

/** Connects this tab with the others that use `name`; `heard` runs when one of them tells something. */
export function connectTabs(name: string, heard: () => void): Tabs {
  const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(name);
  if (channel) {
    channel.onmessage = heard;
    (channel as { unref?: () => void }).unref?.(); // Node ends in spite of it
  }
  return {
    async exclusively(act) {
      // Not everywhere: only https and localhost have it in browsers, and Node from 24 on.
      const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
      if (!locks) return act();
      let begun = false;
      const run = () => {
        begun = true;
        return act();
      };
      try {
        return await locks.request(name, { signal: AbortSignal.timeout(patience) }, run);
      } catch (error) {
        if (begun) throw error;
        return act();
      }
    },
    tell: () => channel?.postMessage(null),
    close: () => channel?.close(),
  };
}

/** For a client whose session no other tab has. */
export const alone: Tabs = { exclusively: (act) => act(), tell() {}, close() {} };
