// What the tests do in the explorer.
import assert from "node:assert/strict";

// open loads the explorer and waits until it can be used: the schema is there and an operation can be run.
export async function open(page, base, path = "/graphiql") {
  await page.goto(base + path);
  await page.locator(".graphiql-query-editor .CodeMirror").waitFor();
  await page.locator(".graphiql-execute-button").waitFor();
}

// write replaces what is in the editor of operations.
export async function write(page, query) {
  await page.locator(".graphiql-query-editor .CodeMirror").evaluate((element, text) => element.CodeMirror.setValue(text), query);
}

// run presses the button, and returns the answer that is then shown.
export async function run(page) {
  await page.locator(".graphiql-execute-button").click();
  return shown(page);
}

// shown waits until there is an answer, and returns it.
export async function shown(page) {
  const text = await page.waitForFunction(() => {
    const editor = document.querySelector(".graphiql-response .CodeMirror")?.CodeMirror;
    const fetching = document.querySelector(".graphiql-response .graphiql-spinner");
    return !fetching && editor?.getValue();
  });
  return JSON.parse(await text.jsonValue());
}

// panel opens a panel of the side bar, and returns it.
export async function panel(page, title) {
  await page.getByRole("button", { name: `Show ${title}`, exact: true }).click();
  return page.locator(".graphiql-plugin");
}

// notice waits for a sentence above the editors.
export async function notice(page, pattern) {
  const line = page.locator(".notices .notice").filter({ hasText: pattern });
  await line.waitFor();
  return line;
}

// enterKey gives an API key.
export async function enterKey(page, key) {
  const opener = page.getByRole("button", { name: /^API key/ });
  if (await opener.isVisible()) await opener.click();
  const input = page.getByLabel("API key", { exact: true });
  await input.fill(key);
  await page.getByRole("button", { name: "Use" }).click();
}

// refuse answers every operation whose request satisfies a condition with an error.
export async function refuse(page, status, extensions, when = () => true) {
  await page.route("**/graphql", (route) => {
    if (!when(route.request())) return route.fallback();
    return route.fulfill({
      status, contentType: "application/json",
      headers: extensions.retryAfter ? { "Retry-After": String(extensions.retryAfter) } : {},
      body: JSON.stringify({ errors: [{ message: "refused", extensions }] }),
    });
  });
}

// wantClean checks that nothing went wrong in a page. Browsers complain of every answer with an error's status and of every
// server that is away, which some tests are about: expected says what those are.
export function wantClean({ complaints, external }, expected = /^$/) {
  assert.deepEqual(complaints.filter((text) => !expected.test(text)), [], "complaints");
  assert.deepEqual(external, [], "requests to another origin");
}
