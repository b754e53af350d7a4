// Runs the server audits of graphql-http against the URL that is given: node audit.mjs http://127.0.0.1:8080/graphql
// Ends with 0 only if there are as many as there were when this was written, and all of them pass.
import { serverAudits } from "graphql-http";

const expected = 61;

const [url] = process.argv.slice(2);
if (!url) {
  console.error("usage: node audit.mjs URL");
  process.exit(2);
}

let passed = 0;
const audits = serverAudits({ url, fetchFn: fetch });
for (const audit of audits) {
  const result = await audit.fn();
  if (result.status === "ok") {
    passed++;
    continue;
  }
  console.error(`${audit.id} ${audit.name}: ${result.status}: ${result.reason}`);
}
console.log(`GraphQL over HTTP: ${passed} of ${audits.length} audits pass`);
process.exitCode = passed === audits.length && passed === expected ? 0 : 1;
