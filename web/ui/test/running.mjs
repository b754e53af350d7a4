// What the files of tests begin with: a browser and a server.
import { after, before } from "node:test";
import { launch, watched } from "./browser.mjs";
import { wantClean } from "./explorer.mjs";
import { Server } from "./server.mjs";

// Running is a browser and a server that are there while the tests of a suite run.
export class Running {
  browser = null;
  server = new Server();

  constructor() {
    before(async () => {
      [this.browser] = await Promise.all([launch(), this.server.start()]);
    });
    after(async () => {
      await this.browser?.close();
      await this.server.stop();
    });
  }

  // visit has load open a page in a context of its own, hands it to a test, and checks afterwards that it stayed clean. prepare is
  // called before anything is loaded.
  async visit(load, use, { expected, prepare, ...options } = {}) {
    const visited = await watched(this.browser, this.server.base, options);
    visited.page.setDefaultTimeout(20_000);
    try {
      await prepare?.(visited.page);
      await load(visited.page);
      await use(visited.page, visited);
      wantClean(visited, expected);
    } finally {
      await visited.context.close();
    }
  }
}
