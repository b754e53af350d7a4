// What the tests share: a browser, and pages that notice what they must not do.
import { chromium } from "playwright-core";

// launch starts the browser of the machine, with further arguments; CHROMIUM names another browser.
export function launch(...more) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync",
      ...more,
    ],
  });
}

// watched returns a page of a browser context of its own, and what went wrong in it: messages of the console, errors that nobody
// caught, what the page's policy refused, and requests to another origin than base.
export async function watched(browser, base, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  const external = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`${message.type()}: ${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => complaints.push(`not caught: ${error.stack}`));
  context.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== base && !["data:", "blob:"].includes(protocol)) external.push(request.url());
  });
  page.on("websocket", (socket) => external.push(socket.url()));
  return { context, page, complaints, external };
}
