import { value } from "./value";

// How the server is: "away" from the first request that finds none until the first one that does.
export type Connection = "there" | "away" | "back";

export const connection = value<Connection>("there");

const heartbeat = 10_000; // while it is there
const soonest = 500; // the first attempt after it was found away, doubled after each
const latest = 8_000;
const backFor = 4_000; // how long its return is mentioned

let timer: ReturnType<typeof setTimeout> | undefined;
let pause = soonest;

// isAway notes that a request found no server, and begins to look for it.
export function isAway(): void {
  if (connection.get() === "away") return;
  connection.set("away");
  pause = soonest;
  next(pause);
}

// isThere notes that a request was answered.
export function isThere(): void {
  if (connection.get() !== "away") return;
  connection.set("back");
  setTimeout(() => {
    if (connection.get() === "back") connection.set("there");
  }, backFor);
}

// watch looks from time to time whether the server is there, also when nobody asks anything.
export function watch(): void {
  next(heartbeat);
  window.addEventListener("online", () => void look());
  window.addEventListener("offline", isAway);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void look();
  });
}

function next(wait: number): void {
  clearTimeout(timer);
  timer = setTimeout(() => void look(), wait);
}

// look asks for the page itself: that takes no key, no budget and no database.
async function look(): Promise<void> {
  if (document.hidden && connection.get() !== "away") return next(heartbeat);
  const there = await answers();
  if (!there) {
    if (connection.get() !== "away") return isAway();
    pause = Math.min(pause * 2, latest);
    return next(pause);
  }
  isThere();
  next(heartbeat);
}

async function answers(): Promise<boolean> {
  try {
    const response = await fetch(location.pathname, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(5_000) });
    return response.ok;
  } catch {
    return false;
  }
}
