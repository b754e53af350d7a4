// Answer is the body of an answer, as far as the explorer looks into it.
export interface Answer {
  data?: unknown;
  errors?: Fault[];
  extensions?: Record<string, unknown>;
}

export interface Fault {
  message: string;
  extensions?: { code?: string; retryAfter?: number; traceId?: string };
}

// Reply is an answer with what HTTP says of it.
export interface Reply {
  status: number;
  answer: Answer | null; // null when the body is no GraphQL answer
  bytes: number; // of the body, decompressed
  milliseconds: number; // until the whole body was there
  retryAfter: number | null; // seconds
}

// Unreachable is thrown when there is no server, or only a proxy that has none behind it.
export class Unreachable extends Error {
  override name = "Unreachable";
}

export interface Call {
  body: Record<string, unknown>;
  key: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

// post sends an operation. Errors: Unreachable; the browser's AbortError; TypeError for a header that cannot be sent.
export async function post({ body, key, headers = {}, signal }: Call): Promise<Reply> {
  const sent = new Headers({ "Content-Type": "application/json", Accept: "application/graphql-response+json, application/json;q=0.9" });
  if (key) sent.set("Authorization", `Bearer ${key}`);
  for (const [name, text] of Object.entries(headers)) sent.set(name, text);
  const start = performance.now();
  const init: RequestInit = { method: "POST", headers: sent, body: JSON.stringify(body), cache: "no-store", credentials: "omit" };
  if (signal) init.signal = signal;
  const { response, bytes } = await whole("/graphql", init);
  const answer = parse(bytes);
  if (!answer && [502, 503, 504].includes(response.status)) throw new Unreachable();
  return {
    status: response.status,
    answer,
    bytes: bytes.byteLength,
    milliseconds: performance.now() - start,
    retryAfter: Number(response.headers.get("Retry-After")) || null,
  };
}

// whole returns an answer when all of it is there.
async function whole(url: string, init: RequestInit): Promise<{ response: Response; bytes: ArrayBuffer }> {
  try {
    const response = await fetch(url, init);
    return { response, bytes: await response.arrayBuffer() };
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Unreachable();
  }
}

function parse(bytes: ArrayBuffer): Answer | null {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? (parsed as Answer) : null;
  } catch {
    return null;
  }
}
