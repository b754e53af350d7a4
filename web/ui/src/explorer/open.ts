import type { Example } from "./examples";
import { value } from "./value";

// open is an operation that is to be opened in a tab of its own; null when it was.
export const open = value<Example | null>(null);

// operationInURL returns the operation of a link to the explorer, #query=…&variables=…, and removes it from the URL, so that a
// reload opens no second tab. It stands behind # so that no server and no log sees it.
export function operationInURL(): Example | null {
  const given = new URLSearchParams(location.hash.slice(1));
  const query = given.get("query");
  if (!query) return null;
  history.replaceState(null, "", location.pathname + location.search);
  const variables = given.get("variables");
  return variables ? { query, variables } : { query };
}
