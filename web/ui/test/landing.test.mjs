// The landing page against the real server with demo data.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { launch } from "./browser.mjs";
import { Running } from "./running.mjs";

describe("landing page", { timeout: 300_000 }, () => {
  const running = new Running();
  const { server } = running;
  const visit = (use, options) => running.visit((page) => page.goto(server.base + "/"), use, options);

  // painted counts the pixels of the chart that are not empty.
  const painted = (page) => page.locator("#chart canvas").evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let n = 0;
    for (let i = 3; i < data.length; i += 4) if (data[i] > 0) n++;
    return n;
  });

  test("the data in use and the chart of a company are there", () => visit(async (page) => {
    await page.locator('[data-fact="companies"]').filter({ hasText: /^500$/ }).waitFor();
    for (const fact of ["filings", "values"]) assert.match(await page.locator(`[data-fact="${fact}"]`).textContent(), /^[\d,]{5,}$/);
    for (const fact of ["newestFiling", "newestPrice"]) assert.match(await page.locator(`[data-fact="${fact}"]`).textContent(), /^\d{4}-\d\d-\d\d$/);
    await page.locator("#chart canvas").waitFor();
    assert.equal(await page.locator("#chart canvas").count(), 1);
    assert.ok(await painted(page) > 5_000, "the chart is empty");
    assert.match(await page.locator("#chart-says").textContent(), /Close of \w+, in USD: [\d,]+ values from/);
    assert.ok((await page.locator("#curl").textContent()).includes(`${server.base}/graphql`));
  }));

  test("its links lead somewhere", () => visit(async (page) => {
    await page.locator("#chart canvas").waitFor();
    await page.getByRole("link", { name: "The query behind this" }).click();
    await page.locator(".graphiql-tab-active").filter({ hasText: "GreatestCompany" }).waitFor();
    await page.getByRole("link", { name: "corpintel" }).click();
    await page.getByRole("link", { name: "Open the explorer" }).click();
    await page.locator(".graphiql-query-editor .CodeMirror").waitFor();
    const licences = await page.request.get(server.base + "/licences.txt");
    assert.match(await licences.text(), /^graphiql 4\.1\.2 \(MIT\)$/m);
  }));

  test("the chart follows the width of the window and the colours of the system", () => visit(async (page) => {
    await page.locator("#chart canvas").waitFor();
    const width = () => page.locator("#chart .uplot").evaluate((element) => element.getBoundingClientRect().width);
    const wide = await width();
    await page.setViewportSize({ width: 360, height: 740 });
    await page.waitForFunction((before) => document.querySelector("#chart .uplot").getBoundingClientRect().width < before / 2, wide);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page is wider than the phone");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.locator("#chart canvas").waitFor();
    assert.equal(await page.locator("#chart canvas").count(), 1);
  }));

  test("markup in a company's name is shown, not executed", () => visit(async (page) => {
    await page.getByRole("heading", { name: "<img src=x" }).waitFor();
    assert.equal(await page.evaluate(() => window.executed), undefined);
  }, {
    prepare: (page) => page.route("**/graphql", async (route) => {
      const response = await route.fetch();
      const text = await response.text();
      const named = text.replace(/"nodes":\[\{"name":"[^"]*"/, () => `"nodes":[{"name":"<img src=x onerror='window.executed=1'>"`);
      return route.fulfill({ response, body: named });
    }),
  }));

  test("without prices it draws what there is", () => visit(async (page) => {
    await page.locator("#chart-says").filter({ hasText: "Total assets" }).waitFor();
    assert.ok(await painted(page) > 1_000);
  }, {
    prepare: (page) => page.route("**/graphql", async (route) => {
      if (!route.request().postDataJSON().query.includes("GreatestCompany")) return route.fallback();
      return route.fulfill({ json: { data: { companies: { nodes: [{ name: "No prices", series: null }] } } } });
    }),
  }));

  test("a server that demands a key says so", () => visit(async (page) => {
    await page.getByRole("status").filter({ hasText: "only to those who have an API key" }).waitFor();
  }, {
    expected: /status of 401/,
    prepare: (page) => page.route("**/graphql", (route) => route.fulfill({
      status: 401, json: { errors: [{ message: "no", extensions: { code: "UNAUTHENTICATED" } }] },
    })),
  }));

  test("a server that is away is waited for", () => visit(async (page) => {
    await page.getByRole("status").filter({ hasText: "tries again until it does" }).waitFor();
    await page.unrouteAll();
    await page.locator("#chart canvas").waitFor();
    await page.locator('[data-fact="companies"]').filter({ hasText: /^500$/ }).waitFor();
    await page.locator("#notice").waitFor({ state: "hidden" });
  }, { expected: /net::ERR_FAILED/, prepare: (page) => page.route("**/graphql", (route) => route.abort()) }));

  test("without JavaScript both pages say what to do", async () => {
    // Playwright's own switch leaves <noscript> unread.
    const plain = await launch("--blink-settings=scriptEnabled=false");
    const page = await plain.newPage();
    const cdp = await page.context().newCDPSession(page);
    const drawn = async () => {
      const { strings, documents: [{ layout }] } = await cdp.send("DOMSnapshot.captureSnapshot", { computedStyles: [] });
      return layout.text.map((i) => strings[i] ?? "").join(" ");
    };
    await page.goto(server.base + "/");
    assert.match(await drawn(), /Without JavaScript there are no numbers/);
    await page.goto(server.base + "/graphiql");
    assert.match(await drawn(), /The explorer needs JavaScript\./);
    assert.doesNotMatch(await drawn(), /Loading the explorer/);
    await plain.close();
  });
});
