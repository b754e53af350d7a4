// Refused is thrown when the server does not answer this page; its message says what to do.
export class Refused extends Error {
  override name = "Refused";
}

interface Answer<T> {
  data?: T | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

// ask runs an operation. Errors: Refused; anything else is a server that is away or cannot answer now.
export async function ask<T>(query: string): Promise<T> {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ query }),
    credentials: "omit",
    signal: AbortSignal.timeout(20_000),
  });
  const answer = await response.json() as Answer<T>;
  const [fault] = answer.errors ?? [];
  if (!fault && answer.data) return answer.data;
  switch (fault?.extensions?.code) {
    case "UNAUTHENTICATED":
      throw new Refused("This server answers only to those who have an API key. The explorer asks for yours.");
    case "DOCUMENT_NOT_REGISTERED":
    case "FORBIDDEN":
      throw new Refused("This server answers only what its clients have registered. With an API key the explorer shows more.");
    case "RATE_LIMITED":
      throw new Refused("There were too many requests. Load this page again in a minute.");
    case "UNAVAILABLE":
    case "TIMEOUT":
    case "INTERNAL":
    case undefined:
      throw new Error(fault?.message ?? `status ${response.status}`);
    default:
      throw new Refused(`The server refused this page: ${fault?.message ?? ""}`);
  }
}
