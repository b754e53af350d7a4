// The server that the tests run against: started from a binary on a data folder of its own, so that it can go away and come
// back at the same address.
import { spawn } from "node:child_process";
import { once } from "node:events";

const patience = 120_000; // the first start makes a database and loads demo data

export class Server {
  #process = null;
  #address = "127.0.0.1:0";

  // start runs the server and waits until it is ready; base is then its origin.
  async start() {
    const binary = process.env.CORPINTEL_BINARY;
    if (!binary) throw new Error("CORPINTEL_BINARY names no server: run make test-browser");
    const env = {
      ...process.env, CORPINTEL_DATA_DIR: process.env.CORPINTEL_TEST_DIR, CORPINTEL_ADDR: this.#address, CORPINTEL_ADMIN_ADDR: "127.0.0.1:0",
    };
    for (const name of ["DATABASE_URL", "DATABASE_DIRECT_URL", "CORPINTEL_BINARY", "CORPINTEL_TEST_DIR", "CORPINTEL_TESTDATA"]) delete env[name];
    this.#process = spawn(binary, ["serve"], { env, stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    const ready = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the server did not start:\n${printed}`)), patience);
      const read = (text) => {
        printed += text;
        const found = /GraphQL +(http:\/\/[^/]+)\/graphql[\s\S]*Try:/.exec(printed);
        if (!found) return;
        clearTimeout(timer);
        resolve(found[1]);
      };
      this.#process.stdout.setEncoding("utf8").on("data", read);
      this.#process.stderr.setEncoding("utf8").on("data", read);
      this.#process.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${printed}`)));
    });
    this.base = await ready;
    this.#address = new URL(this.base).host;
  }

  // stop ends the server and waits until it is gone.
  async stop() {
    const running = this.#process;
    this.#process = null;
    if (!running || running.exitCode !== null) return;
    const gone = once(running, "exit");
    running.kill("SIGTERM");
    await gone;
  }
}
