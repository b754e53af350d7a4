// What holds for both pages: accessibility, and what they ask of whom.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { watched } from "./browser.mjs";
import { open, panel, run, wantClean } from "./explorer.mjs";
import { Running } from "./running.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

describe("pages", { timeout: 300_000 }, () => {
  const running = new Running();
  const { server } = running;

  // faults are what axe-core finds that is serious or worse. An editor's scroller has no focus of its own: the keyboard moves
  // it through the editor's input, which lies beside it.
  async function faults(page) {
    await page.evaluate(axe); // by the debugger, which the page's policy does not concern
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    return violations.filter(({ impact }) => ["serious", "critical"].includes(impact))
      .map(({ id, nodes }) => ({ id, nodes: nodes.filter(({ html }) => !html.startsWith('<div class="CodeMirror-scroll"')) }))
      .filter(({ nodes }) => nodes.length > 0)
      .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
  }

  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1280, 360]) {
      test(`axe-core finds nothing serious, ${colorScheme}, ${width} px`, async () => {
        const visited = await watched(running.browser, server.base, { colorScheme, viewport: { width, height: 800 } });
        const { page, context } = visited;
        page.setDefaultTimeout(20_000);
        const found = {};
        await page.goto(server.base + "/");
        await page.locator("#chart canvas").waitFor();
        found.landing = await faults(page);
        await open(page, server.base);
        await run(page);
        found.explorer = await faults(page);
        for (const title of ["Documentation Explorer", "History", "Examples"]) {
          await panel(page, title);
          found[title] = await faults(page);
        }
        await page.getByRole("button", { name: "API key" }).click();
        found.key = await faults(page);
        assert.deepEqual(found, Object.fromEntries(Object.keys(found).map((name) => [name, []])));
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "wider than the window");
        wantClean(visited);
        await context.close();
      });
    }
  }

  test("assets are kept for ever, pages are not, and the policy is strict", async () => {
    const visited = await watched(running.browser, server.base);
    const { page, context } = visited;
    const answers = new Map();
    page.on("response", (response) => answers.set(new URL(response.url()).pathname, response.headers()));
    await open(page, server.base);
    await page.goto(server.base + "/");
    await page.locator("#chart canvas").waitFor();
    const assets = [...answers].filter(([path]) => path.startsWith("/assets/"));
    assert.ok(assets.length >= 6, `${assets.length} assets`);
    for (const [path, headers] of assets) {
      assert.equal(headers["cache-control"], "public, max-age=31536000, immutable", path);
      assert.match(path, /-[\w-]{8}\.(js|css|svg)$/);
    }
    for (const path of ["/", "/graphiql"]) {
      assert.equal(answers.get(path)["cache-control"], "no-cache");
      assert.match(answers.get(path)["content-security-policy"], /^default-src 'none';/);
      assert.doesNotMatch(answers.get(path)["content-security-policy"], /unsafe|\*|https?:/);
    }
    // The policy holds: what is not from here is not even asked for.
    const blocked = await page.evaluate(() => fetch("http://192.0.2.1/").then(() => "answered", () => "blocked"));
    assert.equal(blocked, "blocked");
    wantClean(visited, /violates the following (directive|Content Security Policy)|Content Security Policy/);
    await context.close();
  });
});
