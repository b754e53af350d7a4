import { apiKey } from "./key";
import { value } from "./value";

// RegisteredDocument is a document that the caller's client has registered.
export interface RegisteredDocument {
  id: string;
  operations: string[];
  state: string;
  retireOn: string | null;
  text: string;
}

export interface Registered {
  client: string;
  documents: RegisteredDocument[];
}

// registered is what the caller's client has; without documents for callers that are no client.
export const registered = value<Registered>({ client: "", documents: [] });

const none: Registered = { client: "", documents: [] };

// loadDocuments asks what is registered. Without an answer there is nothing: what is wrong with the key, the introspection
// tells.
export async function loadDocuments(): Promise<void> {
  const key = apiKey.get();
  const found = await request(key);
  if (key === apiKey.get()) registered.set(found);
}

async function request(key: string): Promise<Registered> {
  if (!key) return none;
  try {
    const response = await fetch("/graphql/documents", {
      headers: { Authorization: `Bearer ${key}` }, cache: "no-store", credentials: "omit",
    });
    if (!response.ok) return none;
    const body = await response.json() as Partial<Registered>;
    return { client: body.client ?? "", documents: Array.isArray(body.documents) ? body.documents : [] };
  } catch {
    return none;
  }
}

// documentOf returns the document that is executed and has that text; undefined when none has.
export function documentOf(text: string): RegisteredDocument | undefined {
  const wanted = plain(text);
  return registered.get().documents.find((d) => isExecuted(d) && plain(d.text) === wanted);
}

// isExecuted reports whether a document is not retired or revoked yet.
export function isExecuted(d: RegisteredDocument): boolean {
  return d.state === "active" || d.state === "retiring";
}

// plain is a text as an editor returns it.
function plain(text: string): string {
  return text.replace(/\r\n?/g, "\n").trim();
}
