import type { Reply } from "./answer";
import { value } from "./value";

// Notice tells the user what is wrong with more than one operation, and what to do about it.
export interface Notice {
  kind: "key" | "documents" | "limit" | "role" | "database" | "ticket";
  text: string;
  until?: number; // when it is over, in milliseconds since 1970
}

export const notice = value<Notice | null>(null);

// noticeFor returns what an answer means to the user beyond the answer itself; null when nothing.
export function noticeFor(reply: Reply, hasKey: boolean, now: number): Notice | null {
  const faults = reply.answer?.errors ?? [];
  for (const { message, extensions } of faults) {
    const wait = extensions?.retryAfter ?? reply.retryAfter;
    const found = forCode(extensions?.code ?? "", { message, hasKey, status: reply.status, traceId: extensions?.traceId });
    if (!found) continue;
    return wait && found.kind === "limit" ? { ...found, until: now + wait * 1000 } : found;
  }
  return null;
}

interface Circumstances {
  message: string;
  hasKey: boolean;
  status: number;
  traceId: string | undefined;
}

function forCode(code: string, { message, hasKey, status, traceId }: Circumstances): Notice | null {
  switch (code) {
    case "UNAUTHENTICATED":
      return hasKey
        ? { kind: "key", text: "The API key is not valid: it is unknown, expired or revoked. Enter another one, or remove it to ask without a key." }
        : { kind: "key", text: "This server answers only to those who have an API key. Enter yours." };
    case "RATE_LIMITED":
      return { kind: "limit", text: "The budget of this client is spent for now. Wait, or ask for less: smaller pages, fewer fields." };
    case "DOCUMENT_NOT_REGISTERED":
      return { kind: "documents", text: "This client may run registered documents only. Choose one of them, or enter another key." };
    case "DOCUMENT_RETIRED":
      return { kind: "documents", text: "This document was retired. Choose its successor among the registered documents." };
    case "FORBIDDEN":
      return status === 421 || status === 403 && !/introspection|schema/i.test(message)
        ? { kind: "role", text: `The server refused this: ${message}.` }
        : {
          kind: "role",
          text: "This client may not read the schema: there is no documentation and no completion. " +
            "Operations run all the same; a key with the role analyst shows more.",
        };
    case "UNAVAILABLE":
      return { kind: "database", text: "The database is away or busy. Try again in some seconds." };
    case "INTERNAL":
      return { kind: "ticket", text: `A fault of the server. Its operator finds the cause by the trace id ${traceId ?? "in the answer"}.` };
    default:
      return null;
  }
}
