import type { Fetcher, FetcherParams, FetcherOpts } from "@graphiql/toolkit";
import { Kind, parse } from "graphql";
import { post, Unreachable, type Answer, type Reply } from "./answer";
import { isAway, isThere } from "./connection";
import { documentOf } from "./documents";
import { explainOf, explanation, explainWanted } from "./explain";
import { apiKey } from "./key";
import { notice, noticeFor } from "./notice";
import { value } from "./value";

// Measured is what is told of the newest answer.
export interface Measured {
  status: number;
  milliseconds: number;
  bytes: number;
  document: string | null; // id of the registered document that was called
}

export const measured = value<Measured | null>(null);

export const introspectionName = "IntrospectionQuery";

interface Observer {
  next(answer: Answer): void;
  error(cause: unknown): void;
  complete(): void;
}

// fetcher runs operations for GraphiQL. It returns what can be cancelled: the server then ends the operation.
export const fetcher: Fetcher = (params, options) => ({
  subscribe(observer: Observer) {
    const { next, error, complete } = observer;
    const abort = new AbortController();
    run(params, options, abort.signal).then(
      (answer) => {
        next(answer);
        complete();
      },
      (cause: unknown) => error(abort.signal.aborted ? undefined : cause),
    );
    return { unsubscribe: () => abort.abort() };
  },
});

async function run(params: FetcherParams, options: FetcherOpts | undefined, signal: AbortSignal): Promise<Answer> {
  const introspects = params.operationName === introspectionName;
  const key = apiKey.get();
  const document = introspects ? undefined : documentOf(params.query);
  const headers = { ...(options?.headers as Record<string, string> | undefined) };
  if (explainWanted.get() && !introspects) headers["Corpintel-Explain"] = "1";
  try {
    const reply = await post({ body: bodyOf(params, document?.id), key, headers, signal });
    isThere();
    if (key === apiKey.get()) notice.set(noticeFor(reply, key !== "", Date.now()));
    if (introspects) return whatIsKnown(reply);
    measured.set({ status: reply.status, milliseconds: reply.milliseconds, bytes: reply.bytes, document: document?.id ?? null });
    const explain = explainOf(reply.answer);
    explanation.set(explain);
    return shown(reply, explain !== null);
  } catch (cause) {
    if (!(cause instanceof Unreachable)) throw cause;
    isAway();
    if (!introspects) measured.set(null);
    return { data: null, errors: [{ message: "The server cannot be reached. It is looked for; run the operation again when it is back." }] };
  }
}

// bodyOf returns the body of a request. A registered document is called by its id, as some clients must.
function bodyOf({ query, operationName, variables }: FetcherParams, id: string | undefined): Record<string, unknown> {
  const body: Record<string, unknown> = id ? { documentId: id } : { query };
  if (operationName && isIn(operationName, query)) body["operationName"] = operationName;
  if (variables && Object.keys(variables as object).length > 0) body["variables"] = variables;
  return body;
}

// isIn reports whether a document has an operation of that name, or is no document. GraphiQL finds out with some delay what is
// in its editor: until then it names an operation of the tab that was shown before.
function isIn(name: string, query: string): boolean {
  try {
    return parse(query, { noLocation: true }).definitions.some((d) => d.kind === Kind.OPERATION_DEFINITION && d.name?.value === name);
  } catch {
    return true; // the server says what is wrong with it
  }
}

// whatIsKnown returns the answer to an introspection. Without the member data GraphiQL would ask a second time.
function whatIsKnown({ answer }: Reply): Answer {
  return { data: null, ...answer };
}

// shown is what stands in the pane of the answer. What Explain tells has a panel of its own.
function shown({ answer, status }: Reply, explained: boolean): Answer {
  if (!answer) return { errors: [{ message: `The server answered with status ${status} and no GraphQL. What stands between it and this page?` }] };
  if (!explained) return answer;
  const { explain: _, ...extensions } = answer.extensions ?? {};
  const { extensions: __, ...rest } = answer;
  return Object.keys(extensions).length > 0 ? { ...rest, extensions } : rest;
}
