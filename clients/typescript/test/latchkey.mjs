// A real server for the tests, and what stands between it and a client. LATCHKEY_BINARY is the program.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";

export const password = "correct horse battery";
export const newEmail = () => `${randomUUID()}@example.com`;

/** Starts a server with these settings, and resolves to its URL. It ends with the tests of the file. */
export async function serve(settings = {}) {
  const binary = process.env.LATCHKEY_BINARY;
  assert.ok(binary, "LATCHKEY_BINARY names no program: go build -o latchkey . && LATCHKEY_BINARY=$PWD/latchkey npm test");
  const folder = mkdtempSync(join(tmpdir(), "latchkey-client-"));
  const server = spawn(binary, {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      LATCHKEY_ENV: "development",
      LATCHKEY_ADDR: "127.0.0.1:0",
      LATCHKEY_LOG_FORMAT: "json",
      LATCHKEY_DATA_DIR: folder,
      LATCHKEY_EMAIL_VERIFICATION: "none",
      LATCHKEY_RATE_LIMITS: "off",
      ...settings,
    },
  });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  after(async () => {
    server.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  for await (const line of createInterface({ input: server.stderr })) {
    const { msg, addr } = JSON.parse(line);
    if (msg !== "serving") continue;
    server.stderr.resume();
    return `http://${addr}`;
  }
  throw new Error("the server has ended");
}

/** A network between a client and the server: counts operations, makes access tokens expire, loses answers. */
export function network({ jar } = {}) {
  const expired = new Set();
  const counts = {};
  let last;
  const net = {
    lose: 0, // how many answers to refreshSession get lost
    down: false,
    hold: undefined, // what answers to refreshSession wait for
    counts,
    expire: () => expired.add(last),
    async fetch(input, init = {}) {
      if (net.down) throw new TypeError("no network");
      const headers = new Headers(init.headers);
      const { query } = JSON.parse(init.body);
      const name = /\{(\w+)/.exec(query)[1];
      counts[name] = (counts[name] ?? 0) + 1;
      const token = headers.get("Authorization");
      if (token && expired.has(token)) headers.set("Authorization", "Bearer eyJhbGciOiJFZERTQSJ9.e30.AAAA");
      else if (token) last = token;
      if (jar && init.credentials === "include" && jar.size) headers.set("Cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
      const response = await fetch(input, { ...init, headers });
      for (const line of jar ? response.headers.getSetCookie() : []) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
        if (value) jar.set(name, value);
        else jar.delete(name);
      }
      if (name === "refreshSession") await net.hold;
      if (name === "refreshSession" && net.lose > 0) {
        net.lose--;
        await response.arrayBuffer();
        throw new TypeError("the connection was lost");
      }
      return response;
    },
  };
  return net;
}

/** A storage that several clients see, as tabs see localStorage. */
export function sharedStorage() {
  let kept = null;
  return { shared: true, get: () => kept, set: (text) => void (kept = text), remove: () => void (kept = null) };
}

/** Resolves when a client has this status. */
export function status(client, wanted) {
  return new Promise((resolve) => {
    const stop = client.subscribe((state) => {
      if (state.status !== wanted) return;
      resolve(state);
      queueMicrotask(() => stop());
    });
  });
}

/** The code that an authenticator app shows (RFC 6238). */
export function totp(secret, seconds = Date.now() / 1000) {
  const bits = [...secret.replace(/=+$/, "")].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(seconds / 30)));
  const digest = createHmac("sha1", key).update(counter).digest();
  return String((digest.readUInt32BE(digest[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
