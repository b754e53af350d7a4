// The explorer against the real server with demo data.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { enterKey, notice, open, panel, refuse, run, write } from "./explorer.mjs";
import { Running } from "./running.mjs";

const refused = /Failed to load resource: the server responded with a status of (400|401|403|410|429|503)/;
const away = /net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|SOCKET_NOT_CONNECTED)/;

describe("explorer", { timeout: 300_000 }, () => {
  const running = new Running();
  const { server } = running;
  const visit = (use, { path, ...options } = {}) => running.visit((page) => open(page, server.base, path), use, options);

  test("every example has an answer", () => visit(async (page) => {
    const tabs = page.locator(".graphiql-tab-button");
    assert.deepEqual(await tabs.allTextContents(), ["Greatest", "Company", "ThroughTime", "AsKnownOn", "AnnualReports"]);
    for (let i = 0; i < 5; i++) {
      await tabs.nth(i).click();
      const { data, errors } = await run(page);
      assert.equal(errors, undefined);
      const [first] = Object.values(data);
      assert.ok(first, `tab ${i} has an answer`);
      assert.ok(!JSON.stringify(first).includes("TICKER"));
    }
    assert.match(await page.locator(".measure").textContent(), /^Status 200 · [\d.]+ ms · [\d.]+ (bytes|kB)$/);
  }));

  test("the documentation of our schema opens, and is found in", () => visit(async (page) => {
    const docs = await panel(page, "Documentation Explorer");
    await docs.getByText("Query", { exact: true }).first().click();
    await docs.getByText("searchCompanies").first().waitFor();
    await docs.getByText("Questions that can be asked.").first().waitFor();
    await docs.locator(".graphiql-doc-explorer-search").click();
    await page.keyboard.type("marketCap");
    await page.getByRole("option").filter({ hasText: /^Company\.marketCap/ }).click();
    await docs.getByText("Market capitalisation in USD").first().waitFor();
  }));

  test("what was run is in the history, and the key is not kept", () => visit(async (page, { context }) => {
    const secret = "ci_test_1234567890";
    await page.route("**/graphql/documents", (route) => route.fulfill({ json: { client: "", documents: [], more: 0 } }));
    let sent = "";
    await page.route("**/graphql", (route) => {
      sent = route.request().headers()["authorization"] ?? "";
      return route.continue({ headers: { ...route.request().headers(), authorization: "" } });
    });
    await enterKey(page, secret);
    await write(page, "query InHistory { companies(first: 1) { totalCount } }");
    await page.locator(".graphiql-tab-active").filter({ hasText: "InHistory" }).waitFor();
    await run(page);
    assert.equal(sent, `Bearer ${secret}`);
    const history = await panel(page, "History");
    await history.getByText("InHistory").first().waitFor();
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }) + document.cookie);
    assert.ok(!kept.includes(secret), "the key is in localStorage or in a cookie");
    assert.ok(kept.includes("InHistory"));
    assert.ok((await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).includes(secret));
    const other = await context.newPage();
    await other.goto(server.base + "/graphiql");
    await other.getByRole("button", { name: "API key", exact: true }).waitFor(); // it is not set there
  }));

  test("a wrong key says what to do, in the middle of a session too", () => visit(async (page) => {
    assert.ok((await run(page)).data);
    await page.route("**/graphql/documents", (route) => route.fulfill({ status: 401, json: {} }));
    const expired = (request) => request.headers()["authorization"] === "Bearer expired";
    await refuse(page, 401, { code: "UNAUTHENTICATED" }, expired);
    await enterKey(page, "expired");
    await notice(page, /key is not valid: it is unknown, expired or revoked\. Enter another one/);
    assert.equal((await run(page)).errors[0].extensions.code, "UNAUTHENTICATED");
    await page.getByLabel("API key", { exact: true }).waitFor(); // it is asked for
    await page.getByRole("button", { name: "Remove" }).click();
    await page.locator(".notices .notice").waitFor({ state: "detached" });
    assert.ok((await run(page)).data);
  }, { expected: refused }));

  test("a key that cannot be sent is not", () => visit(async (page) => {
    await enterKey(page, "käse key");
    await page.getByRole("alert").filter({ hasText: "without spaces" }).waitFor();
  }));

  for (const [name, status, extensions, pattern] of [
    ["a key is demanded", 401, { code: "UNAUTHENTICATED" }, /answers only to those who have an API key/],
    ["the budget is spent", 429, { code: "RATE_LIMITED", retryAfter: 30 }, /Try again in (30|29) s\./],
    ["registered documents only", 403, { code: "DOCUMENT_NOT_REGISTERED" }, /registered documents only\. Choose one of them/],
    ["no introspection for the role", 403, { code: "FORBIDDEN" }, /refused this|may not read the schema/],
    ["the database is away", 503, { code: "UNAVAILABLE", retryAfter: 2 }, /database is away or busy/],
  ]) {
    test(`${name}: a sentence says what to do`, () => visit(async (page) => {
      await notice(page, pattern);
      const { errors } = await run(page);
      assert.equal(errors[0].extensions.code, extensions.code);
    }, { expected: refused, prepare: (page) => refuse(page, status, extensions) }));
  }

  test("registered documents are listed, loaded and called by their id", () => visit(async (page) => {
    const text = "query Registered { companies(first: 1) { totalCount } }";
    await page.route("**/graphql/documents", (route) => route.fulfill({
      json: {
        client: "acme", more: 0, documents: [
          { id: "registered-1", operations: ["Registered"], state: "active", retireOn: null, text },
          { id: "old-1", operations: ["Old"], state: "revoked", retireOn: null, text: "query Old { companies { totalCount } }" },
        ],
      },
    }));
    let body;
    await page.route("**/graphql", (route) => {
      body = route.request().postDataJSON();
      const headers = { ...route.request().headers(), authorization: "" };
      return route.continue(body.documentId ? { headers, postData: JSON.stringify({ query: text }) } : { headers });
    });
    assert.equal(await page.getByRole("button", { name: "Show Registered documents" }).count(), 0);
    await enterKey(page, "acme_key");
    const documents = await panel(page, "Registered documents");
    await documents.getByText("acme").waitFor();
    assert.ok(await documents.getByRole("button", { name: "Old" }).isDisabled());
    await documents.getByRole("button", { name: "Registered", exact: true }).click();
    await page.locator(".graphiql-tab-active").filter({ hasText: "Registered" }).waitFor();
    assert.ok((await run(page)).data.companies.totalCount > 0);
    assert.equal(body.documentId, "registered-1");
    assert.equal(body.query, undefined);
    await page.getByRole("button", { name: "API key is set" }).click();
    await page.getByRole("button", { name: "Remove" }).click();
    await page.getByRole("button", { name: /(Show|Hide) Registered documents/ }).waitFor({ state: "detached" });
  }));

  test("Explain draws loaders and statements", () => visit(async (page) => {
    await write(page, `{ companies(first: 5) { nodes {
      name filings(first: 2) { nodes { form } } metrics(names: ["price:close", "us-gaap:Assets"]) { name value }
    } } }`);
    const plain = await run(page);
    assert.ok(plain.data);
    assert.equal(await page.getByRole("button", { name: /Explain/ }).count(), 0);
    await page.getByRole("switch", { name: "Explain" }).check();
    assert.deepEqual(await run(page), plain, "what the panel shows is not in the answer too");
    const drawn = page.getByRole("region", { name: "Explain" });
    await drawn.getByText("Filings: 5 keys → 10 rows, by FilingsOfCompanies (2)").waitFor();
    await drawn.getByText(/^Latest: 10 keys → 10 rows, (10 from memory|by LatestNumbers \(3\))$/).waitFor();
    for (const text of [/^CompaniesPageBy\w+ \(1\): 6 rows$/, /^2\. FilingsOfCompanies$/, /^\d+ of \d+ estimated$/, /^nodes$/, /^[\d.]+ ms$/, /^15 rows, round trip 2$/]) {
      await drawn.getByText(text).first().waitFor();
    }
    assert.equal(await drawn.getByText(/^(Text|Plan)$/).count(), 0, "analysts see no statements");
    await page.getByRole("switch", { name: "Explain" }).uncheck();
    await run(page);
    await drawn.waitFor({ state: "detached" });
  }));

  test("Explain draws text and plan for those who may see them, and whatever they say", () => visit(async (page) => {
    await page.route("**/graphql", (route) => {
      if (!route.request().headers()["corpintel-explain"]) return route.fallback();
      return route.fulfill({ json: { data: { companies: { totalCount: 3 } }, extensions: { explain: explained } } });
    });
    await page.getByRole("switch", { name: "Explain" }).check();
    await run(page);
    const drawn = page.getByRole("region", { name: "Explain" });
    await drawn.getByText("Filings: 20 keys → 100 rows, 5 from memory, not looked ahead for, by FilingsOfCompanies (2)").waitFor();
    await drawn.getByText("failed, round trip 2").waitFor();
    assert.equal(await drawn.getByText("Index Scan using").isVisible(), false, "plans are folded");
    await drawn.getByText("Plan", { exact: true }).click();
    await drawn.getByText("Index Scan using companies_market_cap").waitFor();
    await drawn.getByText("Text", { exact: true }).click();
    await drawn.getByText("<img src=x onerror=alert(1)>").first().waitFor();
    assert.equal(await drawn.locator("img").count(), 0);
  }));

  test("without the role, Explain says that", () => visit(async (page) => {
    await page.route("**/graphql", (route) => {
      const headers = { ...route.request().headers() };
      delete headers["corpintel-explain"];
      return route.continue({ headers });
    });
    await page.getByRole("switch", { name: "Explain" }).check();
    await run(page);
    await page.locator(".measure").filter({ hasText: "not explained" }).waitFor();
  }));

  test("the server goes away and comes back", () => visit(async (page) => {
    assert.ok((await run(page)).data);
    await server.stop();
    const { errors } = await run(page);
    assert.match(errors[0].message, /cannot be reached/);
    await notice(page, /server cannot be reached/);
    await page.locator(".connection.away").filter({ hasText: "No server" }).waitFor();
    await server.start();
    await notice(page, /server is back/);
    assert.ok((await run(page)).data);
    await page.locator(".notices .notice").waitFor({ state: "detached" });
  }, { expected: away }));

  test("a page that was opened without the schema gets it when the server is back", () => visit(async (page) => {
    await page.unrouteAll();
    await notice(page, /server is back/);
    const docs = await panel(page, "Documentation Explorer");
    await docs.getByText("Query", { exact: true }).first().waitFor();
    await page.locator(".graphiql-tab-button").nth(1).click();
    assert.ok((await run(page)).data.company);
  }, { expected: /net::ERR_FAILED/, prepare: (page) => page.route("**/graphql", (route) => route.abort()) }));

  test("a proxy without a server behind it counts as no server", () => visit(async (page) => {
    await page.route("**/graphql", (route) => route.fulfill({ status: 502, contentType: "text/html", body: "<h1>Bad Gateway</h1>" }));
    await run(page);
    await notice(page, /server (cannot be reached|is back)/);
  }, { expected: /status of 502/ }));

  test("markup in a name is shown, not executed", () => visit(async (page) => {
    const markup = `<img src=x onerror="window.executed=1"><script>window.executed=1</script>`;
    await page.route("**/graphql", (route) => route.fulfill({ json: { data: { company: { name: markup } } } }));
    assert.equal((await run(page)).data.company.name, markup);
    await page.getByText("onerror").first().waitFor();
    await page.getByText("onerror").first().hover();
    assert.equal(await page.evaluate(() => window.executed), undefined);
  }));

  test("an answer of 5 MB leaves the page responsive", () => visit(async (page) => {
    const points = Array.from({ length: 100_000 }, (_, i) => ({ date: "2024-01-01", value: i + 0.25, note: "x".repeat(8) }));
    const body = JSON.stringify({ data: { company: { series: { points } } } });
    assert.ok(body.length > 5_000_000, `${body.length} bytes`);
    await page.route("**/graphql", (route) => route.fulfill({ contentType: "application/json", body }));
    await page.evaluate(() => {
      window.longest = 0;
      let last = performance.now();
      const tick = () => {
        const now = performance.now();
        window.longest = Math.max(window.longest, now - last);
        last = now;
        requestAnimationFrame(tick);
      };
      requestAnimationFrame(tick);
    });
    await page.locator(".graphiql-execute-button").click();
    await page.locator(".measure").filter({ hasText: "MB" }).waitFor();
    const answer = page.locator(".graphiql-response .CodeMirror");
    const shape = () => answer.evaluate((element) => ({
      lines: element.CodeMirror.lineCount(),
      drawn: element.querySelectorAll(".CodeMirror-line").length,
      folds: Boolean(element.CodeMirror.getOption("foldGutter")),
    }));
    // What makes it slow is told without a clock: lines that are drawn out of view, and folding, which reads all lines.
    const wantLight = async () => {
      const { lines, drawn, folds } = await shape();
      assert.ok(lines > 4 * points.length && drawn < 500 && !folds, `${lines} lines, ${drawn} drawn, folding ${folds}`);
    };
    await wantLight();
    await page.locator(".graphiql-tab-button").nth(1).click();
    await page.locator(".graphiql-tab-active").filter({ hasText: "Company" }).waitFor();
    assert.equal((await shape()).folds, true);
    await page.locator(".graphiql-tab-button").nth(0).click();
    await page.locator(".graphiql-tab-active").filter({ hasText: "Greatest" }).waitFor();
    await wantLight();
    console.log(`5 MB: the page stood still for at most ${Math.round(await page.evaluate(() => window.longest))} ms`);
  }));

  test("a link brings its operation", () => visit(async (page) => {
    await page.locator(".graphiql-tab-active").filter({ hasText: "Linked" }).waitFor();
    assert.equal((await run(page)).data.company.name !== undefined, true);
    assert.equal(new URL(page.url()).hash, "");
  }, {
    path: `/graphiql#${new URLSearchParams({
      query: "query Linked($ticker: String!) { company(ticker: $ticker) { name } }", variables: '{"ticker": "GBFP"}',
    })}`,
  }));

  test("invalid operations and variables are told", () => visit(async (page) => {
    await write(page, "{ nonsense }");
    assert.equal((await run(page)).errors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
  }, { expected: refused }));
});

const explained = {
  durationMs: 12.34,
  waitedMs: 3,
  cost: { estimate: 120, actual: 80 },
  roundTrips: 2,
  statements: [
    {
      name: "CompaniesPage", rows: 20, durationMs: 0.4, roundTrip: 0, failed: false,
      text: "select '<img src=x onerror=alert(1)>' from companies",
      plan: "Limit\n  ->  Index Scan using companies_market_cap on companies",
    },
    { name: "FilingsOfCompanies", rows: 100, durationMs: 2.1, roundTrip: 1, failed: true, text: null, plan: null },
  ],
  fields: [{
    path: ["companies"], durationMs: 4,
    loaders: [{ name: "CompaniesPage", keys: 1, rows: 20, cacheHits: 0, unprimed: false, statements: [0] }],
    children: [{
      path: ["companies", "nodes"], durationMs: 3, loaders: [],
      children: [{
        path: ["companies", "nodes", "filings"], durationMs: 2.5,
        loaders: [{ name: "Filings", keys: 20, rows: 100, cacheHits: 5, unprimed: true, statements: [1] }], children: [],
      }],
    }],
  }],
};
