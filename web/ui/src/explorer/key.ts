import { value } from "./value";

// The API key lives as long as the browser's tab: it is in sessionStorage and nowhere else, not among GraphiQL's headers
// or in its history, which are kept for longer.
const place = "corpintel:key";

function stored(): string {
  try {
    return sessionStorage.getItem(place) ?? "";
  } catch {
    return ""; // storage is off: the key is kept until the page is left
  }
}

// apiKey is what the user gave; empty for none.
export const apiKey = value(stored());

export function setKey(key: string): void {
  try {
    if (key) sessionStorage.setItem(place, key);
    else sessionStorage.removeItem(place);
  } catch {
    // as above
  }
  apiKey.set(key);
}

// isSendable reports whether a key can stand in a header at all. Which ones are valid, the server knows.
export function isSendable(key: string): boolean {
  return /^[\x21-\x7e]+$/.test(key);
}
