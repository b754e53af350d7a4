// The server that is asked, and the program with which its operator makes clients and publishes documents.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

export const url = process.env.GRAPHQL_URL;

if (!url || !process.env.PROGRAM) {
  throw new Error("GRAPHQL_URL and PROGRAM name no server: run make test-clients");
}

// patience is how many milliseconds a test waits for what must happen, on a busy machine.
export const patience = 60_000;

// corpintel runs a command of the program and returns what it writes.
export async function corpintel(...args) {
  const { stdout } = await promisify(execFile)(process.env.PROGRAM, args);
  return stdout.trim();
}

// create makes a client and returns its key.
export const create = (name, role, ...more) => corpintel("client", "create", `--name=${name}`, `--role=${role}`, ...more);

// publish registers the documents of a file.
export const publish = (name, file) => corpintel("documents", "publish", `--client=${name}`, file);

// publishTexts registers texts under their SHA-256, as build tools write them: {"id": "text"}. It returns the ids.
export async function publishTexts(name, texts) {
  const folder = mkdtempSync(join(tmpdir(), "documents-"));
  try {
    const file = join(folder, "documents.json");
    writeFileSync(file, JSON.stringify(Object.fromEntries(texts.map((text) => [sha256(text), text]))));
    await publish(name, file);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return texts.map(sha256);
}

export const sha256 = (text) => createHash("sha256").update(text).digest("hex");

// known waits until the server knows a key, and so all that were made before. It asks seldom: too many wrong keys are refused.
export async function known(key) {
  const headers = { "x-api-key": key, "content-type": "application/json" };
  for (const end = Date.now() + patience; ; await pause(250)) {
    const response = await fetch(url, { method: "POST", headers, body: "{}" });
    await response.body?.cancel();
    if (response.status !== 401) return;
    if (Date.now() > end) throw new Error("the server does not get to know a key");
  }
}

// Wire is a fetch that notes what is sent.
export class Wire {
  requests = [];

  fetch = async (input, init = {}) => {
    const response = await fetch(input, init);
    this.requests.push({
      method: init.method ?? "GET", url: String(input), body: init.body ?? "", status: response.status,
      bytes: String(input).length - url.length + Buffer.byteLength(init.body ?? ""),
      type: response.headers.get("content-type"),
    });
    return response;
  };
}
